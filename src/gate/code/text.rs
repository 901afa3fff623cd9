//! A code as people read, type and scan it.

use std::fmt;

use hmac_sha256::HMAC;

use crate::trust::Sha256;

/// Crockford's base 32: no I, L, O or U, which are read as other symbols or
/// spell words. The last five stand for check values only.
const SYMBOLS: [char; 37] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J',
    'K', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'V', 'W', 'X', 'Y', 'Z', '*', '~', '$', '=', 'U',
];

/// Data symbols in a code: 60 bits, so that even with a million live codes a
/// guess hits once in 10^12 tries.
const LENGTH: usize = 12;

/// The modulus of the check symbol: a prime above 32, so every wrong symbol and
/// every swap of neighbours changes the remainder.
const CHECK: u64 = 37;

/// A text longer than this was not typed from a card.
const MAX_TYPED: usize = 64;

/// Why a text is no code. Fit for a problem's `detail`; the text is not quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeTextError {
    /// A character that no code has.
    Symbol,
    /// Not 12 symbols and a check symbol.
    Length(usize),
    /// The check symbol does not fit: mistyped.
    Check,
}

impl fmt::Display for CodeTextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Symbol => f.write_str("a code has only letters, digits and its check symbol"),
            Self::Length(found) => write!(
                f,
                "a code has {LENGTH} symbols and one check symbol; this one has {found} in all"
            ),
            Self::Check => f.write_str("the code was mistyped: its check symbol does not fit"),
        }
    }
}

impl std::error::Error for CodeTextError {}

/// A code in the clear. It has no `Display` and no `Serialize`, its `Debug` is
/// silent, and what is stored is its [`CodeHash`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code(u64);

impl Code {
    /// Makes a code from random bytes; the four bits too many are dropped.
    #[must_use]
    pub fn from_random(bytes: [u8; 8]) -> Self {
        Self(u64::from_be_bytes(bytes) >> 4)
    }

    /// Reads what a person typed: any case, with hyphens and spaces anywhere,
    /// O for 0, I and L for 1.
    pub fn parse(typed: &str) -> Result<Self, CodeTextError> {
        if typed.len() > MAX_TYPED {
            return Err(CodeTextError::Length(typed.len()));
        }
        let values = typed
            .chars()
            .filter(|c| !is_separator(*c))
            .map(|c| value_of(c).ok_or(CodeTextError::Symbol))
            .collect::<Result<Vec<u64>, _>>()?;
        let Some((&check, data)) = values.split_last() else {
            return Err(CodeTextError::Length(0));
        };
        if data.len() != LENGTH {
            return Err(CodeTextError::Length(values.len()));
        }
        if data.iter().any(|&value| value >= 32) {
            return Err(CodeTextError::Symbol);
        }
        let number = data.iter().fold(0, |number, value| number << 5 | value);
        if number % CHECK == check {
            Ok(Self(number))
        } else {
            Err(CodeTextError::Check)
        }
    }

    /// `XXXX-XXXX-XXXX-C`: to print, to show once, to put into a redeem URL.
    #[must_use]
    pub fn reveal(&self) -> String {
        let mut out = String::with_capacity(LENGTH + 4);
        for place in 0..LENGTH {
            if place > 0 && place % 4 == 0 {
                out.push('-');
            }
            let shift = 5 * (LENGTH - 1 - place);
            out.push(symbol(self.0 >> shift & 31));
        }
        out.push('-');
        out.push(symbol(self.0 % CHECK));
        out
    }

    /// What is stored in its stead. The pepper is a secret of the worker: the
    /// books alone do not let anyone try all codes.
    #[must_use]
    pub fn hash(&self, pepper: &Pepper) -> CodeHash {
        CodeHash(Sha256(HMAC::mac(self.0.to_be_bytes(), pepper.0)))
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(..)")
    }
}

/// The secret that turns codes into hashes.
#[derive(Clone)]
pub struct Pepper([u8; 32]);

