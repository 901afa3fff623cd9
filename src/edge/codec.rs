//! The `Encoder` and `Decoder` ports on the codec modules: `codec.mjs` runs them.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use super::js::fault;
use crate::{
    media::{codec::Writing, foreign::Foreign, negotiate::Formats, recipe::Output},
    ports::{self, PortError, Series},
};

#[wasm_bindgen(raw_module = "./codec.mjs")]
extern "C" {
    fn names() -> String;

    /// An instance of a codec that writes.
    pub type Pen;

    #[wasm_bindgen(catch)]
    fn encoder(name: &str) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, js_name = write, catch)]
    fn write_js(
        this: &Pen,
        pixels: &[u8],
        width: u32,
        height: u32,
        quality: u8,
        effort: u8,
    ) -> Result<Uint8Array, JsValue>;

    /// An instance of a codec that reads.
    type Reader;

    #[wasm_bindgen(catch)]
    fn decoder(name: &str) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn read(
        this: &Reader,
        file: &[u8],
        width: u32,
        height: u32,
        most: u32,
    ) -> Result<Option<Pixels>, JsValue>;

    /// What it has read.
    pub type Pixels;

    #[wasm_bindgen(method, js_name = icc)]
    fn icc_js(this: &Pixels) -> Option<Vec<u8>>;

    #[wasm_bindgen(method, js_name = rows, catch)]
    fn rows_js(this: &Pixels) -> Result<Option<Vec<u8>>, JsValue>;
}

/// What is deployed.
pub fn formats() -> Formats {
    names()
        .split_whitespace()
        .filter_map(Output::parse)
        .fold(Formats::BUILT_IN, Formats::with)
}

#[wasm_bindgen(raw_module = "./pictures.mjs")]
extern "C" {
    fn most() -> u32;

    #[wasm_bindgen(js_name = mostBeside)]
    fn most_beside() -> u32;

    #[wasm_bindgen(js_name = mostToRead)]
    fn most_to_read() -> u32;
}

/// For an encoder that works alone.
pub fn spare() -> u64 {
    most().into()
}

/// For an encoder that works while the engine does.
pub fn spare_beside() -> u64 {
    most_beside().into()
}

/// For a decoder, the file included.
pub fn spare_to_read() -> u64 {
    most_to_read().into()
}

/// Writes straight RGBA.
pub async fn encode(writing: &Writing, pixels: Vec<u8>) -> Result<Vec<u8>, PortError> {
    series(writing.output).await?.write(writing, &pixels)
}

/// One instance for many pictures.
pub async fn series(output: Output) -> Result<Pen, PortError> {
    let promise = encoder(output.word()).map_err(fault("encoder"))?;
    let pen = wasm_bindgen_futures::JsFuture::from(promise)
        .await
        .map_err(fault("encoder"))?;
    Ok(pen.unchecked_into())
}

impl Series for Pen {
    fn write(&mut self, writing: &Writing, pixels: &[u8]) -> Result<Vec<u8>, PortError> {
        let Writing {
            width,
            height,
            quality,
            pains,
            ..
        } = *writing;
        let file = self.write_js(pixels, width, height, quality, pains as u8);
        Ok(file.map_err(fault("encoder"))?.to_vec())
    }
}

/// The name of a format's module.
pub fn word(format: Foreign) -> Output {
    match format {
        Foreign::Avif => Output::Avif,
        Foreign::Jxl => Output::Jxl,
    }
}

/// Reads a file as straight RGBA.
pub async fn decode(
    format: Foreign,
    (width, height): (u32, u32),
    file: Vec<u8>,
) -> Result<Option<Pixels>, PortError> {
    let promise = decoder(word(format).word()).map_err(fault("decoder"))?;
    let reader: Reader = wasm_bindgen_futures::JsFuture::from(promise)
        .await
        .map_err(fault("decoder"))?
        .unchecked_into();
    // The file goes from this memory to the arena's: a copy between would count, too.
    let pixels = reader.read(&file, width, height, most_to_read());
    pixels.map_err(fault("decoder"))
}

impl ports::Pixels for Pixels {
    fn icc(&self) -> Option<Vec<u8>> {
        self.icc_js()
    }

    fn rows(&mut self) -> Result<Option<Vec<u8>>, PortError> {
        self.rows_js().map_err(fault("decoder"))
    }
}
