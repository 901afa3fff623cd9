//! Receipts of deliveries: one when all of a gated file or archive was handed
//! over, be it in one piece or in several requests.

use super::{
    Desk,
    catalogue::Found,
    chosen::Chosen,
    ending::Ended,
    grant::{KEPT, SMALL},
    http::Reply,
    outbox::append,
    problem::Problem,
};
use crate::{
    delivery::{Span, etag::EntityTag, zip::Archive},
    evidence::{Detail, Kind, Receipt, ReceiptId},
    gate::{Grant, book::NoteHandover, budget::End},
    ports::{LogName, World},
    trust::DropManifest,
};

/// What is being delivered, with what its receipts will say.
pub(super) struct Delivery {
    receipts: Vec<Receipt>,
    incident: Receipt,
    tag: EntityTag,
    /// How many bytes all of it has.
    pub(super) length: u64,
}

impl<W: World> Desk<'_, W> {
    /// The delivery of a file.
    pub(super) fn delivery_of_file(&self, found: &Found) -> Result<Delivery, Problem> {
        let file = &found.file;
        let mut receipt = self.new_receipt(Kind::Deliver)?;
        receipt.drop = Some(file.path.drop.clone());
        receipt.version = Some(found.version);
        receipt.manifest = Some(found.manifest);
        receipt.file = Some(file.path.file.clone());
        receipt.sha256 = Some(file.sha256);
        receipt.bytes = Some(file.length);
        let mut incident = self.cut_short()?;
        incident.drop.clone_from(&receipt.drop);
        incident.file.clone_from(&receipt.file);
        Ok(Delivery {
            receipts: vec![receipt],
            incident,
            tag: EntityTag::of_bytes(&file.sha256),
            length: file.length,
        })
    }

    /// The delivery of an archive. Its receipt names the files in it; their
    /// digests are those of the manifest.
    pub(super) fn delivery_of_archive(
        &self,
        manifest: &DropManifest,
        chosen: &Chosen<'_>,
        archive: &Archive,
    ) -> Result<Delivery, Problem> {
        let is_part = chosen.files.len() < manifest.files.len();
        let names = chosen.files.iter().map(|file| &file.path.file);
        let mut receipts = Vec::new();
        for detail in Detail::archive(is_part.then_some(names)) {
            let mut receipt = self.new_receipt(Kind::Deliver)?;
            receipt.drop = Some(manifest.path.clone());
            receipt.version = Some(manifest.header.version);
            receipt.manifest = Some(manifest.sha256);
            receipt.bytes = Some(archive.length());
            receipt.detail = Some(detail);
            receipt.about = receipts.first().map(|first: &Receipt| first.id);
            receipts.push(receipt);
        }
        let mut incident = self.cut_short()?;
        incident.drop = Some(manifest.path.clone());
        Ok(Delivery {
            receipts,
            incident,
            tag: archive.etag().clone(),
            length: archive.length(),
        })
    }

    fn cut_short(&self) -> Result<Receipt, Problem> {
        let mut incident = self.new_receipt(Kind::Incident)?;
        incident.detail = Detail::parse("chunk-mismatch");
        Ok(incident)
    }

    /// What to do when the body has ended: a receipt once all was handed over
    /// under a grant (the reply says where it will be), an incident if the
    /// store's bytes were found to be wrong on the way.
    pub(super) fn receipt_when_delivered(
        &self,
        mut delivery: Delivery,
        grant: Option<&Grant>,
        wanted: Span,
        reply: &mut Reply<W::Body>,
    ) -> impl FnOnce(Ended) + 'static + use<W> {
        let is_whole = wanted == Span::whole(delivery.length);
        let mut note = None;
        if let Some(grant) = grant {
            let hash = self.grant_hash(grant);
            for receipt in &mut delivery.receipts {
                receipt.grant = Some(hash);
            }
            // A part that reaches the end may be the last of it.
            if wanted.end() == delivery.length {
                let ids = delivery.receipts.iter().map(|receipt| receipt.id);
                let places = ids.map(|id| format!("/receipts/{id}"));
                let places: Vec<String> = places.collect();
                reply.set("Receipt-Location", places.join(", "));
            }
            let claims = &grant.claims;
            // A player's or archiver's look into a file is no delivery of it.
            let looks = wanted.length() <= SMALL && wanted.end() < delivery.length;
            note = delivery.receipts.first().map(|receipt| NoteHandover {
                grant: hash,
                file: (delivery.tag.to_string(), delivery.length),
                range: wanted.start()..wanted.end(),
                end: End::Whole,
                receipt: receipt.id.to_string(),
                until: claims.exp.saturating_add(claims.grace).saturating_add(KEPT),
            });
            note = note.filter(|_| !looks);
        } else {
            delivery.receipts.clear();
        }
        let world = self.world.clone();
        let notary = self.config.notary.clone();
        move |ended| {
            let (log, receipts) = match ended {
                Ended::Wrong => {
                    world.log(
                        "incident: a body was cut short: stored bytes are not the signed ones",
                    );
                    (LogName::Publish, vec![delivery.incident])
                }
                Ended::Whole if is_whole => (LogName::Deliveries, delivery.receipts),
                Ended::Whole | Ended::Left => {
                    let Some(mut note) = note else { return };
                    if ended == Ended::Left {
                        note.end = End::Left;
                    }
                    let (writer, receipts) = (world.clone(), delivery.receipts);
                    return world.later(async move {
                        for receipt in completed(&writer, &note, receipts).await {
                            append(&writer, &notary, LogName::Deliveries, &receipt).await;
                        }
                    });
                }
            };
            let writer = world.clone();
            world.later(async move {
                for mut receipt in receipts {
                    receipt.time = writer.now();
                    append(&writer, &notary, log, &receipt).await;
                }
            });
        }
    }
}

/// The receipts to file if this part was the last of it.
async fn completed<W: World>(
    world: &W,
    note: &NoteHandover,
    mut receipts: Vec<Receipt>,
) -> Vec<Receipt> {
    let named = match world.ask(note).await {
        Ok(Some(named)) => named,
        Ok(None) => return Vec::new(),
        Err(fault) => {
            world.log(&format!("fault: {fault}"));
            return Vec::new();
        }
    };
    for receipt in &mut receipts {
        receipt.time = world.now();
        receipt.detail = Some(Detail::resumed(receipt.detail.as_ref()));
    }
    if let Some(id) = ReceiptId::parse(&named) {
        for receipt in receipts.iter_mut().skip(1) {
            receipt.about = Some(id);
        }
        if let Some(first) = receipts.first_mut() {
            first.id = id;
        }
    }
    receipts
}