impl Pepper {
    /// Takes 32 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pepper(..)")
    }
}

/// HMAC-SHA256(pepper, code): the key of a code's row.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct CodeHash(pub Sha256);

fn symbol(value: u64) -> char {
    usize::try_from(value)
        .ok()
        .and_then(|place| SYMBOLS.get(place))
        .copied()
        .unwrap_or('0')
}

fn value_of(typed: char) -> Option<u64> {
    let symbol = match typed.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let place = SYMBOLS.iter().position(|known| *known == symbol)?;
    u64::try_from(place).ok()
}

/// Hyphens as keyboards and word processors make them, and any white space.
fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_code_is_read_the_way_people_write_it() {
        let code = Code::from_random([0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0]);
        let text = code.reveal();
        assert_eq!(text.len(), 16);
        assert_eq!(Code::parse(&text), Ok(code));
        assert_eq!(Code::parse(&text.to_lowercase()), Ok(code));
        assert_eq!(Code::parse(&text.replace('-', "")), Ok(code));
        assert_eq!(Code::parse(&text.replace('-', " \u{2013} ")), Ok(code));
        // 0 and 1 in every spelling: the number 1, whose check value is 1.
        for one in ["0000-0000-0001-1", "oOo0-0000-000i-L", "0000 0000 000l I"] {
            assert_eq!(Code::parse(one), Ok(Code(1)), "{one}");
        }
        // Crockford's five extra check symbols.
        for (number, check) in [(32, '*'), (33, '~'), (34, '$'), (35, '='), (36, 'U')] {
            assert!(Code(number).reveal().ends_with(check));
            assert_eq!(
                Code::parse(&Code(number).reveal().to_lowercase()),
                Ok(Code(number))
            );
        }
    }

    #[test]
    fn what_is_no_code_says_why() {
        for (text, reason) in [
            ("", CodeTextError::Length(0)),
            ("----", CodeTextError::Length(0)),
            ("0000-0000-0000", CodeTextError::Length(12)),
            ("0000-0000-0000-00", CodeTextError::Length(14)),
            (&"0".repeat(65), CodeTextError::Length(65)),
            ("0000-0000-0000-1", CodeTextError::Check),
            ("U000-0000-0000-0", CodeTextError::Symbol),
            ("0000-0000-0*00-0", CodeTextError::Symbol),
            ("0000-0000-000\u{e9}-0", CodeTextError::Symbol),
            ("0000_0000_0000_0", CodeTextError::Symbol),
        ] {
            assert_eq!(Code::parse(text), Err(reason), "{text:?}");
        }
    }

    #[test]
    fn the_books_and_the_logs_do_not_show_it() {
        let code = Code(7);
        let pepper = Pepper::new([1; 32]);
        assert_eq!(format!("{code:?}{pepper:?}"), "Code(..)Pepper(..)");
        assert_ne!(code.hash(&pepper), code.hash(&Pepper::new([2; 32])));
        assert_ne!(code.hash(&pepper), Code(8).hash(&pepper));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_single_typo_and_every_swap_of_neighbours_is_seen(bytes: [u8; 8]) {
            let text: Vec<char> = Code::from_random(bytes).reveal().replace('-', "").chars().collect();
            for place in 0..text.len() {
                for wrong in SYMBOLS {
                    let mut typo = text.clone();
                    typo[place] = wrong;
                    let seen = Code::parse(&typo.iter().collect::<String>()).is_err();
                    prop_assert_eq!(seen, wrong != text[place]);
                }
            }
            for place in 1..text.len() {
                let mut swapped = text.clone();
                swapped.swap(place - 1, place);
                let seen = Code::parse(&swapped.iter().collect::<String>()).is_err();
                prop_assert_eq!(seen, swapped != text);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            if let Ok(code) = Code::parse(&text) {
                prop_assert_eq!(Code::parse(&code.reveal()), Ok(code));
            }
        }
    }
}
