//! Percent-decoding (RFC 3986, section 2.1), once and strictly.

use std::borrow::Cow;

use super::error::RecipeError;

/// Decodes every `%XX`. A `+` stays a `+`: this is a path, not a form.
pub(super) fn decode(text: &str) -> Result<Cow<'_, str>, RecipeError> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    let malformed = || RecipeError::Escape {
        given: RecipeError::shown(text),
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = rest.next().and_then(nibble).ok_or_else(malformed)?;
            let low = rest.next().and_then(nibble).ok_or_else(malformed)?;
            bytes.push(high * 16 + low);
        } else {
            bytes.push(byte);
        }
    }
    let decoded = String::from_utf8(bytes).map_err(|_| malformed())?;
    Ok(Cow::Owned(decoded))
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|nibble| u8::try_from(nibble).ok())
}
