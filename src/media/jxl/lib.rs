//! JPEG XL (ISO/IEC 18181) into rows of straight RGBA, by jxl-rs.
//!
//! What it takes beside the file is three bytes for each pixel (four with alpha) and
//! some megabytes for the groups in work. `border.rs` is how JavaScript calls it, once
//! in each instance.

mod border;
#[cfg(test)]
mod tests;

// Its allocator.
use dropgate_arena as _;
use jxl::api::{
    AlphaMode, Event, ExtraChannel, JxlColorType, JxlDataFormat, JxlDecoder, JxlDecoderOptions,
    JxlOutputBuffer, JxlPixelFormat, ProfileLevel,
};
use jxl::error::Error;

/// A decoded picture, upright.
pub struct Picture {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// What its colours mean.
    pub icc: Vec<u8>,
    channels: usize,
    pixels: Vec<u8>,
}

/// Why there is no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The file is cut short or contradicts its own format.
    Damaged,
    /// It would take more memory than the caller has to give.
    TooLarge,
}

impl Fault {
    fn of(error: &Error) -> Self {
        match error {
            Error::OutOfMemory(_) | Error::ImageOutOfMemory(..) => Self::TooLarge,
            _ => Self::Damaged,
        }
    }
}

/// What decoding takes beside the pixels: the groups in work. Measured at 6, 12, 16,
/// 19 and 22 megapixels.
const IN_WORK: u64 = 4 * 1024 * 1024;

/// Decodes the first frame of a whole file in about so many bytes of memory.
pub fn decode(file: &[u8], most_bytes: u64) -> Result<Picture, Fault> {
    let mut options = JxlDecoderOptions::default();
    options.max_profile_level = ProfileLevel::Main10;
    options.alpha_mode = AlphaMode::Unpremultiplied;
    let mut decoder = JxlDecoder::new(options);
    let mut rest = file;
    until(&mut decoder, &mut rest, Event::BasicInfo)?;
    let info = decoder.basic_info().ok_or(Fault::Damaged)?;
    let (width, height) = info.size;
    let extra = &info.extra_channels;
    let has_alpha = extra
        .iter()
        .any(|channel| channel.ec_type == ExtraChannel::Alpha);
    // Other channels are decoded whole before the colours join them; measured.
    let (channels, color_type, quarters_a_pixel) = if has_alpha {
        (4, JxlColorType::Rgba, 32)
    } else {
        (3, JxlColorType::Rgb, 15)
    };
    let pixels = (width as u64).saturating_mul(height as u64);
    let quarters = quarters_a_pixel + 16 * extra.len().saturating_sub(1) as u64;
    let bytes = pixels.saturating_mul(quarters) / 4 + file.len() as u64;
    if bytes.saturating_add(IN_WORK) > most_bytes {
        return Err(Fault::TooLarge);
    }
    let format = JxlPixelFormat {
        color_type,
        color_data_format: Some(JxlDataFormat::U8 { bit_depth: 8 }),
        extra_channel_format: vec![None; extra.len()],
    };
    decoder
        .set_pixel_format(format)
        .map_err(|_| Fault::Damaged)?;
    until(&mut decoder, &mut rest, Event::FrameHeader)?;
    let row = width * channels;
    let mut pixels = vec![0; row * height];
    loop {
        let mut buffers = [JxlOutputBuffer::new(&mut pixels, height, row)];
        match decoder.process(&mut rest, Some(&mut buffers), None) {
            Ok(Event::FrameComplete { .. } | Event::Complete) => break,
            Ok(Event::NeedMoreInput { .. }) => return Err(Fault::Damaged),
            Err(error) => return Err(Fault::of(&error)),
            Ok(_) => {}
        }
    }
    let profile = decoder.output_color_profile();
    let icc = profile.and_then(|profile| profile.try_as_icc().map(|icc| icc.to_vec()));
    Ok(Picture {
        width,
        height,
        icc: icc.unwrap_or_default(),
        channels,
        pixels,
    })
}

/// Reads on until `wanted` happens.
fn until(decoder: &mut JxlDecoder, rest: &mut &[u8], wanted: Event) -> Result<(), Fault> {
    loop {
        match decoder.process(rest, None, None) {
            Ok(event) if event == wanted => return Ok(()),
            Ok(
                Event::BasicInfo
                | Event::FrameHeader
                | Event::FrameComplete {
                    has_more_frames: true,
                },
            ) => {}
            _ => return Err(Fault::Damaged),
        }
    }
}

impl Picture {
    /// Rows from the top as straight RGBA: as many as there are of `count` from `first` on.
    #[must_use]
    pub fn rows(&self, first: usize, count: usize) -> Vec<u8> {
        let row = self.width * self.channels;
        let rest = self
            .pixels
            .get(first.saturating_mul(row)..)
            .unwrap_or_default();
        let rows = rest.get(..count.saturating_mul(row)).unwrap_or(rest);
        if self.channels == 4 {
            return rows.to_vec();
        }
        let pixels = rows.as_chunks::<3>().0.iter();
        pixels.flat_map(|&[r, g, b]| [r, g, b, 255]).collect()
    }
}
