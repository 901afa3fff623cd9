//! What this isolate has lately found near by, and need not ask for nor check
//! again: pictures that nothing better will replace. Their names change with a
//! purge and with their source, so that nothing here is ever wrong.

use std::{cell::RefCell, collections::BTreeMap};

use super::tier::Made;

/// A page's pictures; an isolate has 128 MB for all it does.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// One picture takes no more, so that it does not push out many.
const LARGEST: usize = 256 * 1024;

/// Pictures by their name near by.
#[derive(Default)]
pub(super) struct Recent(RefCell<Kept>);

#[derive(Default)]
struct Kept {
    all: BTreeMap<String, (Made, u64)>,
    bytes: usize,
    uses: u64,
}

impl Recent {
    /// A picture, if it is here.
    pub fn get(&self, name: &str) -> Option<Made> {
        let mut kept = self.0.borrow_mut();
        kept.uses += 1;
        let now = kept.uses;
        let (made, used) = kept.all.get_mut(name)?;
        *used = now;
        Some(made.clone())
    }

    /// Keeps a picture; those that were not asked for the longest make room.
    pub fn put(&self, name: &str, made: &Made) {
        if made.bytes.len() > LARGEST {
            return;
        }
        let mut kept = self.0.borrow_mut();
        kept.uses += 1;
        let entry = (made.clone(), kept.uses);
        kept.bytes += made.bytes.len();
        if let Some((before, _)) = kept.all.insert(name.to_owned(), entry) {
            kept.bytes -= before.bytes.len();
        }
        while kept.bytes > MOST_BYTES {
            let oldest = kept.all.iter().min_by_key(|(_, (_, used))| *used);
            let Some(name) = oldest.map(|(name, _)| name.clone()) else {
                return;
            };
            if let Some((gone, _)) = kept.all.remove(&name) {
                kept.bytes -= gone.bytes.len();
            }
        }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        *self.0.borrow_mut() = Kept::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{app::tier::Mark, media::recipe::Output, trust::Sha256};

    fn made(length: usize) -> Made {
        let mark = Mark::best(Output::Jpeg, 1);
        Made::now(vec![7; length], Sha256::of(b""), mark)
    }

    #[test]
    fn what_was_asked_for_lately_stays_within_bounds() {
        let recent = Recent::default();
        recent.put("large", &made(LARGEST + 1));
        assert!(recent.get("large").is_none());
        for number in 0..100 {
            recent.put(&number.to_string(), &made(LARGEST));
            recent.put(&number.to_string(), &made(LARGEST));
            assert!(recent.get("0").is_some(), "asked for each time");
            let kept = recent.0.borrow();
            let sum: usize = kept.all.values().map(|(made, _)| made.bytes.len()).sum();
            assert_eq!(kept.bytes, sum);
            assert!(sum <= MOST_BYTES);
        }
        assert!(recent.get("99").is_some() && recent.get("50").is_none());
        recent.clear();
        assert!(recent.get("99").is_none());
    }
}
