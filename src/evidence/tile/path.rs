//! Names of tiles and entry bundles, and which of them a log of a given size
//! has.

use std::fmt;

use super::{HEIGHT, WIDTH};
use crate::evidence::wire::decimal;

/// A tile: hashes `index * 256 ..` of level `level`, `width` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tile {
    /// 0 for hashes of entries; above, each hash is the root of a full tile.
    pub level: u32,
    /// Its place within the level.
    pub index: u64,
    /// 1 to 256; below 256 the tile is partial.
    pub width: u64,
}

/// An entry bundle: entries `index * 256 ..`, `width` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bundle {
    /// Its place in the log.
    pub index: u64,
    /// 1 to 256; below 256 the bundle is partial.
    pub width: u64,
}

/// What a path below a log's prefix names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// `checkpoint`
    Checkpoint,
    /// `tile/<L>/<N>[.p/<W>]`
    Tile(Tile),
    /// `tile/entries/<N>[.p/<W>]`
    Bundle(Bundle),
}

impl Resource {
    /// Parses a path below the log's prefix. A name has one spelling.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        if path == "checkpoint" {
            return Some(Self::Checkpoint);
        }
        let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, decimal(width).filter(|w| (1..WIDTH).contains(w))?),
            None => (rest, WIDTH),
        };
        let index = parse_index(index)?;
        if level == "entries" {
            return Some(Self::Bundle(Bundle { index, width }));
        }
        let level = decimal(level).and_then(|level| u32::try_from(level).ok())?;
        (level <= 63).then_some(Self::Tile(Tile {
            level,
            index,
            width,
        }))
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/", self.level)?;
        write_index(f, self.index, self.width)
    }
}

impl fmt::Display for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tile/entries/")?;
        write_index(f, self.index, self.width)
    }
}

/// `1234067` as `x001/x234/067`, and the width if it is partial.
fn write_index(f: &mut fmt::Formatter<'_>, index: u64, width: u64) -> fmt::Result {
    let mut groups = vec![format!("{:03}", index % 1000)];
    let mut rest = index / 1000;
    while rest > 0 {
        groups.push(format!("x{:03}", rest % 1000));
        rest /= 1000;
    }
    groups.reverse();
    f.write_str(&groups.join("/"))?;
    if width < WIDTH {
        write!(f, ".p/{width}")
    } else {
        Ok(())
    }
}

fn parse_index(text: &str) -> Option<u64> {
    // Seven groups of three digits hold every u64: anything longer is noise.
    if text.len() > 7 * 5 {
        return None;
    }
    let mut groups = text.split('/').peekable();
    let mut index: u64 = 0;
    let mut first = true;
    while let Some(group) = groups.next() {
        let is_last = groups.peek().is_none();
        let digits = if is_last {
            group
        } else {
            group.strip_prefix('x')?
        };
        let good = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
        // A leading group of zeroes would be a second spelling.
        if !good || (first && !is_last && digits == "000") {
            return None;
        }
        index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
        first = false;
    }
    Some(index)
}

/// The tiles that a log gains by growing from `old` to `new` entries, the
/// partial ones of `new` among them. From 0 these are all it has.
#[must_use]
pub fn tiles_of(old: u64, new: u64) -> Vec<Tile> {
    let mut tiles = Vec::new();
    for level in 0..u64::BITS / HEIGHT {
        let (before, after) = (old >> (HEIGHT * level), new >> (HEIGHT * level));
        let grown = pieces(before, after);
        tiles.extend(grown.map(|(index, width)| Tile {
            level,
            index,
            width,
        }));
    }
    tiles
}

/// The entry bundles that a log gains by growing from `old` to `new` entries.
#[must_use]
pub fn bundles_of(old: u64, new: u64) -> Vec<Bundle> {
    let grown = pieces(old, new);
    grown
        .map(|(index, width)| Bundle { index, width })
        .collect()
}

