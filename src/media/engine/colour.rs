//! Colour profiles: whatever the file means, the derivative is sRGB.

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use super::raster::{CHANNELS, Raster};

/// Levels by which a profile may differ from sRGB and still be taken for it.
/// Profiles that call themselves sRGB differ by their rounding.
const TOLERANCE: u8 = 2;

/// Whether a profile means sRGB. One that cannot be read is not believed.
pub(super) fn is_srgb(icc: &[u8]) -> bool {
    // Corners, greys and colours in between: where another gamut or curve shows.
    const PROBES: [u8; 6] = [0, 32, 80, 128, 200, 255];
    let probes = PROBES.iter().flat_map(|&r| {
        PROBES
            .iter()
            .flat_map(move |&g| PROBES.iter().flat_map(move |&b| [r, g, b, 255]))
    });
    let before: Vec<u8> = probes.collect();
    let width = before.len() / CHANNELS;
    let mut raster = Raster {
        width,
        height: 1,
        data: before.clone(),
    };
    to_srgb(&mut raster, icc);
    raster
        .data
        .iter()
        .zip(&before)
        .all(|(after, before)| after.abs_diff(*before) <= TOLERANCE)
}

/// Converts a picture; a profile that cannot be read, or is for inks, changes nothing.
pub(super) fn to_srgb(raster: &mut Raster, icc: &[u8]) {
    let Ok(profile) = ColorProfile::new_from_slice(icc) else {
        return;
    };
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    match profile.color_space {
        DataColorSpace::Rgb => {
            let Ok(transform) =
                profile.create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgba, options)
            else {
                return;
            };
            let mut converted = vec![0; raster.width * CHANNELS];
            for row in raster.rows_mut() {
                if transform.transform(row, &mut converted).is_ok() {
                    row.copy_from_slice(&converted);
                }
            }
        }
        DataColorSpace::Gray => {
            let Ok(transform) =
                profile.create_transform_8bit(Layout::Gray, &srgb, Layout::Rgb, options)
            else {
                return;
            };
            let levels: Vec<u8> = (0..=u8::MAX).collect();
            let mut curve = vec![0; levels.len() * 3];
            if transform.transform(&levels, &mut curve).is_err() {
                return;
            }
            for [r, g, b, _] in raster.data.as_chunks_mut::<CHANNELS>().0 {
                if r == g && g == b {
                    let level = curve.get(usize::from(*r) * 3).copied().unwrap_or(*r);
                    [*r, *g, *b] = [level; 3];
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn srgb_is_recognised_and_others_are_converted() {
        let srgb = ColorProfile::new_srgb().encode().unwrap();
        assert!(is_srgb(&srgb));
        let p3 = ColorProfile::new_display_p3().encode().unwrap();
        assert!(!is_srgb(&p3));
        let mut red = Raster {
            width: 1,
            height: 1,
            data: vec![234, 51, 35, 200],
        };
        to_srgb(&mut red, &p3);
        // sRGB red as Display P3 writes it (W3C CSS Color 4, 10.3).
        assert!(
            red.data[0] >= 253 && red.data[1] <= 3 && red.data[2] <= 3 && red.data[3] == 200,
            "{:?}",
            red.data
        );
    }

    #[test]
    fn a_profile_that_makes_no_sense_is_not_believed() {
        assert!(is_srgb(b"") && is_srgb(&[0xAB; 400]));
    }
}
