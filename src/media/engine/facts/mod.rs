//! Facts in place of a picture: its size, what it is made from, its dominant
//! colour, and two placeholders to show until it arrives.

mod blurhash;
mod thumbhash;

use super::job::{Fit, Job};
use super::probe::{Format, Probe};
use super::raster::{CHANNELS, Raster};

/// The longest side of what placeholders are made from: `ThumbHash` takes no more.
const LONGEST: u32 = 100;

/// The same picture, small: what is as large as a few pixels leaves no trace in a
/// placeholder.
pub(super) fn shrunk(job: &Job, canvas: (u32, u32)) -> Job {
    let longest = canvas.0.max(canvas.1);
    let mut small = job.clone();
    small.border = None;
    small.overlays.clear();
    small.blur = 0.0;
    small.sharpen = 0.0;
    if longest > LONGEST {
        let side = |side: u32| {
            let scaled = u64::from(side) * u64::from(LONGEST) / u64::from(longest);
            u32::try_from(scaled).unwrap_or(LONGEST).max(1)
        };
        small.geometry.width = Some(side(canvas.0));
        small.geometry.height = Some(side(canvas.1));
        small.geometry.fit = match small.geometry.fit {
            Fit::Cover | Fit::Crop | Fit::AspectCrop => Fit::Cover,
            Fit::Pad => Fit::Pad,
            Fit::ScaleDown | Fit::Contain | Fit::Squeeze => Fit::Squeeze,
        };
    }
    small
}

/// The facts as JSON, with the members that Cloudflare's `format=json` has.
pub(super) fn write(picture: &Raster, canvas: (u32, u32), source: &Probe, length: u64) -> Vec<u8> {
    let thumb = reduced(picture);
    let format = match source.format {
        Format::Jpeg => "image/jpeg",
        Format::Png => "image/png",
        Format::WebP => "image/webp",
        Format::Gif => "image/gif",
        // Whoever had it decoded knows what it was.
        Format::Decoded => "image",
    };
    let (width, height) = source.upright_size();
    let [red, green, blue] = dominant(&thumb);
    format!(
        "{{\"width\":{},\"height\":{},\"original\":{{\"file_size\":{length},\"width\":{width},\"height\":{height},\
         \"format\":\"{format}\"}},\"color\":\"#{red:02x}{green:02x}{blue:02x}\",\"thumbhash\":\"{}\",\"blurhash\":\"{}\"}}\n",
        canvas.0,
        canvas.1,
        base64(&thumbhash::encode(&thumb)),
        blurhash::encode(&thumb),
    )
    .into_bytes()
}

/// At most [`LONGEST`] on a side, each pixel the mean of those it stands for.
fn reduced(picture: &Raster) -> Raster {
    let longest = picture.width.max(picture.height).max(1);
    let limit = LONGEST as usize;
    if longest <= limit {
        return picture.clone();
    }
    let (width, height) = (
        (picture.width * limit / longest).max(1),
        (picture.height * limit / longest).max(1),
    );
    let mut sums = vec![[0_u64; CHANNELS + 1]; width * height];
    for (y, row) in picture.rows().enumerate() {
        for (x, pixel) in row.chunks_exact(CHANNELS).enumerate() {
            let at = (y * height / picture.height) * width + x * width / picture.width;
            let (Some([sums @ .., seen, count]), [colours @ .., alpha]) = (sums.get_mut(at), pixel)
            else {
                continue;
            };
            let weight = u64::from(*alpha);
            for (sum, colour) in sums.iter_mut().zip(colours) {
                *sum += u64::from(*colour) * weight;
            }
            *seen += weight;
            *count += 1;
        }
    }
    let byte = |sum: u64, count: u64| u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX);
    let data = sums
        .into_iter()
        .flat_map(|[r, g, b, a, n]| [byte(r, a), byte(g, a), byte(b, a), byte(a, n)])
        .collect();
    Raster {
        width,
        height,
        data,
    }
}

/// The mean of the most common colours: pixels are sorted by the upper three
/// bits of each channel, and the fullest drawer wins.
fn dominant(thumb: &Raster) -> [u8; 3] {
    let mut drawers = vec![[0_u64; 4]; 512];
    for pixel in thumb.data.chunks_exact(CHANNELS) {
        let [red, green, blue, alpha] = *pixel else {
            continue;
        };
        let at = usize::from(red >> 5) << 6 | usize::from(green >> 5) << 3 | usize::from(blue >> 5);
        if let Some([r, g, b, n]) = drawers.get_mut(at) {
            let weight = u64::from(alpha);
            *r += u64::from(red) * weight;
            *g += u64::from(green) * weight;
            *b += u64::from(blue) * weight;
            *n += weight;
        }
    }
    let fullest = drawers.into_iter().max_by_key(|[_, _, _, n]| *n);
    let [r, g, b, n] = fullest.unwrap_or_default();
    [r, g, b].map(|sum| u8::try_from(sum / n.max(1)).unwrap_or(u8::MAX))
}

/// RFC 4648 section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let number = (0..3).fold(0, |sum, at| {
            sum << 8 | u32::from(group.get(at).copied().unwrap_or(0))
        });
        for at in 0..4 {
            let digit = (number >> (18 - 6 * at) & 63) as usize;
            let digit = DIGITS.get(digit).copied().unwrap_or_default();
            out.push(if at <= group.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(width: usize, height: usize, colour: impl Fn(usize, usize) -> [u8; 4]) -> Raster {
        let data = (0..width * height)
            .flat_map(|at| colour(at % width, at / width))
            .collect();
        Raster {
            width,
            height,
            data,
        }
    }

    #[test]
    fn base64_is_base64() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"f", "Zg=="),
            (b"fo", "Zm8="),
            (b"foo", "Zm9v"),
            (b"foob", "Zm9vYg=="),
        ] {
            assert_eq!(base64(bytes), text);
        }
    }

    #[test]
    fn the_dominant_colour_is_a_common_one_and_no_mean_of_all() {
        let flag = of(30, 10, |x, _| {
            if x < 20 {
                [200, 10, 10, 255]
            } else {
                [10, 10, 200, 255]
            }
        });
        assert_eq!(dominant(&flag), [200, 10, 10]);
        let mostly_clear = of(30, 10, |x, _| {
            if x < 20 {
                [200, 10, 10, 0]
            } else {
                [10, 10, 200, 255]
            }
        });
        assert_eq!(dominant(&mostly_clear), [10, 10, 200]);
    }

    #[test]
    fn a_large_picture_is_reduced_to_means() {
        let checks = of(400, 200, |x, y| {
            if (x + y) % 2 == 0 {
                [255; 4]
            } else {
                [0, 0, 0, 255]
            }
        });
        let small = reduced(&checks);
        assert_eq!((small.width, small.height), (100, 50));
        assert!(
            small
                .data
                .chunks(4)
                .all(|pixel| pixel[..] == [127, 127, 127, 255])
        );
    }
}
