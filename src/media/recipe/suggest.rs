//! Which option a misspelt name was meant to be.

/// Every option, in its long form.
const NAMES: [&str; 44] = [
    "anim",
    "background",
    "blur",
    "border",
    "border.bottom",
    "border.color",
    "border.left",
    "border.right",
    "border.top",
    "border.width",
    "brightness",
    "compression",
    "contrast",
    "dpr",
    "draw",
    "draw2",
    "draw3",
    "draw4",
    "fit",
    "flip",
    "format",
    "gamma",
    "gravity",
    "height",
    "metadata",
    "onerror",
    "preset",
    "quality",
    "rotate",
    "saturation",
    "sharpen",
    "slow-connection-quality",
    "trim",
    "trim.border.color",
    "trim.border.keep",
    "trim.border.tolerance",
    "trim.bottom",
    "trim.height",
    "trim.left",
    "trim.right",
    "trim.top",
    "trim.width",
    "width",
    "zoom",
];

/// A name further off than this was not a slip of the finger.
const FURTHEST: usize = 2;

/// The longest name and some slips: a longer one resembles nothing.
const LONGEST: usize = 26;

/// The option within two slips of a name, upper case forgiven.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    if name.chars().count() > LONGEST {
        return None;
    }
    let name = name.to_lowercase();
    NAMES
        .iter()
        .map(|&known| (distance(&name, known), known))
        .min()
        // Two slips in a name of three letters leave nothing of it.
        .filter(|&(slips, known)| slips <= FURTHEST && slips + 1 < known.len())
        .map(|(_, known)| known)
}

/// How many letters have to be changed, added or removed (Levenshtein), where
/// two neighbours that changed places count once.
fn distance(given: &str, known: &str) -> usize {
    let known: Vec<char> = known.chars().collect();
    let mut above: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=known.len()).collect();
    let mut letter_above = None;
    for (line, letter) in given.chars().enumerate() {
        let mut next = vec![line + 1];
        for (column, &target) in known.iter().enumerate() {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX);
            let change = at(&row, column) + usize::from(letter != target);
            let mut least = change
                .min(at(&row, column + 1).saturating_add(1))
                .min(at(&next, column).saturating_add(1));
            let before = column.checked_sub(1);
            let swapped = letter_above == Some(target)
                && before.and_then(|before| known.get(before)) == Some(&letter);
            if let (true, Some(before)) = (swapped, before) {
                least = least.min(at(&above, before).saturating_add(1));
            }
            next.push(least);
        }
        letter_above = Some(letter);
        above = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_understood_and_guesses_are_not_made() {
        for (given, meant) in [
            ("widht", Some("width")),
            ("Width", Some("width")),
            ("heigth", Some("height")),
            ("qualtiy", Some("quality")),
            ("colour", None),
            ("x", None),
            ("", None),
            ("segment", None),
            ("backgroundcolor", None),
            ("trim.border.colour", Some("trim.border.color")),
        ] {
            assert_eq!(nearest(given), meant, "{given}");
        }
        assert_eq!(nearest(&"width".repeat(100)), None);
    }

    #[test]
    fn every_name_is_an_option() {
        for name in NAMES {
            let error = crate::media::recipe::RawRecipe::parse(&format!("{name}=@"));
            let text = error.unwrap_err().to_string();
            assert!(!text.contains("is not an option"), "{text}");
        }
    }
}
