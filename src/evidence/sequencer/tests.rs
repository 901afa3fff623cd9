//! A log in memory whose every operation can crash, fail, fail after having
//! happened, or lie; and what must hold afterwards.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::evidence::invariant::{self, Log};
use crate::evidence::proof::Policy;
use crate::evidence::{Signer, audit, note};

const ORIGIN: &str = "shop.example/log/deliveries-2026h2";

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    /// The operation fails, or the isolate dies before it: nothing happened.
    Before,
    /// It happened, and then it failed or the isolate died.
    After,
    /// The store says it has written and has not.
    Lost,
    /// The store says it has written and has flipped a bit.
    Flipped,
}

/// The durable world: what is left when the isolate dies.
#[derive(Default)]
struct World {
    rows: Vec<Vec<u8>>,
    /// The rows again, as the database's unique index has them.
    index: BTreeSet<Vec<u8>>,
    state: LogState,
    note: Option<String>,
    store: BTreeMap<String, Vec<u8>>,
    /// All the bytes ever meant for a path, to see that they never change.
    meant: BTreeMap<String, Vec<u8>>,
    signed: Vec<Checkpoint>,
    operations: usize,
    fault: Option<(usize, Fault)>,
}

struct Failed;

impl World {
    /// Does `act`, unless this is the operation that goes wrong.
    fn operate(&mut self, act: impl FnOnce(&mut Self)) -> Result<(), Failed> {
        let fault = self.fault.filter(|(at, _)| *at == self.operations);
        self.operations += 1;
        match fault {
            None => act(self),
            Some((_, Fault::After)) => {
                act(self);
                return Err(Failed);
            }
            // Only the store lies; see `write`.
            Some(_) => return Err(Failed),
        }
        Ok(())
    }

    fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), Failed> {
        if path != CHECKPOINT {
            let meant = self
                .meant
                .entry(path.to_owned())
                .or_insert_with(|| bytes.to_owned());
            assert_eq!(meant, bytes, "{path} was meant to be immutable");
        }
        let (path, mut bytes) = (path.to_owned(), bytes.to_owned());
        match self.fault.filter(|(at, _)| *at == self.operations) {
            Some((_, Fault::Lost)) => {
                self.operations += 1;
                Ok(())
            }
            Some((_, Fault::Flipped)) if path != CHECKPOINT => {
                self.operations += 1;
                bytes[0] ^= 1;
                self.store.insert(path, bytes);
                Ok(())
            }
            _ => self.operate(|world| {
                world.store.insert(path, bytes);
            }),
        }
    }

    fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, Failed> {
        self.operate(|_| ())?;
        Ok(self.store.get(path).cloned())
    }

    /// Takes entries the way the object does: each once, known by its id.
    fn accept(&mut self, entries: &[Vec<u8>]) -> Result<(), Failed> {
        self.operate(|world| {
            for entry in entries {
                if world.index.insert(entry.clone()) {
                    world.rows.push(entry.clone());
                }
            }
        })
    }

    /// From a fresh start to everything integrated.
    fn sequence(&mut self, log: &Signer) -> Result<(), Failed> {
        let published = self.read(CHECKPOINT)?;
        let standing = reconcile(published.as_deref(), &self.state, ORIGIN, log.verifier());
        if standing.unwrap() == Standing::Behind {
            self.publish()?;
        }
        while let Some(batch) = self.next_batch() {
            for step in batch.steps() {
                self.perform(step, log)?;
            }
        }
        Ok(())
    }

    fn next_batch(&self) -> Option<Batch> {
        let size = usize::try_from(self.state.size()).unwrap();
        let tail = size - usize::try_from(self.state.tail_length()).unwrap();
        let (tail, pending) = (&self.rows[tail..size], &self.rows[size..]);
        step(&self.state, tail, pending, ORIGIN, 1_795_380_108).unwrap()
    }

    fn perform(&mut self, step: Step<'_>, log: &Signer) -> Result<(), Failed> {
        match step {
            Step::Write(file) => self.write(&file.path, &file.bytes),
            Step::ReadBack(file) => match self.read(&file.path)? {
                Some(bytes) if bytes == file.bytes => Ok(()),
                _ => Err(Failed),
            },
            Step::Commit(batch) => {
                let note = batch.checkpoint.sign(log).unwrap();
                // Through bytes, as a database would.
                let state = LogState::from_bytes(&batch.state.to_bytes()).unwrap();
                self.operate(|world| {
                    world.state = state;
                    world.note = Some(note);
                    world.signed.push(batch.checkpoint.clone());
                })
            }
            Step::Publish => self.publish(),
        }
    }

    fn publish(&mut self) -> Result<(), Failed> {
        let note = self.note.clone().unwrap();
        self.write(CHECKPOINT, note.as_bytes())
    }

    fn check(&self, log: &Signer) -> Result<(), EvidenceError> {
        let log = Log {
            policy: policy(log),
            state: &self.state,
            accepted: &self.rows,
            signed: &self.signed,
        };
        invariant::check(&log, |path| self.store.get(path).cloned())
    }
}

