//! The `image` crate as most workers use it: decode, `resize`, encode.

use std::io::Cursor;

use dropgate_bench::{input, keep};
use image::{ImageReader, Limits, codecs::jpeg::JpegEncoder, imageops::FilterType};

/// Makes a JPEG `width` pixels wide of the file in the room.
#[unsafe(no_mangle)]
pub extern "C" fn transform(length: usize, width: u32, quality: u8) -> i32 {
    let made = || {
        let mut reader = ImageReader::new(Cursor::new(input(length))).with_guessed_format()?;
        reader.limits(Limits::no_limits());
        let picture = reader.decode()?;
        let height =
            (u64::from(width) * u64::from(picture.height())).div_ceil(u64::from(picture.width()));
        let small =
            picture.resize_exact(width, u32::try_from(height).unwrap(), FilterType::Lanczos3);
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, quality).encode_image(&small.to_rgb8())?;
        Ok::<_, image::ImageError>(jpeg)
    };
    keep(made())
}
