//! Just enough of Structured Fields (RFC 9651) to read a Dictionary whose
//! integers matter to us.
//!
//! A parser must refuse the whole field if any of it is malformed, so every
//! type is recognised; only integers keep their value.

/// A member of a dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Integer(i64),
    /// Any other well-formed value: we have no use for it.
    Other,
}

/// How many members we read. Fields about digests list a handful of algorithms.
const MAX_MEMBERS: usize = 64;

/// Parses a Dictionary (RFC 9651 section 4.2.2). A key that comes twice has
/// its last value; a field that is malformed or too long is `None`.
pub(super) fn dictionary(text: &str) -> Option<Vec<(&str, Value)>> {
    let mut input = Input(text.trim_matches(' '));
    let mut members: Vec<(&str, Value)> = Vec::new();
    while !input.0.is_empty() {
        let key = input.key()?;
        let value = if input.take('=') {
            input.item_or_inner_list()?
        } else {
            input.parameters()?;
            Value::Other
        };
        members.retain(|(known, _)| *known != key);
        if members.len() == MAX_MEMBERS {
            return None;
        }
        members.push((key, value));
        input.skip(&[' ', '\t']);
        if input.0.is_empty() {
            break;
        }
        let comma = input.take(',');
        input.skip(&[' ', '\t']);
        // A comma at the end is an error (step 2.9).
        if !comma || input.0.is_empty() {
            return None;
        }
    }
    Some(members)
}

/// What is left to read.
struct Input<'a>(&'a str);

impl<'a> Input<'a> {
    fn take(&mut self, wanted: char) -> bool {
        match self.0.strip_prefix(wanted) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn skip(&mut self, set: &[char]) {
        self.0 = self.0.trim_start_matches(set);
    }

    /// The longest prefix of characters that are `good`.
    fn take_while(&mut self, good: impl Fn(char) -> bool) -> &'a str {
        let rest = self.0.trim_start_matches(good);
        let (taken, _) = self.0.split_at(self.0.len() - rest.len());
        self.0 = rest;
        taken
    }

    /// Section 4.2.3.3.
    fn key(&mut self) -> Option<&'a str> {
        let starts = |c: char| c.is_ascii_lowercase() || c == '*';
        self.0.starts_with(starts).then_some(())?;
        Some(self.take_while(|c| starts(c) || c.is_ascii_digit() || "_-.".contains(c)))
    }

    /// Section 4.2.1.1.
    fn item_or_inner_list(&mut self) -> Option<Value> {
        let value = if self.take('(') {
            self.inner_list()?
        } else {
            self.bare_item()?
        };
        self.parameters()?;
        Some(value)
    }

    /// Section 4.2.1.2, after the opening parenthesis.
    fn inner_list(&mut self) -> Option<Value> {
        loop {
            self.skip(&[' ']);
            if self.take(')') {
                return Some(Value::Other);
            }
            self.bare_item()?;
            self.parameters()?;
            if !self.0.starts_with([' ', ')']) {
                return None;
            }
        }
    }

    /// Section 4.2.3.2.
    fn parameters(&mut self) -> Option<()> {
        while self.take(';') {
            self.skip(&[' ']);
            self.key()?;
            if self.take('=') {
                self.bare_item()?;
            }
        }
        Some(())
    }

    /// Section 4.2.3.1.
    fn bare_item(&mut self) -> Option<Value> {
        match self.0.chars().next()? {
            '-' | '0'..='9' => self.number(),
            '"' => self.quoted(),
            ':' => self.byte_sequence(),
            '?' => {
                self.take('?');
                (self.take('0') || self.take('1')).then_some(Value::Other)
            }
            '@' => {
                self.take('@');
                matches!(self.number()?, Value::Integer(_)).then_some(Value::Other)
            }
            '%' => {
                self.take('%');
                self.display_string()
            }
            c if c.is_ascii_alphabetic() || c == '*' => {
                self.take_while(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~:/".contains(c));
                Some(Value::Other)
            }
            _ => None,
        }
    }

    /// Section 4.2.4: an integer of up to 15 digits, or a decimal of up to 12
    /// and a fraction of one to three.
    fn number(&mut self) -> Option<Value> {
        let negative = self.take('-');
        let whole = self.take_while(|c| c.is_ascii_digit());
        if self.take('.') {
            let fraction = self.take_while(|c| c.is_ascii_digit());
            let good = (1..=12).contains(&whole.len()) && (1..=3).contains(&fraction.len());
            return good.then_some(Value::Other);
        }
        if whole.is_empty() || whole.len() > 15 {
            return None;
        }
        let number: i64 = whole.parse().ok()?;
        Some(Value::Integer(if negative { -number } else { number }))
    }

    /// Section 4.2.5.
    fn quoted(&mut self) -> Option<Value> {
        self.take('"');
        loop {
            self.take_while(|c| (' '..='~').contains(&c) && c != '"' && c != '\\');
            if self.take('"') {
                return Some(Value::Other);
            }
            if !self.take('\\') || !(self.take('"') || self.take('\\')) {
                return None;
            }
        }
    }

    /// Section 4.2.7. Whether the base64 decodes is of no interest here.
    fn byte_sequence(&mut self) -> Option<Value> {
        self.take(':');
        self.take_while(|c| c.is_ascii_alphanumeric() || "+/=".contains(c));
        self.take(':').then_some(Value::Other)
    }

    /// Section 4.2.10: like a string, with `%` and two lower-case hexadecimal
    /// digits for what is not ASCII.
    fn display_string(&mut self) -> Option<Value> {
        self.take('"').then_some(())?;
        let hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
        loop {
            self.take_while(|c| (' '..='~').contains(&c) && c != '"' && c != '%');
            if self.take('"') {
                return Some(Value::Other);
            }
            self.take('%').then_some(())?;
            for _ in 0..2 {
                let rest = self.0.strip_prefix(hex)?;
                self.0 = rest;
            }
        }
    }
}

#[cfg(test)]
mod tests;
