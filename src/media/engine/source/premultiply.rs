//! Alpha in and out of the colours, and channels up to four.

/// Multiplies the colours of a row by their alpha; rows without alpha stay.
pub(crate) fn premultiply(row: &mut [u8], channels: usize) {
    match channels {
        2 => row
            .as_chunks_mut::<2>()
            .0
            .iter_mut()
            .for_each(|[grey, alpha]| *grey = times(*grey, *alpha)),
        4 => row
            .as_chunks_mut::<4>()
            .0
            .iter_mut()
            .for_each(|[r, g, b, alpha]| {
                if *alpha != 255 {
                    [*r, *g, *b] = [*r, *g, *b].map(|colour| times(colour, *alpha));
                }
            }),
        _ => {}
    }
}

/// `colour * alpha / 255`, rounded.
fn times(colour: u8, alpha: u8) -> u8 {
    u8::try_from((u32::from(colour) * u32::from(alpha) + 127) / 255).unwrap_or(u8::MAX)
}

/// Makes straight RGBA of 1 to 4 channels, dividing by alpha what was multiplied by it.
pub(crate) fn to_rgba(data: Vec<u8>, channels: usize, multiplied: bool) -> Vec<u8> {
    let straight = |colour: u8, alpha: u8| {
        if multiplied {
            straight(colour, alpha)
        } else {
            colour
        }
    };
    match channels {
        1 => data
            .into_iter()
            .flat_map(|grey| [grey, grey, grey, 255])
            .collect(),
        2 => data
            .as_chunks::<2>()
            .0
            .iter()
            .flat_map(|&[grey, alpha]| {
                let grey = straight(grey, alpha);
                [grey, grey, grey, alpha]
            })
            .collect(),
        3 => data
            .as_chunks::<3>()
            .0
            .iter()
            .flat_map(|&[r, g, b]| [r, g, b, 255])
            .collect(),
        _ if !multiplied => data,
        _ => {
            let mut data = data;
            for [r, g, b, alpha] in data.as_chunks_mut::<4>().0 {
                if *alpha != 255 {
                    [*r, *g, *b] = [*r, *g, *b].map(|colour| straight(colour, *alpha));
                }
            }
            data
        }
    }
}

/// The colour before it was multiplied. Where nothing is seen there is no colour.
fn straight(colour: u8, alpha: u8) -> u8 {
    let alpha = u32::from(alpha);
    (u32::from(colour) * 255 + alpha / 2)
        .checked_div(alpha)
        .map_or(0, |value| u8::try_from(value).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visible_colours_come_back() {
        for alpha in 1..=255_u8 {
            for colour in [0, 1, 100, 254, 255] {
                let mut row = [colour, colour, colour, alpha];
                premultiply(&mut row, 4);
                assert!(row[0] <= alpha);
                let back = to_rgba(row.to_vec(), 4, true);
                let off = u32::from(back[0].abs_diff(colour)) * u32::from(alpha);
                assert!(off <= 255, "{colour} {alpha} {back:?}");
            }
        }
    }

    #[test]
    fn channels_are_filled_up() {
        assert_eq!(to_rgba(vec![9], 1, true), [9, 9, 9, 255]);
        assert_eq!(to_rgba(vec![10, 51], 2, true), [50, 50, 50, 51]);
        assert_eq!(to_rgba(vec![1, 2, 3], 3, true), [1, 2, 3, 255]);
        assert_eq!(to_rgba(vec![0, 0, 0, 0], 4, true), [0, 0, 0, 0]);
    }
}
