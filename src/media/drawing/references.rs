//! References in attributes and style sheets.

/// Whether a reference stays within the drawing. What data it may hold has been
/// looked at already.
pub fn is_local(reference: &str) -> bool {
    let reference = reference.trim();
    reference.starts_with('#') || reference.starts_with("data:image/")
}

/// A value or a style sheet whose `url()` are all local. One that may name an address
/// in another way is emptied.
pub fn localised(text: &str) -> String {
    let small = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut beside = String::new();
    let mut at = 0;
    while let Some(found) = small.get(at..).and_then(|rest| rest.find("url(")) {
        let open = at + found + 4;
        let before = text.get(at..open).unwrap_or_default();
        out.push_str(before);
        beside.push_str(before);
        let rest = text.get(open..).unwrap_or_default();
        let length = rest.find(')').unwrap_or(rest.len());
        let reference = rest.get(..length).unwrap_or_default();
        let bare = reference.trim().trim_matches(['"', '\'']);
        out.push_str(if is_local(bare) { reference } else { "#" });
        at = open + length;
    }
    let rest = text.get(at..).unwrap_or_default();
    out.push_str(rest);
    beside.push_str(rest);
    if calls_out(&beside) {
        String::new()
    } else {
        out
    }
}

/// What else names an address: functions that take a string for one, rules that load,
/// and escapes that hide them.
fn calls_out(text: &str) -> bool {
    const WORDS: [&str; 8] = [
        "//",
        "image-set(",
        "image(",
        "src(",
        "cross-fade(",
        "@import",
        "javascript:",
        "\\",
    ];
    let text = text.to_ascii_lowercase();
    WORDS.iter().any(|word| text.contains(word))
}
