//! Codes on paper: CSV for a printer's software, a sheet of cards for a printer.

use anyhow::Result;
use dropgate::gate::code::qr_svg;

/// A card.
pub struct Card {
    /// The code as people type it.
    pub code: String,
    /// What its QR code leads to.
    pub url: String,
}

impl Card {
    /// For the worker at an address.
    pub fn new(code: &str, worker: &str) -> Self {
        // `=`, `~`, `$` and `*` are good in a path (RFC 3986 section 3.3).
        Self {
            code: code.to_owned(),
            url: format!("{worker}/r/{code}"),
        }
    }

    /// Its QR code.
    pub fn svg(&self) -> Result<String> {
        Ok(qr_svg(&self.url)?)
    }
}

/// RFC 4180 with a header line. No value holds a comma, a quote or a formula.
pub fn csv(cards: &[Card]) -> String {
    let lines = cards
        .iter()
        .map(|card| format!("{},{}\r\n", card.code, card.url));
    std::iter::once("code,url\r\n".to_owned())
        .chain(lines)
        .collect()
}

const STYLE: &str = "\
@page { size: A4; margin: 10mm }
* { box-sizing: border-box }
body { margin: 0; font: 10pt/1.3 system-ui, sans-serif; color: #000; background: #fff }
main { display: grid; grid-template-columns: repeat(3, 1fr) }
section { break-inside: avoid; border: 1px dashed #999; padding: 4mm; text-align: center }
svg { width: 40mm; height: 40mm; display: block; margin: 0 auto 2mm }
h2 { font-size: 11pt; margin: 0 0 2mm } p { margin: 0 }
code { font: 700 12pt ui-monospace, monospace; letter-spacing: .04em }
small { color: #444; overflow-wrap: anywhere }";

/// A page of cards to cut out: 3 in a row on A4. Nothing is loaded from
/// anywhere, so that it prints the same from any machine.
pub fn html(cards: &[Card], label: &str, drop: &str) -> Result<String> {
    let (label, drop) = (escaped(label), escaped(drop));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{label}: {} codes</title>\n<style>{STYLE}</style>\n<main>\n",
        cards.len()
    );
    for card in cards {
        let (svg, code, url) = (card.svg()?, &card.code, &card.url);
        page.push_str("<section><h2>");
        page.push_str(&label);
        page.push_str("</h2>");
        page.push_str(&svg);
        page.push_str(
            &[
                "<p><code>",
                code,
                "</code></p><p><small>",
                &escaped(url),
                "<br>",
                &drop,
                "</small></p></section>\n",
            ]
            .concat(),
        );
    }
    page.push_str("</main>\n</html>\n");
    Ok(page)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_become_csv_and_a_sheet() {
        let cards = [Card::new("ABCD-EFGH-JKMN-=", "https://drops.example")];
        assert_eq!(
            csv(&cards),
            "code,url\r\nABCD-EFGH-JKMN-=,https://drops.example/r/ABCD-EFGH-JKMN-=\r\n"
        );
        let sheet = html(&cards, "<b>Fair & co", "alice/drop-7").unwrap();
        assert!(
            sheet.contains("&lt;b&gt;Fair &amp; co")
                && sheet.contains("<svg ")
                && !sheet.contains("src=")
        );
    }
}
