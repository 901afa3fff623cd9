//! `GET /log/{name}/...`: the logs as C2SP tlog-tiles serves them, and proofs
//! that an entry is in one.

use super::{
    Answer, Desk,
    http::{Reply, Request},
    problem::Problem,
    respond::from_bytes,
};
use crate::{
    delivery::{
        etag::EntityTag,
        response::{Access, Representation},
    },
    evidence::{
        Checkpoint, EvidenceError, LogProof, Policy, origin,
        sequencer::CHECKPOINT,
        tile::{Resource, TileSet, tiles_for_inclusion},
    },
    ports::{LogName, World},
    trust::Sha256,
};

/// A full tile is 8 KiB; a full bundle of entries may be larger.
const TILE_LIMIT: u64 = 16 * 1024 * 1024;

/// What a log's URL asks for.
enum Wanted {
    File(Resource),
    Proof(u64),
}

impl<W: World> Desk<'_, W> {
    /// `GET /log/vkey`: the key that signs receipts, and under each log's origin
    /// as its name the log's checkpoints.
    pub(super) fn vkey(&self) -> Reply<W::Body> {
        let vkey = self.config.notary.verifier();
        Reply::bytes(200, "text/plain; charset=utf-8", format!("{vkey}\n"))
            .with("Cache-Control", "public, max-age=3600")
    }

    /// A checkpoint, a tile, a bundle of entries, or a proof.
    pub(super) async fn log(
        &self,
        request: &Request<W::Body>,
        name: &str,
        rest: &str,
    ) -> Answer<W> {
        // `publish-2026h2`: a kind and a half-year.
        let kind = name
            .split_once('-')
            .and_then(|(kind, _)| LogName::parse(kind));
        let kind = kind.ok_or_else(nothing)?;
        match parse(rest).ok_or_else(nothing)? {
            Wanted::File(resource) => self.log_file(request, (kind, name), rest, resource).await,
            Wanted::Proof(index) => self.proof(request, name, index).await,
        }
    }

    async fn log_file(
        &self,
        request: &Request<W::Body>,
        (kind, name): (LogName, &str),
        rest: &str,
        resource: Resource,
    ) -> Answer<W> {
        // Who knows a receipt's id may read it, and the bundles hold all ids.
        let gated = kind == LogName::Deliveries && matches!(resource, Resource::Bundle(_));
        if gated {
            self.operator(request)?;
        }
        let bytes = self.log_bytes(name, rest).await?.ok_or_else(nothing)?;
        let is_checkpoint = resource == Resource::Checkpoint;
        let media_type = if is_checkpoint {
            "text/plain; charset=utf-8"
        } else {
            "application/octet-stream"
        };
        let caching = match (is_checkpoint, gated) {
            (_, true) => "private, no-store",
            (true, _) => "no-cache",
            (false, _) => "public, max-age=31536000, immutable",
        };
        let file_name = rest.rsplit('/').next().unwrap_or(rest);
        self.evidence_file(request, &bytes, media_type, file_name, caching)
    }

    /// `GET /log/{name}/proof/{index}`: a C2SP tlog-proof, checked before it is
    /// given away, because tiles come from a store that is trusted for nothing.
    async fn proof(&self, request: &Request<W::Body>, name: &str, index: u64) -> Answer<W> {
        let note = self
            .log_bytes(name, CHECKPOINT)
            .await?
            .ok_or_else(nothing)?;
        let broken = |error: EvidenceError| self.broken_log(&error);
        let checkpoint = self.open_checkpoint(name, &note).map_err(broken)?;
        let size = checkpoint.size();
        let tiles = tiles_for_inclusion(index, size).map_err(|_| not_yet(index, size))?;
        let mut set = TileSet::new(size);
        for tile in tiles {
            let path = tile.to_string();
            let bytes = self.log_bytes(name, &path).await?;
            let bytes = bytes.ok_or_else(|| broken(EvidenceError::MissingFile(path)))?;
            set.insert(tile, &bytes).map_err(broken)?;
        }
        let (_, path) = set
            .prove_inclusion(index, checkpoint.root())
            .map_err(broken)?;
        let proof = LogProof {
            extra: None,
            index,
            path,
            checkpoint: String::from_utf8_lossy(&note).into_owned(),
        };
        let text = proof.to_string();
        let plain = "text/plain; charset=utf-8";
        self.evidence_file(request, text.as_bytes(), plain, "proof.tlog", "no-cache")
    }

    fn open_checkpoint(&self, name: &str, note: &[u8]) -> Result<Checkpoint, EvidenceError> {
        let origin = origin(&self.config.gate.audience, name);
        let log = self.config.notary.verifier().renamed(&origin)?;
        let policy = Policy {
            origin: &origin,
            log: &log,
            witnesses: &[],
            quorum: 0,
        };
        policy.open(note)
    }

    async fn log_bytes(&self, name: &str, path: &str) -> Result<Option<Vec<u8>>, Problem> {
        let key = format!("log/{name}/{path}");
        let read = self.world.read(&key, TILE_LIMIT).await;
        let read = read.map_err(|fault| self.fault(&fault))?;
        Ok(read.map(|sealed| sealed.bytes))
    }

    fn broken_log(&self, error: &EvidenceError) -> Problem {
        self.world.log(&format!("log: {error}"));
        Problem::corrupt(format!("The log cannot prove this: {error}."))
    }

    /// Evidence as a reply, with conditions and ranges.
    pub(super) fn evidence_file(
        &self,
        request: &Request<W::Body>,
        bytes: &[u8],
        media_type: &str,
        file_name: &str,
        caching: &str,
    ) -> Answer<W> {
        let sha256 = Sha256::of(bytes);
        let representation = Representation {
            length: bytes.len() as u64,
            etag: EntityTag::of_bytes(&sha256),
            modified: None,
            sha256: Some(sha256),
            media_type,
            file_name,
            save: false,
            access: Access::Public,
            vary: "",
        };
        let mut reply = from_bytes(request, &representation, bytes, self.world.now())?;
        reply.set("Cache-Control", caching);
        Ok(reply)
    }
}

fn parse(rest: &str) -> Option<Wanted> {
    match rest.strip_prefix("proof/") {
        Some(index) => {
            let number: u64 = index.parse().ok()?;
            // One spelling: no sign, no leading zero.
            (number.to_string() == index).then_some(Wanted::Proof(number))
        }
        None => Resource::parse(rest).map(Wanted::File),
    }
}

fn nothing() -> Problem {
    Problem::not_found(
        "A log has checkpoint, tile/L/N and tile/entries/N (C2SP tlog-tiles), and proof/INDEX.",
    )
}

fn not_yet(index: u64, size: u64) -> Problem {
    Problem::not_found(format!(
        "The log has {size} entries and no entry {index}. A receipt enters it a moment after what it attests."
    ))
    .with("retry-after", "2")
}
