//! A body on its way out, a file's or an archive's: counted, charged, receipted.

use super::{
    Answer, Desk,
    delivered::Delivery,
    ending::{Begun, watched},
    grant::Pass,
    http::{Body, Reply, Request},
    measure,
};
use crate::{
    delivery::Span,
    ports::{Part, Tell, World},
    trust::{DropPath, TargetPath},
};

/// What is handed over.
pub(super) struct Handing<'a> {
    /// The drop it is of.
    pub drop: &'a DropPath,
    /// The file, unless it is an archive.
    pub file: Option<&'a TargetPath>,
    /// What a download of it is told apart by.
    pub name: &'a str,
    /// Which bytes of it.
    pub wanted: Span,
    /// What they are made of.
    pub parts: Vec<Part>,
    /// What its receipts say.
    pub delivery: Delivery,
}

impl<W: World> Desk<'_, W> {
    /// Gives the reply its body. However that ends, the books, the numbers and the
    /// log hear of it; where none of them needs to, nobody looks on.
    pub(super) async fn send_body(
        &self,
        request: &Request<W::Body>,
        mut pass: Pass,
        handing: Handing<'_>,
        mut reply: Reply<W::Body>,
    ) -> Answer<W> {
        let Handing {
            drop,
            file,
            name,
            wanted,
            parts,
            delivery,
        } = handing;
        let named = (&drop.creator, name);
        let session = self.download_begins(request, named, wanted, delivery.length);
        let tell = match (&session, &pass.grant) {
            (None, None) => Tell::Wrong,
            _ => Tell::Always,
        };
        let settle = pass.settle(self.world);
        let receipt =
            self.receipt_when_delivered(delivery, pass.grant.as_ref(), wanted, &mut reply);
        let begun = Begun::default();
        let done = watched(&begun, move |ended| {
            settle(ended);
            if let Some(session) = session {
                session(ended);
            }
            receipt(ended);
        });
        let sent = self.world.send(parts, self.config.verify, tell, done);
        let sent = self.timed(measure::Span::Fetch, sent).await;
        let sent = sent.map_err(|error| self.unsent(drop, file, &error))?;
        begun.now();
        reply.body = Body::Stream(sent.body);
        Ok(reply.with("Server-Timing", format!("verify;desc=\"{}\"", sent.mode)))
    }
}
