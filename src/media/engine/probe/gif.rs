//! GIF: the logical screen descriptor (`GIF89a` specification, 18).

use super::super::bytes::Bytes;
use super::super::error::MediaError;
use super::super::orientation::Orientation;
use super::{Format, Probe};

/// `rest` follows the version. Nothing in the header tells how many frames there are.
#[allow(clippy::unnecessary_wraps)] // has the shape of its siblings
pub(super) fn probe(rest: &[u8]) -> Result<Option<Probe>, MediaError> {
    let mut bytes = Bytes(rest);
    let (Some(width), Some(height)) = (bytes.le16(), bytes.le16()) else {
        return Ok(None);
    };
    Ok(Some(Probe {
        format: Format::Gif,
        width: u32::from(width),
        height: u32::from(height),
        orientation: Orientation::UPRIGHT,
        progressive: false,
        alpha: true,
        animated: true,
        depth: 8,
        channels: 1,
    }))
}
