//! Coverage against a naive bitmap, and budgets as clients spend them.

use super::*;
use crate::gate::Limits;
use proptest::prelude::*;

const SIZE: u64 = 1000;

fn limits(downloads: u64) -> Limits {
    Limits {
        downloads: Some(downloads),
        bytes: None,
    }
}

/// A grant with its one file, asked range by range.
struct Shopper {
    limits: Limits,
    account: Account,
    download: Download,
    now: u64,
}

impl Shopper {
    fn new(limits: Limits) -> Self {
        Self {
            limits,
            account: Account::default(),
            download: Download::of(SIZE),
            now: 5000,
        }
    }

    fn ask(&mut self, range: std::ops::Range<u64>) -> Result<Charge, BudgetError> {
        charge(
            &self.limits,
            &mut self.account,
            &mut self.download,
            range,
            self.now,
        )
    }

    fn settle(&mut self, charge: &Charge, handed: u64) {
        settle(&mut self.account, &mut self.download, charge, handed);
    }

    /// Asks and is handed everything.
    fn get(&mut self, range: std::ops::Range<u64>) -> Result<Charge, BudgetError> {
        let charge = self.ask(range.clone())?;
        self.settle(&charge, range.end - range.start);
        Ok(charge)
    }
}

#[test]
fn sixteen_connections_spend_one_download() {
    for open_ended in [false, true] {
        let mut shopper = Shopper::new(limits(1));
        let starts = (0..16).map(|part| part * SIZE / 16);
        let charges: Vec<Charge> = starts
            .map(|start| {
                let end = if open_ended {
                    SIZE
                } else {
                    (start + SIZE / 16 + 1).min(SIZE)
                };
                shopper.ask(start..end).unwrap()
            })
            .collect();
        for charge in &charges {
            shopper.settle(charge, SIZE / 16 + 1);
        }
        assert_eq!(
            shopper.account,
            Account {
                downloads: 1,
                bytes: SIZE
            }
        );
        assert!(shopper.download.sent.is_complete());
        assert_eq!(charges.iter().filter(|charge| charge.began).count(), 1);
    }
}

#[test]
fn the_whole_file_again_is_another_download_and_a_repair_is_not() {
    let mut shopper = Shopper::new(limits(1));
    assert!(shopper.get(0..SIZE).unwrap().began);
    assert_eq!(shopper.get(100..200).unwrap().new_bytes, 0);
    assert_eq!(
        shopper.ask(0..SIZE),
        Err(BudgetError::Downloads { limit: 1 })
    );
    let kept = shopper.download.clone();
    assert_eq!(
        shopper.ask(0..SIZE),
        Err(BudgetError::Downloads { limit: 1 })
    );
    assert_eq!(shopper.download, kept, "a refusal changes nothing");
}

#[test]
fn a_bad_network_spends_one_download() {
    let mut shopper = Shopper::new(Limits {
        downloads: Some(1),
        bytes: Some(SIZE),
    });
    // Each attempt asks for all that is left and gets a tenth of the file.
    for attempt in 0..10 {
        let charge = shopper.ask(attempt * 100..SIZE).unwrap();
        shopper.settle(&charge, 100);
        assert_eq!(shopper.account.bytes, (attempt + 1) * 100);
    }
    assert_eq!(
        shopper.account,
        Account {
            downloads: 1,
            bytes: SIZE
        }
    );
}

#[test]
fn a_shared_link_runs_out() {
    // All but the last byte, again and again: never complete, yet not free.
    let mut shopper = Shopper::new(limits(3));
    let served = (0..20).filter(|_| shopper.get(0..SIZE - 1).is_ok()).count();
    assert_eq!(
        served, 9,
        "three of nearly a length fit into twice the length and its rest"
    );
    // And all at once.
    let mut shopper = Shopper::new(limits(1));
    let served = (0..100).filter(|_| shopper.ask(0..SIZE).is_ok()).count();
    assert_eq!(served, 16);
    // Requests that were never settled are forgotten in the end.
    shopper.now += 3600;
    assert!(shopper.ask(0..10).is_ok());
}