fn policy(log: &Signer) -> Policy<'_> {
    Policy {
        origin: ORIGIN,
        log: log.verifier(),
        witnesses: &[],
        quorum: 0,
    }
}

fn log() -> Signer {
    Signer::new(ORIGIN, [1; 32]).unwrap()
}

fn entries(from: u32, to: u32) -> Vec<Vec<u8>> {
    (from..to)
        .map(|n| format!("receipt {n}").into_bytes())
        .collect()
}

/// Accepts in groups that cross the borders of tiles, sequencing after each.
/// Whatever fails is tried again, together with what has arrived since.
fn run(world: &mut World, log: &Signer) {
    for (from, to) in [(0, 3), (3, 255), (255, 256), (256, 258), (258, 520)] {
        while world.accept(&entries(from, to)).is_err() {
            world.check(log).unwrap();
        }
        if world.sequence(log).is_err() {
            world.check(log).unwrap();
        }
    }
    // The next start finds what was left undone, such as a checkpoint that the
    // store has lost.
    while world.sequence(log).is_err() {
        world.check(log).unwrap();
    }
}

#[test]
fn whatever_goes_wrong_no_receipt_is_lost_or_doubled_and_nothing_forks() {
    let log = log();
    let mut undisturbed = World::default();
    run(&mut undisturbed, &log);
    undisturbed.check(&log).unwrap();
    assert!(undisturbed.operations > 45);

    for at in 0..undisturbed.operations {
        for fault in [Fault::Before, Fault::After, Fault::Lost, Fault::Flipped] {
            let mut world = World {
                fault: Some((at, fault)),
                ..World::default()
            };
            run(&mut world, &log);
            let context = format!("{fault:?} at operation {at}");
            assert_eq!(world.check(&log), Ok(()), "{context}");
            assert_eq!(world.rows, undisturbed.rows, "{context}");
            assert_eq!(world.state.root(), undisturbed.state.root(), "{context}");
            let published = &world.store[CHECKPOINT];
            assert_eq!(published, &undisturbed.store[CHECKPOINT], "{context}");
        }
    }
}

#[test]
fn a_log_that_has_forgotten_or_that_another_writes_to_halts() {
    let log = log();
    let (mut world, mut other) = (World::default(), World::default());
    run(&mut world, &log);
    let published = world.store[CHECKPOINT].as_slice();
    let stands = |published, state: &LogState| reconcile(published, state, ORIGIN, log.verifier());
    assert_eq!(stands(Some(published), &world.state), Ok(Standing::InStep));
    assert_eq!(stands(None, &world.state), Ok(Standing::Behind));
    assert_eq!(stands(None, &LogState::new()), Ok(Standing::InStep));
    let forgotten = stands(Some(published), &LogState::new());
    assert!(matches!(forgotten, Err(EvidenceError::BrokenState(_))));

    assert!(other.accept(&entries(1000, 1520)).is_ok());
    assert!(other.sequence(&log).is_ok());
    let forked = stands(Some(published), &other.state);
    assert!(matches!(forked, Err(EvidenceError::BrokenState(_))));

    let foreign = Signer::new(ORIGIN, [2; 32]).unwrap();
    let foreign = note::sign("not a checkpoint\n", &[&foreign], 0).unwrap();
    assert!(stands(Some(foreign.as_bytes()), &world.state).is_err());
    assert!(stands(Some(b""), &world.state).is_err());
}