/// The `(index, width)` of what changes when a row grows.
fn pieces(before: u64, after: u64) -> impl Iterator<Item = (u64, u64)> {
    let range = if before < after {
        before / WIDTH..after.div_ceil(WIDTH)
    } else {
        0..0
    };
    range.map(move |index| (index, (after - index * WIDTH).min(WIDTH)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paths_of_the_specification() {
        let tile = Tile {
            level: 3,
            index: 1_234_067,
            width: 256,
        };
        assert_eq!(tile.to_string(), "tile/3/x001/x234/067");
        let partial = Tile {
            level: 0,
            index: 0,
            width: 5,
        };
        assert_eq!(partial.to_string(), "tile/0/000.p/5");
        let bundle = Bundle {
            index: 123_456_078,
            width: 2,
        };
        assert_eq!(bundle.to_string(), "tile/entries/x123/x456/078.p/2");
        for resource in [Resource::Tile(tile), Resource::Tile(partial)] {
            let Resource::Tile(tile) = resource else {
                unreachable!()
            };
            assert_eq!(Resource::parse(&tile.to_string()), Some(resource));
        }
        assert_eq!(
            Resource::parse(&bundle.to_string()),
            Some(Resource::Bundle(bundle))
        );
        assert_eq!(Resource::parse("checkpoint"), Some(Resource::Checkpoint));
        let largest = Bundle {
            index: u64::MAX,
            width: 255,
        };
        assert_eq!(
            Resource::parse(&largest.to_string()),
            Some(Resource::Bundle(largest))
        );
    }

    #[test]
    fn a_path_has_one_spelling() {
        for bad in [
            "",
            "checkpoint/",
            "tile",
            "tile/",
            "tile/0",
            "tile/0/",
            "tile/0/1",
            "tile/0/01",
            "tile/0/0001",
            "tile/0/x001",
            "tile/0/x000/001",
            "tile/0/x00/001",
            "tile/0/001/002",
            "tile/0/xx01/002",
            "tile/0/x001/x002",
            "tile/0/x001//002",
            "tile/0/+01",
            "tile/00/001",
            "tile/64/001",
            "tile/-1/001",
            "tile/data/001",
            "tile/0/001.p/0",
            "tile/0/001.p/256",
            "tile/0/001.p/01",
            "tile/0/001.p/",
            "tile/0/001.p",
            "tile/0/001.p/1/2",
            "tile/0/001.p/1.p/2",
            "tile/entries/x999/x999/x999/x999/x999/x999/x999",
            "tile/entries/x018/x446/x744/x073/x709/x551/616",
            "/tile/0/001",
            "tile/0/٠٠١",
        ] {
            assert_eq!(Resource::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn the_example_of_the_specification_has_these_tiles() {
        let tiles = tiles_of(0, 70_000);
        let count = |level, full: bool| {
            let of_level = tiles.iter().filter(|tile| tile.level == level);
            of_level
                .filter(|tile| (tile.width == WIDTH) == full)
                .count()
        };
        assert_eq!((count(0, true), count(0, false)), (273, 1));
        assert_eq!((count(1, true), count(1, false)), (1, 1));
        assert_eq!((count(2, true), count(2, false)), (0, 1));
        assert!(tiles.contains(&Tile {
            level: 0,
            index: 273,
            width: 112
        }));
        assert!(tiles.contains(&Tile {
            level: 1,
            index: 1,
            width: 17
        }));
        assert!(tiles.contains(&Tile {
            level: 2,
            index: 0,
            width: 1
        }));
        let at_256 = [
            Tile {
                level: 0,
                index: 0,
                width: 256,
            },
            Tile {
                level: 1,
                index: 0,
                width: 1,
            },
        ];
        assert_eq!(tiles_of(0, 256), at_256);
        assert_eq!(tiles_of(255, 256), at_256);
        assert_eq!(
            tiles_of(256, 257),
            [Tile {
                level: 0,
                index: 1,
                width: 1
            }]
        );
        assert_eq!(bundles_of(300, 300), []);
        assert_eq!(
            bundles_of(300, 301),
            [Bundle {
                index: 1,
                width: 45
            }]
        );
    }
}
