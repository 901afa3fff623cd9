//! The licence of a file, for programs.

/// `rel=license` needs an address: an URL as it is, SPDX by its page.
pub(super) fn license_link(license: &str) -> Option<String> {
    let is_uri = license.starts_with("https://") && !license.contains(['<', '>', '"', ' ']);
    let is_spdx = !license.is_empty()
        && license
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-.+".contains(&b));
    match (is_uri, is_spdx) {
        (true, _) => Some(format!("<{license}>; rel=\"license\"")),
        (false, true) => Some(format!(
            "<https://spdx.org/licenses/{license}.html>; rel=\"license\""
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::license_link;

    #[test]
    fn an_identifier_or_an_address_is_a_link_and_nothing_else() {
        let link = |to: &str| Some(format!("<{to}>; rel=\"license\""));
        assert_eq!(
            license_link("CC-BY-4.0"),
            link("https://spdx.org/licenses/CC-BY-4.0.html")
        );
        assert_eq!(
            license_link("https://a.example/l"),
            link("https://a.example/l")
        );
        for text in [
            "",
            "All rights reserved",
            "https://a.example/>;x",
            "javascript:x",
        ] {
            assert_eq!(license_link(text), None, "{text}");
        }
    }
}
