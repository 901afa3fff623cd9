//! The books: what the Durable Objects keep in tables, in maps; and the caches.

use std::{cell::RefCell, collections::BTreeMap};

use super::Memory;
use crate::{
    evidence::{ReceiptId, log_name},
    gate::{
        AddressHash, DeviceHash,
        code::{
            Bucket, CodeHash, CodeRow, CodeState,
            book::{CampaignDraft, CampaignRecord, RedeemAnswer, RedeemRequest, Rows, redeem_in},
        },
    },
    ports::{
        GateBook, Hot, Ledger, LogName, Nearby, PortError, Sealed, Surroundings, Tip, TrustBook,
    },
    trust::Sha256,
};

/// The caches: values by key, the near ones with the second they are good until.
#[derive(Default)]
pub(super) struct Caches {
    hot: RefCell<BTreeMap<String, Sealed>>,
    nearby: RefCell<BTreeMap<String, (Sealed, u64)>>,
}

#[derive(Default)]
pub(super) struct Signed {
    tip: Option<Tip>,
    files: BTreeMap<String, Sha256>,
}

/// The log's name, the receipt's id and its text, in order of arrival.
pub(super) type Receipts = Vec<(String, ReceiptId, String)>;

#[derive(Default)]
pub(super) struct Book {
    campaigns: RefCell<BTreeMap<String, CampaignRecord>>,
    codes: RefCell<BTreeMap<Sha256, CodeRow>>,
    failures: RefCell<BTreeMap<AddressHash, Bucket>>,
}

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
        self.0.caches.hot.borrow_mut().values_mut().for_each(&spoil);
        for (value, _) in self.0.caches.nearby.borrow_mut().values_mut() {
            spoil(value);
        }
    }

    /// The data centre forgets everything.
    pub fn forget_nearby(&self) {
        self.0.caches.nearby.borrow_mut().clear();
    }
}

impl Hot for Memory {
    async fn hot_get(&self, key: &str) -> Result<Option<Sealed>, PortError> {
        self.call("hot.get", || {
            Ok(self.0.caches.hot.borrow().get(key).cloned())
        })
        .await
    }

    async fn hot_put(&self, key: &str, value: &Sealed) -> Result<(), PortError> {
        self.call("hot.put", || {
            let mut hot = self.0.caches.hot.borrow_mut();
            hot.insert(key.to_owned(), value.clone());
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
    async fn add_campaign(&self, campaign: &CampaignDraft) -> Result<(), PortError> {
        self.call("gate.add_campaign", || self.0.book.add(campaign))
            .await
    }

    async fn redeem(&self, request: &RedeemRequest) -> Result<RedeemAnswer, PortError> {
        self.call("gate.redeem", || {
            redeem_in(&self.0.book, request, self.now())
        })
        .await
    }
}

impl Book {
    fn add(&self, draft: &CampaignDraft) -> Result<(), PortError> {
        let id = &draft.record.rules.id;
        let mut campaigns = self.campaigns.borrow_mut();
        if campaigns.contains_key(id) {
            return Err(PortError::new("gate", "the campaign exists"));
        }
        campaigns.insert(id.clone(), draft.record.clone());
        let row = CodeRow::issued(id);
        draft
            .codes
            .iter()
            .try_for_each(|hash| self.put_code(*hash, &row))
    }
}

impl Rows for Book {
    type Error = PortError;

    fn code(&self, hash: CodeHash) -> Result<Option<CodeRow>, PortError> {
        Ok(self.codes.borrow().get(&hash.0).cloned())
    }

    fn put_code(&self, hash: CodeHash, row: &CodeRow) -> Result<(), PortError> {
        self.codes.borrow_mut().insert(hash.0, row.clone());
        Ok(())
    }

    fn campaign(&self, id: &str) -> Result<Option<CampaignRecord>, PortError> {
        Ok(self.campaigns.borrow().get(id).cloned())
    }

    fn redeemed_by(&self, campaign: &str, device: DeviceHash) -> Result<u64, PortError> {
        let is_theirs = |row: &&CodeRow| {
            let by = match &row.state {
                CodeState::Redeemed { by, .. } => Some(by.device),
                _ => None,
            };
            row.campaign == campaign && by == Some(device)
        };
        Ok(self.codes.borrow().values().filter(is_theirs).count() as u64)
    }

    fn failures(&self, address: AddressHash) -> Result<Bucket, PortError> {
        let kept = self.failures.borrow();
        Ok(kept.get(&address).copied().unwrap_or_default())
    }

    fn put_failures(&self, address: AddressHash, bucket: Bucket) -> Result<(), PortError> {
        self.failures.borrow_mut().insert(address, bucket);
        Ok(())
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
                kept.push((name, id, note.to_owned()));
            }
            Ok(())
        })
        .await
    }

    async fn receipt(&self, log: LogName, id: ReceiptId) -> Result<Option<String>, PortError> {
        self.call("ledger.receipt", || {
            let begin = format!("{}-", log.as_str());
            let kept = self.0.receipts.borrow();
            let found = kept
                .iter()
                .find(|(name, known, _)| name.starts_with(&begin) && *known == id);
            Ok(found.map(|(.., note)| note.clone()))
        })
        .await
    }
}