#[test]
fn bytes_are_refused_before_they_are_spent() {
    let mut shopper = Shopper::new(Limits {
        downloads: None,
        bytes: Some(300),
    });
    shopper.get(0..200).unwrap();
    assert_eq!(
        shopper.ask(150..301),
        Err(BudgetError::Bytes {
            limit: 300,
            left: 100
        })
    );
    assert_eq!(shopper.get(150..300).unwrap().new_bytes, 100);
    let left = shopper.account.remaining(&shopper.limits);
    assert_eq!(
        left,
        Remaining {
            downloads: None,
            bytes: Some(0)
        }
    );
    assert!(
        shopper.get(0..300).is_ok(),
        "what was paid for can be had again"
    );
    let mut none = Shopper::new(limits(0));
    assert_eq!(none.ask(0..1), Err(BudgetError::Downloads { limit: 0 }));
}

#[test]
fn a_late_settlement_of_a_former_download_changes_nothing() {
    let mut shopper = Shopper::new(limits(2));
    let late = shopper.ask(0..10).unwrap();
    for _ in 0..2 {
        shopper.get(0..SIZE).unwrap();
    }
    let charge = shopper.get(0..SIZE).unwrap();
    assert_eq!((charge.number, charge.began), (2, true));
    let before = (shopper.account, shopper.download.clone());
    shopper.settle(&late, 0);
    assert_eq!((shopper.account, shopper.download), before);
}

#[test]
fn an_empty_file_is_one_download() {
    let mut account = Account::default();
    let mut download = Download::of(0);
    for turn in 0..3 {
        let charge = charge(&limits(1), &mut account, &mut download, 0..0, 1).unwrap();
        assert_eq!(charge.began, turn == 0);
    }
}

#[test]
fn many_holes_are_closed_and_paid_for() {
    let total = 1 << 30;
    let mut coverage = Coverage::of(total);
    let mut paid = 0;
    for place in 0..2000 {
        paid += coverage.spend(&(place << 19..(place << 19) + 1));
    }
    assert!(coverage.encode().len() < 4096);
    assert_eq!(paid, coverage.covered());
    assert!(
        paid > total / 2,
        "one byte in each half megabyte is not a free file"
    );
}

#[test]
fn a_stored_form_that_is_none_is_refused() {
    let too_many: Vec<u8> = [1, 1].repeat(257);
    for bytes in [
        &[0x80][..],
        &[0],
        &[0, 0],
        &[0, 1, 0, 1],
        &[0, 101],
        &[255; 12],
        &too_many,
    ] {
        assert_eq!(
            Coverage::decode(bytes, 100.max(bytes.len() as u64)),
            Err(CoverageError)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn coverage_is_what_a_bitmap_says(total in 0..600_u64, steps in proptest::collection::vec((0..700_u64, 0..200_u64), 0..40)) {
        let mut coverage = Coverage::of(total);
        let mut bitmap = vec![false; usize::try_from(total).unwrap()];
        for (start, size) in steps {
            let range = start..start + size;
            let mut changed = 0;
            for (at, bit) in bitmap.iter_mut().enumerate() {
                if range.contains(&(at as u64)) && !*bit {
                    *bit = true;
                    changed += 1;
                }
            }
            prop_assert_eq!(coverage.spend(&range), changed);
            prop_assert_eq!(coverage.covered(), bitmap.iter().filter(|bit| **bit).count() as u64);
            prop_assert_eq!(coverage.is_complete(), bitmap.iter().all(|bit| *bit));
            prop_assert_eq!(Coverage::decode(&coverage.encode(), total), Ok(coverage.clone()));
        }
    }

    #[test]
    fn a_crowded_coverage_never_undercounts(places in proptest::collection::vec(0..5000_u64, 250..500)) {
        let mut coverage = Coverage::of(5000);
        let mut paid = 0;
        for place in &places {
            paid += coverage.spend(&(*place..place + 1));
            prop_assert_eq!(coverage.spend(&(*place..place + 1)), 0);
        }
        prop_assert_eq!(paid, coverage.covered());
        prop_assert!(paid <= 5000);
        prop_assert_eq!(Coverage::decode(&coverage.encode(), 5000), Ok(coverage));
    }

    #[test]
    fn any_stored_bytes_are_read_or_refused(bytes: Vec<u8>, total: u64) {
        if let Ok(coverage) = Coverage::decode(&bytes, total) {
            prop_assert!(coverage.covered() <= total);
        }
    }
}
