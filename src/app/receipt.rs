//! Receipts: signed at the moment a thing is done, appended to a log. A request
//! never waits for the log, and never fails because of it.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use hmac_sha256::HMAC;

use super::{
    Answer, Desk,
    config::EDGE_ISSUER,
    http::{Reply, Request},
    outbox::append,
    problem::Problem,
};
use crate::{
    evidence::{Detail, GrantHash, Kind, Receipt, ReceiptId, Signer},
    gate::{Grant, GrantId, book::SaltOf},
    ports::{Filed, LogName, PortError, World},
    trust::{Accepted, DropPath, Sha256, TargetPath, peek},
};

/// Signs receipts; shared with work that outlives the reply.
pub type Notary = Rc<Signer>;

impl<W: World> Desk<'_, W> {
    pub(super) fn new_receipt(&self, kind: Kind) -> Result<Receipt, Problem> {
        let random = self.world.entropy().map_err(|fault| self.fault(&fault))?;
        Ok(Receipt::new(
            kind,
            ReceiptId::from_random(random),
            self.world.now(),
        ))
    }

    /// Signs a receipt and appends it after the reply.
    pub(super) fn log_later(&self, log: LogName, receipt: Receipt) {
        let world = self.world.clone();
        let notary = self.config.notary.clone();
        self.world
            .later(async move { append(&world, &notary, log, &receipt).await });
    }

    /// The grant of that `jti` that this edge has made.
    pub(super) fn own_grant_hash(&self, jti: &str) -> GrantHash {
        let id = GrantId::named(EDGE_ISSUER, jti);
        GrantHash(self.config.salt.grant(&id).0)
    }

    /// A receipt that a grant (or all of a drop's codes) was given, stopped or
    /// taken back; the reply says where it will be.
    pub(super) fn receipt_of_change(
        &self,
        kind: Kind,
        grant: impl Into<Option<GrantHash>>,
        drop: Option<DropPath>,
        detail: &str,
        reply: &mut Reply<W::Body>,
    ) -> Result<(), Problem> {
        let mut receipt = self.new_receipt(kind)?;
        receipt.grant = grant.into();
        receipt.drop = drop;
        receipt.detail = Detail::parse(detail);
        reply.set("Receipt-Location", format!("/receipts/{}", receipt.id));
        self.log_later(LogName::Deliveries, receipt);
        Ok(())
    }

    /// The grant as the books name it; receipts name it by its own salt, see
    /// [`holder_hash`].
    pub(super) fn grant_hash(&self, grant: &Grant) -> GrantHash {
        GrantHash(self.config.salt.grant(&grant.id).0)
    }

    /// One receipt for each drop that is about to be published.
    pub(super) fn publish_receipts(&self, accepted: &Accepted) -> Result<Vec<Receipt>, Problem> {
        let mut receipts = Vec::new();
        for file in accepted.files.iter().filter(|file| file.role.contains('.')) {
            if let Ok(Some(manifest)) = peek::manifest_of(&file.role, &file.bytes) {
                let mut receipt = self.new_receipt(Kind::Publish)?;
                receipt.drop = Some(manifest.path);
                receipt.version = Some(manifest.header.version);
                receipt.manifest = Some(manifest.sha256);
                receipts.push(receipt);
            }
        }
        Ok(receipts)
    }

    /// Logs what was published; the reply says where the receipts will be.
    pub(super) fn log_published(&self, receipts: Vec<Receipt>, reply: &mut Reply<W::Body>) {
        let places: Vec<_> = receipts
            .iter()
            .map(|receipt| format!("/receipts/{}", receipt.id))
            .collect();
        if !places.is_empty() {
            reply.set("Receipt-Location", places.join(", "));
        }
        for receipt in receipts {
            self.log_later(LogName::Publish, receipt);
        }
    }

    /// Notes that stored bytes did not fit their signature.
    pub(super) fn incident(
        &self,
        drop: Option<&DropPath>,
        path: Option<&TargetPath>,
        reason: &str,
    ) {
        let Ok(mut receipt) = self.new_receipt(Kind::Incident) else {
            return;
        };
        receipt.drop = drop.cloned();
        receipt.file = path.map(|path| path.file.clone());
        receipt.detail = Detail::parse(reason);
        self.log_later(LogName::Publish, receipt);
    }

    /// `GET /receipts/{id}`: who knows an id may read the receipt.
    pub(super) async fn receipt(&self, request: &Request<W::Body>, id: &str) -> Answer<W> {
        let unknown = || {
            Problem::not_found(
                "There is no receipt with this id. One appears a moment after what it attests.",
            )
        };
        let parsed = ReceiptId::parse(id).ok_or_else(unknown)?;
        for log in [LogName::Deliveries, LogName::Publish] {
            let found = self.world.receipt(log, parsed).await;
            if let Some(filed) = found.map_err(|fault| self.fault(&fault))? {
                return self.filed(request, &filed);
            }
        }
        Err(unknown())
    }

    /// A signed note as a reply, with the place of its proof.
    fn filed(&self, request: &Request<W::Body>, filed: &Filed) -> Answer<W> {
        let (note, plain) = (filed.note.as_bytes(), "text/plain; charset=utf-8");
        let mut reply =
            self.evidence_file(request, note, plain, "receipt.txt", "private, no-cache")?;
        let proof = format!("</log/{}/proof/{}>", filed.log, filed.index);
        reply.set(
            "Link",
            format!("{proof}; rel=\"describedby\"; type=\"text/plain\""),
        );
        Ok(reply)
    }
}

/// Salts that an isolate remembers, so that a grant's second receipt asks for
/// nothing.
const MOST_SALTS: usize = 256;

thread_local! {
    static SALTS: RefCell<BTreeMap<GrantHash, Sha256>> = RefCell::default();
}

/// The isolate forgets a grant's salt.
pub(super) fn forget_salt(grant: GrantHash) {
    SALTS.with_borrow_mut(|salts| salts.remove(&grant));
}

pub(super) async fn salted<W: World>(world: &W, grant: GrantHash) -> Result<GrantHash, PortError> {
    let known = SALTS.with_borrow(|salts| salts.get(&grant).copied());
    if let Some(salt) = known {
        return Ok(holder_hash(salt, grant));
    }
    let fresh = Some(Sha256(world.entropy()?));
    let salt = world.ask(&SaltOf { grant, fresh }).await?;
    let salt = salt.ok_or_else(|| PortError::new("gate", "it gave no salt"))?;
    SALTS.with_borrow_mut(|salts| {
        if salts.len() >= MOST_SALTS {
            salts.clear();
        }
        salts.insert(grant, salt)
    });
    Ok(holder_hash(salt, grant))
}

/// A grant as receipts name it: without the salt, which its holder may have
/// destroyed, nobody can tell that it is this grant.
pub(super) fn holder_hash(salt: Sha256, grant: GrantHash) -> GrantHash {
    GrantHash(Sha256(HMAC::mac(grant.0.0, salt.0)))
}
