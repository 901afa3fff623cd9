//! Components into pictures.

use super::super::super::error::MediaError;
use super::super::super::jpeg::Colour;
use super::super::super::planes::{Chroma, Pixels, Plane, Planes};
use super::super::super::raster::{CHANNELS, Raster};

/// The components as a picture.
pub(super) fn assemble(
    planes: Vec<Plane>,
    colour: Colour,
    adobe: bool,
    chroma: Chroma,
) -> Result<Pixels, MediaError> {
    let mut planes = planes.into_iter();
    let first = planes.next().ok_or(MediaError::Truncated)?;
    let (width, height) = (first.width, first.height);
    let mut next = || planes.next().ok_or(MediaError::Truncated);
    match colour {
        Colour::Grey => Ok(Pixels::Planes(Planes {
            luma: first,
            chroma: None,
        })),
        Colour::YCbCr => Ok(Pixels::Planes(Planes {
            luma: first,
            chroma: Some((chroma, [next()?, next()?])),
        })),
        Colour::Rgb => {
            let (green, blue) = (next()?, next()?);
            let channels = first.data.iter().zip(&green.data).zip(&blue.data);
            let data = channels.flat_map(|((&r, &g), &b)| [r, g, b, 255]).collect();
            Ok(Pixels::Raster(Raster {
                width,
                height,
                data,
            }))
        }
        Colour::Cmyk => {
            let (magenta, yellow, black) = (next()?, next()?, next()?);
            let inks = first.data.iter().zip(&magenta.data).zip(&yellow.data);
            let data = inks
                .zip(&black.data)
                .flat_map(|(((&c, &m), &y), &k)| paper([c, m, y], k, adobe))
                .collect();
            Ok(Pixels::Raster(Raster {
                width,
                height,
                data,
            }))
        }
        Colour::Ycck => {
            let inks = Planes {
                luma: first,
                chroma: Some((Chroma::Full, [next()?, next()?])),
            };
            let black = next()?;
            let mut raster = inks.into_raster();
            for (pixel, &k) in raster
                .data
                .as_chunks_mut::<CHANNELS>()
                .0
                .iter_mut()
                .zip(&black.data)
            {
                let [r, g, b, _] = *pixel;
                *pixel = paper([r, g, b], k, adobe);
            }
            Ok(Pixels::Raster(raster))
        }
    }
}

/// What four inks leave of white paper. Adobe stores how much light each lets
/// through; others how much of it there is.
fn paper(inks: [u8; 3], black: u8, inverted: bool) -> [u8; 4] {
    let light = |ink: u8| if inverted { ink } else { 255 - ink };
    let key = u32::from(light(black));
    let [r, g, b] =
        inks.map(|ink| u8::try_from((u32::from(light(ink)) * key + 127) / 255).unwrap_or(u8::MAX));
    [r, g, b, 255]
}
