//! A whole drop at once: its ZIP, which is never stored, and its Metalink.

use super::{
    Answer, Desk,
    catalogue::{entry_of, stored_at},
    chosen::impossible,
    grant::Take,
    handing::Handing,
    http::Request,
    problem::Problem,
    respond::{Next, from_bytes, plan_reply},
};
use crate::{
    delivery::{
        Span,
        etag::EntityTag,
        metalink::{self, File},
        response::{Access, Representation},
        zip::{Archive, Member, Segment},
    },
    ports::{Part, World},
    trust::{DropManifest, DropPath, FileEntry, Sha256},
};

/// The date of a file whose manifest gives none: the first a ZIP can express.
pub(super) const UNDATED: u64 = 315_532_800;

impl<W: World> Desk<'_, W> {
    /// `GET /get/{creator}/{drop}.zip`: all files, or the chosen ones, as an archive.
    pub(super) async fn archive(&self, request: &Request<W::Body>, drop: &DropPath) -> Answer<W> {
        let manifest = self.manifest(drop).await?;
        let chosen = self.choose(request, &manifest)?;
        let allowed = self.decide_chosen(request, &chosen).await?;
        let members = chosen.files.iter().map(|file| member(&manifest, file));
        let archive = Archive::new(members.collect()).map_err(|error| impossible(&error))?;
        let name = format!("{}.zip", chosen.name);
        let representation = Representation {
            length: archive.length(),
            etag: archive.etag().clone(),
            modified: manifest.facts.published,
            // Nobody has read it whole; its files have their digests in the manifest.
            sha256: None,
            media_type: "application/zip",
            file_name: &name,
            save: true,
            access: chosen.access(),
            vary: "",
        };
        let planned = plan_reply(request, &representation, self.world.now());
        let archive_name = format!("{}/{name}", drop.creator);
        let take = Take {
            name: archive_name.clone(),
            length: archive.length(),
            span: match &planned {
                Ok(Next::Send(_, wanted)) => Some(*wanted),
                _ => None,
            },
        };
        let mut pass = self.enforce(request, allowed, take).await?;
        let fields = std::mem::take(&mut pass.headers);
        let (reply, wanted) = match planned? {
            Next::Done(reply) => return Ok(reply.with_all(fields)),
            Next::Send(reply, wanted) => (reply.with_all(fields), wanted),
        };
        let handing = Handing {
            drop,
            file: None,
            name: &archive_name,
            wanted,
            parts: parts(&archive, &chosen.files, wanted)?,
            delivery: self.delivery_of_archive(&manifest, &chosen, &archive)?,
        };
        self.send_body(request, pass, handing, reply).await
    }

    /// `GET /get/{creator}/{drop}.meta4`: what a download manager needs. It
    /// tells nothing that the public manifest does not, so it wants no grant; one
    /// in the query is handed on to its links, or they would be of no use.
    pub(super) async fn metalink(&self, request: &Request<W::Body>, drop: &DropPath) -> Answer<W> {
        let manifest = self.manifest(drop).await?;
        let chosen = self.choose(request, &manifest)?;
        let token = request.query("grant").filter(|token| is_token(token));
        let mut described = Vec::new();
        for file in &chosen.files {
            let mut url = format!("{}/get/{}", request.origin, file.path);
            if let Some(token) = &token {
                url = format!("{url}?grant={token}");
            }
            described.push((file, entry_of(file)?, [url]));
        }
        let files: Vec<File<'_>> = described
            .iter()
            .map(|(file, entry, urls)| File {
                name: file.path.file.as_str(),
                description: None,
                sha256: file.sha256,
                chunks: &entry.chunks,
                urls,
            })
            .collect();
        let published = manifest.facts.published.unwrap_or(UNDATED);
        let document = metalink::document(&files, published);
        let sha256 = Sha256::of(document.as_bytes());
        let name = format!("{}.meta4", chosen.name);
        let representation = Representation {
            length: document.len() as u64,
            etag: EntityTag::of_bytes(&sha256),
            modified: None,
            sha256: Some(sha256),
            media_type: metalink::MEDIA_TYPE,
            file_name: &name,
            save: true,
            access: match token {
                None => Access::Public,
                Some(_) => Access::Private,
            },
            vary: "",
        };
        from_bytes(
            request,
            &representation,
            document.as_bytes(),
            self.world.now(),
        )
    }
}

/// Base64url and dots, as a grant has them: nothing that would change a URL.
pub(super) fn is_token(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// The files lie in a folder of the drop's name, as people expect of an archive.
fn member(manifest: &DropManifest, file: &FileEntry) -> Member {
    Member {
        name: format!("{}/{}", manifest.path.drop, file.path.file),
        length: file.length,
        crc32: file.crc32,
        sha256: file.sha256,
        modified: file.mtime.unwrap_or(UNDATED),
    }
}

fn parts(archive: &Archive, files: &[&FileEntry], wanted: Span) -> Result<Vec<Part>, Problem> {
    let mut parts = Vec::new();
    for segment in archive.segments(wanted) {
        parts.push(match segment {
            Segment::Literal(bytes) => Part::Bytes(bytes),
            Segment::File { member, span } => {
                let lost = || Problem::corrupt("The archive's layout does not fit its files.");
                let file = files.get(member).ok_or_else(lost)?;
                Part::File {
                    key: stored_at(file),
                    entry: entry_of(file)?,
                    span,
                }
            }
        });
    }
    Ok(parts)
}