#[test]
fn the_invariant_checker_sees_each_kind_of_damage() {
    let log = log();
    let fresh = || {
        let mut world = World::default();
        run(&mut world, &log);
        world
    };
    for path in fresh().store.keys().filter(|path| *path != CHECKPOINT) {
        let mut world = fresh();
        // Partial files of sizes that were never signed are nobody's business.
        world.store.get_mut(path).unwrap()[0] ^= 1;
        assert!(world.check(&log).is_err(), "{path}");
        world.store.remove(path);
        assert!(world.check(&log).is_err(), "{path}");
    }

    let mut lost = fresh();
    lost.rows[3] = b"another".to_vec();
    assert_eq!(lost.check(&log), Err(EvidenceError::LostEntry(3)));
    let mut doubled = fresh();
    doubled.rows.push(doubled.rows[5].clone());
    assert_eq!(doubled.check(&log), Err(EvidenceError::DoubledEntry(520)));
    let mut forked = fresh();
    let elsewhere = Checkpoint::new(ORIGIN, 4, Sha256::of(b"")).unwrap();
    forked.signed.push(elsewhere);
    assert!(forked.check(&log).is_err());
}

#[test]
fn an_audit_needs_nothing_but_the_files() {
    let log = log();
    let mut world = World::default();
    run(&mut world, &log);
    let mut seen = 0;
    let read = |path: &str| Ok::<_, EvidenceError>(world.store.get(path).cloned());
    let checkpoint = audit::audit(&policy(&log), read, |index, entry| {
        assert_eq!(entry, world.rows[usize::try_from(index).unwrap()]);
        seen += 1;
        Ok(())
    });
    assert_eq!(checkpoint.unwrap().size(), seen);
    let nothing = |_: &str| Ok::<_, EvidenceError>(None);
    let missing = audit::audit(&policy(&log), nothing, |_, _| Ok(()));
    assert_eq!(
        missing,
        Err(EvidenceError::MissingFile(CHECKPOINT.to_owned()))
    );
}

#[test]
fn a_batch_is_bounded_and_wrong_rows_are_refused() {
    let many = entries(0, 5000);
    let none: &[Vec<u8>] = &[];
    let batch = step(&LogState::new(), none, &many, ORIGIN, 5)
        .unwrap()
        .unwrap();
    assert_eq!(batch.taken, MAX_BATCH);
    assert_eq!(batch.state.size(), 4096);
    assert_eq!(batch.state.tail_length(), 0);
    assert_eq!(batch.state.checkpoint_time(), 5);
    let one = step(&LogState::new(), none, &entries(0, 1), ORIGIN, 5)
        .unwrap()
        .unwrap();
    assert_eq!(step(&one.state, &entries(0, 1), none, ORIGIN, 5), Ok(None));
    let earlier = step(&one.state, &entries(0, 1), &entries(1, 2), ORIGIN, 3).unwrap();
    assert_eq!(earlier.unwrap().state.checkpoint_time(), 5);
    for wrong in [entries(0, 0), entries(1, 2), entries(0, 2)] {
        let refused = step(&one.state, &wrong, &entries(1, 2), ORIGIN, 5);
        assert!(matches!(refused, Err(EvidenceError::BrokenState(_))));
    }
    let too_large = [vec![0; MAX_ENTRY + 1]];
    assert!(step(&LogState::new(), none, &too_large, ORIGIN, 5).is_err());
    assert!(LogState::from_bytes(&[0; 15]).is_err());
    assert!(LogState::from_bytes(&one.state.to_bytes()[..47]).is_err());
}
