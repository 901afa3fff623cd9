//! Which files of a drop go into an archive: all of them, or those named by
//! `?files=cover.jpg,notes.txt`.

use std::collections::BTreeSet;

use super::{MAX_MEMBERS, ZipError};
use crate::trust::Name;

/// The files a client chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Every file it may have.
    All,
    /// These, in whatever order they were named: one choice is one archive.
    Only(BTreeSet<Name>),
}

impl Choice {
    /// Reads the value of `?files=`, decoded; without one, every file is chosen.
    pub fn parse(files: Option<&str>) -> Result<Self, ZipError> {
        let Some(files) = files else {
            return Ok(Self::All);
        };
        let count = files.split(',').count();
        if count > MAX_MEMBERS {
            return Err(ZipError::Members(count));
        }
        let name = |text: &str| {
            Name::parse(text).map_err(|_| ZipError::Name(text.chars().take(80).collect()))
        };
        files
            .split(',')
            .map(name)
            .collect::<Result<_, _>>()
            .map(Self::Only)
    }

    /// The chosen ones of `offered`, in the order in which they are offered;
    /// a name that is not offered is an error, so that nobody gets fewer files
    /// than they asked for and thinks it is all.
    pub fn select<T>(
        &self,
        offered: impl IntoIterator<Item = T>,
        name: impl Fn(&T) -> &Name,
    ) -> Result<Vec<T>, ZipError> {
        let Self::Only(names) = self else {
            return Ok(offered.into_iter().collect());
        };
        let mut absent: BTreeSet<&Name> = names.iter().collect();
        let mut chosen = Vec::new();
        for item in offered {
            let wanted = name(&item);
            if names.contains(wanted) {
                absent.remove(wanted);
                chosen.push(item);
            }
        }
        match absent.first() {
            Some(name) => Err(ZipError::Absent((*name).clone())),
            None => Ok(chosen),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(files: Option<&str>) -> Result<Vec<Name>, ZipError> {
        let offered = ["b.txt", "a.jpg", "c"].map(|text| Name::parse(text).unwrap());
        Choice::parse(files)?.select(offered, |name| name)
    }

    fn names(texts: &[&str]) -> Vec<Name> {
        texts
            .iter()
            .map(|text| Name::parse(text).unwrap())
            .collect()
    }

    #[test]
    fn the_order_is_that_of_the_drop() {
        assert_eq!(choose(None), Ok(names(&["b.txt", "a.jpg", "c"])));
        for files in ["a.jpg,b.txt", "b.txt,a.jpg", "a.jpg,b.txt,a.jpg"] {
            assert_eq!(
                choose(Some(files)),
                Ok(names(&["b.txt", "a.jpg"])),
                "{files}"
            );
        }
    }

    #[test]
    fn what_is_not_there_is_not_left_out_silently() {
        let absent = ZipError::Absent(Name::parse("d").unwrap());
        assert_eq!(choose(Some("a.jpg,d")), Err(absent));
        for bad in ["", ",", "a.jpg,", "../a", "A", "a b"] {
            assert!(matches!(choose(Some(bad)), Err(ZipError::Name(_))), "{bad}");
        }
        let many = "a,".repeat(MAX_MEMBERS) + "a";
        assert_eq!(choose(Some(&many)), Err(ZipError::Members(MAX_MEMBERS + 1)));
    }
}
