//! A URL as a QR code (ISO/IEC 18004) in SVG.

use std::fmt;

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

/// The text does not fit into a QR code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QrError;

impl fmt::Display for QrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the text is too long for a QR code")
    }
}

impl std::error::Error for QrError {}

/// One path in an `<svg>` element without an XML declaration, so that it can
/// stand in a page. Level M survives a creased card and keeps modules large;
/// the quiet zone is part of the picture because printers forget it.
pub fn qr_svg(url: &str) -> Result<String, QrError> {
    let code = QrCode::with_error_correction_level(url, EcLevel::M).map_err(|_| QrError)?;
    let picture = code.render::<svg::Color>().quiet_zone(true).build();
    let declaration_end = "?>";
    Ok(match picture.split_once(declaration_end) {
        Some((_, element)) => element.to_owned(),
        None => picture,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redeem_url_is_an_svg_and_a_novel_is_not() {
        let picture = qr_svg("https://drops.example/r/ABCD-EFGH-JKMN-P").unwrap();
        assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>"));
        assert_eq!(qr_svg(&"x".repeat(3000)), Err(QrError));
    }
}
