//! No bytes from outside make this room panic, and no changed byte is believed.

use proptest::prelude::*;

use super::market::Market;
use super::world::{NOW, World, key};
use crate::trust::metadata::{Envelope, Root, Snapshot, Targets, Timestamp};
use crate::trust::{Sha256, Submission};

const ROLES: [&str; 6] = [
    "root",
    "timestamp",
    "snapshot",
    "targets",
    "alice",
    "alice.drop-7",
];

fn read_as_everything(role: &str, file: &[u8]) {
    let Ok(envelope) = Envelope::parse(role, file) else {
        return;
    };
    let _ = Root::read(&envelope);
    let _ = Timestamp::read(&envelope);
    let _ = Snapshot::read(&envelope);
    let _ = Targets::read(role, &envelope, Sha256::of(file));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for role in ROLES {
            read_as_everything(role, &bytes);
        }
    }

    #[test]
    fn a_file_of_one_role_is_survived_as_any_other(
        from in prop::sample::select(&ROLES[..]),
        to in prop::sample::select(&ROLES[..]),
        at in any::<prop::sample::Index>(),
        replacement in "[0-9a-z\"{}\\[\\],:.-]{0,6}",
    ) {
        let mut file = World::new().file(from);
        let at = at.index(file.len());
        let end = (at + replacement.len()).min(file.len());
        file.splice(at..end, replacement.bytes());
        read_as_everything(to, &file);
    }

    #[test]
    fn a_submission_with_a_changed_byte_never_lands(
        role in 0usize..2,
        at in any::<prop::sample::Index>(),
        change in 1u8..=255,
    ) {
        let market = Market::new();
        let mut files = market.draft_drop("alice", "drop-7", "Seven");
        let file = &mut files[role].1;
        let at = at.index(file.len());
        file[at] ^= change;
        let files = files.into_iter().map(|(role, file)| (role.to_owned(), file));
        let submission = Submission::new(files.collect()).unwrap();
        let published = [("targets".to_owned(), market.files["targets"].clone())];
        let refused = market.repository().accept(&published, &submission, &key("online"), NOW);
        // A digit of the signature's hexadecimal may change case and mean the same.
        let same_meaning = change == 0x20 && refused.is_ok();
        prop_assert!(refused.is_err() || same_meaning);
    }
}
