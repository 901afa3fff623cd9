//! The books: what the Durable Objects keep in tables, in maps; and the caches.

use std::{cell::RefCell, collections::BTreeMap};

use super::Memory;
use crate::{
    evidence::{Receipt, ReceiptId, log_name},
    gate::{
        GrantHash,
        book::{AddTold, BookError, NUMBERS, Question, Rows, answer, counted_exactly},
    },
    metrics::{Counts, count_receipt},
    ports::{
        Filed, GateBook, Hot, Ledger, LogName, Nearby, PortError, Sealed, Surroundings, Tip,
        TrustBook,
    },
    trust::Sha256,
};

/// The caches: values by key, the near ones with the second they are good until.
#[derive(Default)]
pub(super) struct Caches {
    hot: RefCell<BTreeMap<String, (Sealed, u64)>>,
    nearby: RefCell<BTreeMap<String, (Sealed, u64)>>,
}

#[derive(Default)]
pub(super) struct Signed {
    tip: Option<Tip>,
    files: BTreeMap<String, Sha256>,
}

/// The log's name, the receipt's id and its text, in order of arrival.
pub(super) type Receipts = Vec<(String, ReceiptId, String)>;

/// The rows of the gate's books: book, kind, key.
pub(super) type Book = RefCell<BTreeMap<(String, String, String), String>>;

impl Memory {
    /// The receipts of a log, in order.
    #[must_use]
    pub fn receipts(&self, log: LogName) -> Vec<String> {
        let begin = format!("{}-", log.as_str());
        let kept = self.0.receipts.borrow();
        kept.iter()
            .filter(|(name, ..)| name.starts_with(&begin))
            .map(|(.., note)| note.clone())
            .collect()
    }

    /// Changes every value of both caches, as someone who can write to them would.
    pub fn spoil_caches(&self, spoil: impl Fn(&mut Sealed)) {
        let mut hot = self.0.caches.hot.borrow_mut();
        let mut nearby = self.0.caches.nearby.borrow_mut();
        for (value, _) in hot.values_mut().chain(nearby.values_mut()) {
            spoil(value);
        }
    }

    /// The data centre forgets everything.
    pub fn forget_nearby(&self) {
        self.0.caches.nearby.borrow_mut().clear();
    }

    /// The keys in KV and in the store that begin so.
    #[must_use]
    pub fn kept(&self, begin: &str) -> Vec<String> {
        let hot = self.0.caches.hot.borrow();
        let all = hot.keys().cloned().chain(self.keys());
        all.filter(|key| key.starts_with(begin)).collect()
    }
}

impl Hot for Memory {
    async fn hot_get(&self, key: &str) -> Result<Option<Sealed>, PortError> {
        self.call("hot.get", || {
            let hot = self.0.caches.hot.borrow();
            let found = hot.get(key).filter(|(_, until)| self.now() < *until);
            Ok(found.map(|(value, _)| value.clone()))
        })
        .await
    }

    async fn hot_put(
        &self,
        key: &str,
        value: &Sealed,
        seconds: Option<u32>,
    ) -> Result<(), PortError> {
        self.call("hot.put", || {
            let until = seconds.map_or(u64::MAX, |seconds| self.now() + u64::from(seconds));
            let mut hot = self.0.caches.hot.borrow_mut();
            hot.insert(key.to_owned(), (value.clone(), until));
            Ok(())
        })
        .await
    }

    async fn hot_list(&self, prefix: &str) -> Result<Vec<String>, PortError> {
        self.call("hot.list", || {
            let hot = self.0.caches.hot.borrow();
            let keys = hot.keys().filter(|key| key.starts_with(prefix));
            Ok(keys.take(1000).cloned().collect())
        })
        .await
    }

    async fn hot_remove(&self, key: &str) -> Result<(), PortError> {
        self.call("hot.remove", || {
            self.0.caches.hot.borrow_mut().remove(key);
            Ok(())
        })
        .await
    }
}

impl Nearby for Memory {
    async fn nearby_get(&self, key: &str) -> Result<Option<Sealed>, PortError> {
        self.call("nearby.get", || {
            let nearby = self.0.caches.nearby.borrow();
            let found = nearby.get(key).filter(|(_, until)| self.now() < *until);
            Ok(found.map(|(value, _)| value.clone()))
        })
        .await
    }

    async fn nearby_put(&self, key: &str, value: &Sealed, seconds: u32) -> Result<(), PortError> {
        self.call("nearby.put", || {
            let until = self.now() + u64::from(seconds);
            let mut nearby = self.0.caches.nearby.borrow_mut();
            nearby.insert(key.to_owned(), (value.clone(), until));
            Ok(())
        })
        .await
    }
}

impl TrustBook for Memory {
    async fn tip(&self) -> Result<Option<Tip>, PortError> {
        self.call("trust.tip", || Ok(self.0.signed.borrow().tip.clone()))
            .await
    }

    async fn advance(
        &self,
        expected: Option<&Tip>,
        next: &Tip,
        files: &[(String, Sha256)],
    ) -> Result<bool, PortError> {
        self.call("trust.advance", || {
            let mut signed = self.0.signed.borrow_mut();
            if signed.tip.as_ref() != expected {
                return Ok(false);
            }
            signed.files.extend(files.iter().cloned());
            signed.tip = Some(next.clone());
            Ok(true)
        })
        .await
    }

