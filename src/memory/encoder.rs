//! The codec ports: the `Encoder` by what writes WebP natively: without loss, and nothing else;
//! no `Decoder`.

use std::{io::Cursor, ops::ControlFlow};

use image::{ExtendedColorType, ImageEncoder, codecs::webp::WebPEncoder};

use super::Memory;
use crate::{
    media::{codec::Writing, foreign::Foreign, negotiate::Formats, recipe::Output},
    ports::{Decoder, Encoder, PortError},
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

    async fn encode(&self, writing: &Writing, pixels: Vec<u8>) -> Result<Vec<u8>, PortError> {
        self.call("encoder", || {
            let mut file = Cursor::new(Vec::new());
            WebPEncoder::new_lossless(&mut file)
                .write_image(
                    &pixels,
                    writing.width,
                    writing.height,
                    ExtendedColorType::Rgba8,
                )
                .map_err(|error| PortError::new("encoder", error))?;
            Ok(file.into_inner())
        })
        .await
    }
}

impl Decoder for Memory {
    fn reads(&self, _: Foreign) -> bool {
        false
    }

    async fn decode(
        &self,
        _: Foreign,
        _: (u32, u32),
        _: Vec<u8>,
        _: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), PortError> {
        self.call("decoder", || {
            Err(PortError::new("decoder", "there is none"))
        })
        .await
    }
}
