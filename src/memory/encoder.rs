//! The codec ports: the `Encoder` by what writes WebP natively: without loss, and nothing else;
//! no `Decoder`. And the `Cleaner`.

use std::io::Cursor;

use image::{ExtendedColorType, ImageEncoder, codecs::webp::WebPEncoder};

use super::Memory;
use crate::{
    media::{
        codec::Writing,
        foreign::Foreign,
        negotiate::Formats,
        recipe::{Metadata, Output},
    },
    ports::{Cleaner, Decoder, Encoder, Pixels, PortError, Series},
};

/// What an isolate has to spare when it does little else.
const SPARE: u64 = 80 * 1024 * 1024;

impl Encoder for Memory {
    fn formats(&self) -> Formats {
        Formats::BUILT_IN.with(Output::WebP)
    }

    fn spare(&self) -> u64 {
        SPARE
    }

    fn spare_beside(&self) -> u64 {
        SPARE
    }

    async fn encode(&self, writing: &Writing, pixels: Vec<u8>) -> Result<Vec<u8>, PortError> {
        self.call("encoder", || Lossless.write(writing, &pixels))
            .await
    }

    type Series = Lossless;

    async fn series(&self, _: Output) -> Result<Lossless, PortError> {
        self.call("encoder", || Ok(Lossless)).await
    }
}

/// Writes WebP without loss.
pub struct Lossless;

impl Series for Lossless {
    fn write(&mut self, writing: &Writing, pixels: &[u8]) -> Result<Vec<u8>, PortError> {
        let mut file = Cursor::new(Vec::new());
        WebPEncoder::new_lossless(&mut file)
            .write_image(
                pixels,
                writing.width,
                writing.height,
                ExtendedColorType::Rgba8,
            )
            .map_err(|error| PortError::new("encoder", error))?;
        Ok(file.into_inner())
    }
}

impl Cleaner for Memory {
    async fn clean(
        &self,
        drawing: &[u8],
        metadata: Metadata,
    ) -> Result<Option<Vec<u8>>, PortError> {
        let metadata = match metadata {
            Metadata::None => dropgate_drawing::Metadata::None,
            Metadata::Copyright => dropgate_drawing::Metadata::Copyright,
            Metadata::Keep => dropgate_drawing::Metadata::Keep,
        };
        let clean = || Ok(dropgate_drawing::cleaned(drawing, metadata));
        self.call("drawings", clean).await
    }
}

impl Decoder for Memory {
    fn reads(&self, _: Foreign) -> bool {
        false
    }

    fn spare_to_read(&self) -> u64 {
        SPARE
    }

    type Pixels = Nothing;

    async fn decode(
        &self,
        _: Foreign,
        _: (u32, u32),
        _: Vec<u8>,
    ) -> Result<Option<Nothing>, PortError> {
        self.call("decoder", || {
            Err(PortError::new("decoder", "there is none"))
        })
        .await
    }
}

/// What is never decoded.
pub enum Nothing {}

impl Pixels for Nothing {
    fn icc(&self) -> Option<Vec<u8>> {
        match *self {}
    }

    fn rows(&mut self) -> Result<Option<Vec<u8>>, PortError> {
        match *self {}
    }
}