    async fn metadata(&self, file: &str) -> Result<Option<Sha256>, PortError> {
        self.call("trust.metadata", || {
            Ok(self.0.signed.borrow().files.get(file).copied())
        })
        .await
    }
}

impl GateBook for Memory {
    async fn ask<Q: Question>(&self, question: &Q) -> Result<Q::Answer, PortError> {
        self.call(Q::NAME, || {
            let fault = |error: BookError| PortError::new("gate", error);
            let wire = |error: serde_json::Error| PortError::new("gate", error);
            let text = serde_json::to_string(question).map_err(wire)?;
            let rows = Shelf {
                book: &self.0.book,
                name: question.book(),
            };
            let answer = answer(Q::NAME, &text, &rows, self.now()).map_err(fault)?;
            self.told(&rows.name, counted_exactly(&rows).map_err(fault)?);
            serde_json::from_str(&answer).map_err(wire)
        })
        .await
    }
}

impl Memory {
    /// The numbers are told at once what was counted exactly.
    fn told(&self, source: &str, counts: Counts) {
        let rows = Shelf {
            book: &self.0.book,
            name: NUMBERS.to_owned(),
        };
        let source = source.to_owned();
        let told = AddTold { source, counts }.answer(&rows, self.now());
        told.unwrap_or_else(|error| self.log(&format!("numbers: {error}")));
    }
}

/// One of the gate's books.
struct Shelf<'a> {
    book: &'a Book,
    name: String,
}

impl Shelf<'_> {
    fn at(&self, kind: &str, key: &str) -> (String, String, String) {
        (self.name.clone(), kind.to_owned(), key.to_owned())
    }
}

impl Rows for Shelf<'_> {
    fn get(&self, kind: &str, key: &str) -> Result<Option<String>, BookError> {
        Ok(self.book.borrow().get(&self.at(kind, key)).cloned())
    }

    fn put(&self, kind: &str, key: &str, value: &str, _: Option<u64>) -> Result<(), BookError> {
        let mut rows = self.book.borrow_mut();
        rows.insert(self.at(kind, key), value.to_owned());
        Ok(())
    }

    fn delete(&self, kind: &str, key: &str) -> Result<(), BookError> {
        self.book.borrow_mut().remove(&self.at(kind, key));
        Ok(())
    }

    fn list(
        &self,
        kind: &str,
        prefix: &str,
        limit: u32,
    ) -> Result<Vec<(String, String)>, BookError> {
        let rows = self.book.borrow();
        let from = rows.range(self.at(kind, prefix)..);
        Ok(from
            .take_while(|((book, is, key), _)| {
                *book == self.name && is == kind && key.starts_with(prefix)
            })
            .take(limit as usize)
            .map(|((.., key), value)| (key.clone(), value.clone()))
            .collect())
    }
}

impl Ledger for Memory {
    async fn append(&self, log: LogName, id: ReceiptId, note: &str) -> Result<(), PortError> {
        self.call("ledger.append", || {
            let name = log_name(log.as_str(), self.now());
            let mut kept = self.0.receipts.borrow_mut();
            // A receipt that comes twice is kept once.
            if !kept
                .iter()
                .any(|(log, known, _)| *log == name && *known == id)
            {
                kept.push((name.clone(), id, note.to_owned()));
            }
            let mut counts = Counts::new();
            for (_, _, note) in kept.iter().filter(|(log, ..)| *log == name) {
                count_receipt(&mut counts, note);
            }
            self.told(&name, counts);
            Ok(())
        })
        .await
    }

    async fn accepted(&self, log: LogName) -> Result<u64, PortError> {
        self.call("ledger.accepted", || {
            let name = log_name(log.as_str(), self.now());
            let kept = self.0.receipts.borrow();
            Ok(kept.iter().filter(|(log, ..)| *log == name).count() as u64)
        })
        .await
    }

    async fn receipts_of(&self, log: LogName, grant: GrantHash) -> Result<Vec<Filed>, PortError> {
        self.call("ledger.receipts-of", || {
            let begin = format!("{}-", log.as_str());
            let kept = self.0.receipts.borrow();
            let found = kept.iter().filter(|(name, _, note)| {
                name.starts_with(&begin) && Receipt::grant_of(note) == Some(grant)
            });
            Ok(found
                .map(|(log, id, note)| Filed {
                    note: note.clone(),
                    log: log.clone(),
                    index: kept
                        .iter()
                        .filter(|(name, ..)| name == log)
                        .take_while(|(_, other, _)| other != id)
                        .count() as u64,
                })
                .collect())
        })
        .await
    }

    async fn receipt(&self, log: LogName, id: ReceiptId) -> Result<Option<Filed>, PortError> {
        self.call("ledger.receipt", || {
            let begin = format!("{}-", log.as_str());
            let kept = self.0.receipts.borrow();
            let found = kept
                .iter()
                .find(|(name, known, _)| name.starts_with(&begin) && *known == id);
            Ok(found.map(|(log, _, note)| {
                let before = kept.iter().take_while(|(.., other)| other != note);
                Filed {
                    note: note.clone(),
                    log: log.clone(),
                    index: before.filter(|(name, ..)| name == log).count() as u64,
                }
            }))
        })
        .await
    }
}
