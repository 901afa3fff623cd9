//! Publishing: signed metadata in, a new head out. What authorises it is the
//! signatures; a token only keeps strangers from making us check them.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    Answer, Desk,
    catalogue::{metadata_at, stored_at},
    http::{Reply, Request},
    problem::Problem,
};
use crate::{
    pages::DropView,
    ports::{PortError, Tip, World},
    trust::{Accepted, DropManifest, Fault, Head, Repository, Submission, SubmitError, peek},
};

/// A submission is at most a few manifests of 5 MB in base64.
const SUBMISSION_LIMIT: usize = 24 * 1024 * 1024;

/// What a second founding is told.
const FOUNDED: &str = "This worker already has a root of trust; submit a new root, signed by the old one's keys too, to /admin/metadata.";

/// How often a publish starts again because another was first.
const TRIES: usize = 16;

impl<W: World> Desk<'_, W> {
    /// `POST /admin/root` `{"root": base64, "targets": base64}`: founds the
    /// marketplace. Only once: later roots are signed by their predecessor.
    pub(super) async fn initialise(&self, request: Request<W::Body>) -> Answer<W> {
        self.operator(&request)?;
        let body = self.json_body(request, SUBMISSION_LIMIT).await?;
        let (root, targets) = (bytes(&body, "root")?, bytes(&body, "targets")?);
        let now = self.world.now();
        let tip = self.world.tip().await.map_err(|fault| self.fault(&fault))?;
        match tip {
            Some(tip) if tip.root == root => {
                return Ok(Reply::json(200, &json!({"changed": false})));
            }
            Some(_) => return Err(conflict(FOUNDED)),
            None => {}
        }
        let accepted = Repository::initialise(root, targets, &self.config.online, now)
            .map_err(|error| self.rejected(&error))?;
        if self.commit(None, &accepted).await? {
            return Ok(Reply::json(201, &json!({"changed": true})));
        }
        Err(conflict(FOUNDED))
    }

    /// `POST /admin/metadata` `{"roles": {"alice": base64, ...}}`: all of the
    /// roles are published, or none.
    pub(super) async fn publish(&self, request: Request<W::Body>) -> Answer<W> {
        self.publisher(&request).await?;
        let origin = request.origin.clone();
        let body = self.json_body(request, SUBMISSION_LIMIT).await?;
        let roles = body.get("roles").and_then(Value::as_object);
        let roles = roles
            .ok_or_else(|| Problem::bad_request("Send {\"roles\": {\"name\": \"base64\"}}."))?;
        let files = roles
            .keys()
            .map(|role| Ok((role.clone(), bytes(&Value::Object(roles.clone()), role)?)))
            .collect::<Result<Vec<_>, Problem>>()?;
        let submission = Submission::new(files).map_err(|error| self.rejected(&error))?;
        for _ in 0..TRIES {
            let (tip, repository) = self.repository().await?;
            let accepted = self.judge(&repository, &submission).await?;
            if accepted.files.is_empty() {
                return Ok(Reply::json(200, &json!({"changed": false})));
            }
            let manifests = self.files_are_there(&accepted).await?;
            // Made first: what is published then has its receipts.
            let receipts = self.publish_receipts(&accepted)?;
            if self.commit(Some(&tip), &accepted).await? {
                let mut reply = Reply::json(200, &json!({"changed": true}));
                self.log_published(receipts, &mut reply);
                for manifest in &manifests {
                    let view = DropView::of(manifest);
                    reply.after.extend(Self::warm_all(&origin, &view));
                }
                return Ok(reply);
            }
        }
        Err(
            conflict("Others keep publishing at the same moment; try again.")
                .with("retry-after", "2"),
        )
    }

    async fn judge(
        &self,
        repository: &Repository,
        submission: &Submission,
    ) -> Result<Accepted, Problem> {
        let mut published = Vec::new();
        for wanted in repository.needs(submission) {
            let file = self
                .metadata_bytes(&wanted.role, wanted.meta.sha256)
                .await?;
            published.push((wanted.role, file));
        }
        repository
            .accept(
                &published,
                submission,
                &self.config.online,
                self.world.now(),
            )
            .map_err(|error| self.rejected(&error))
    }

    /// A manifest becomes visible only when every file it names is stored.
    async fn files_are_there(&self, accepted: &Accepted) -> Result<Vec<DropManifest>, Problem> {
        let mut manifests = Vec::new();
        for file in accepted.files.iter().filter(|file| file.role.contains('.')) {
            let manifest =
                peek::manifest_of(&file.role, &file.bytes).map_err(|error| self.refused(&error))?;
            let Some(manifest) = manifest else { continue };
            for entry in manifest.files.values() {
                let head = self.world.head(&stored_at(entry)).await;
                let head = head.map_err(|fault| self.fault(&fault))?;
                if head.is_none_or(|head| head.size != entry.length) {
                    return Err(Problem::new(
                        422,
                        "file-not-uploaded",
                        "A file of the drop is not uploaded",
                        format!("Upload {} before its manifest.", entry.path),
                    ));
                }
            }
            manifests.push(manifest);
        }
        Ok(manifests)
    }

    async fn repository(&self) -> Result<(Tip, Repository), Problem> {
        let tip = self.world.tip().await.map_err(|fault| self.fault(&fault))?;
        let tip = tip.ok_or_else(Problem::empty_marketplace)?;
        let snapshot = self.snapshot_bytes(&tip).await?;
        let head = Head {
            root: tip.root.clone(),
            timestamp: tip.timestamp.clone(),
            snapshot,
        };
        let repository = Repository::open(head).map_err(|error| self.refused(&error))?;
        Ok((tip, repository))
    }

    /// Stores the files, then moves the tip. Files are kept by content, so a
    /// publish that dies in between leaves nothing that anyone looks at.
    async fn commit(&self, expected: Option<&Tip>, accepted: &Accepted) -> Result<bool, Problem> {
        self.store(expected, accepted)
            .await
            .map_err(|fault| self.fault(&fault))
    }

    async fn store(&self, expected: Option<&Tip>, accepted: &Accepted) -> Result<bool, PortError> {
        let mut names = Vec::new();
        for file in accepted
            .files
            .iter()
            .filter(|file| file.role != "timestamp")
        {
            let key = metadata_at(file.sha256);
            self.world.write(&key, &file.bytes, "").await?;
            names.push((file.file_name(), file.sha256));
        }
        let next = Tip {
            root: accepted.head.root.clone(),
            timestamp: accepted.head.timestamp.clone(),
        };
        let first = self.world.advance(expected, &next, &names).await?;
        self.memo.forget_head();
        Ok(first)
    }

    fn rejected(&self, error: &SubmitError) -> Problem {
        let detail = format!("{error}.");
        match error.fault() {
            Fault::Submission => {
                Problem::new(422, "metadata-refused", "The metadata was refused", detail)
            }
            Fault::Conflict => conflict(&detail),
            Fault::Edge => {
                self.world.log(&format!("publish: {error}"));
                Problem::new(
                    503,
                    "publish-unavailable",
                    "Publishing is not possible now",
                    detail,
                )
                .with("retry-after", "60")
            }
        }
    }
}

/// Signs the timestamp (and now and then the snapshot) again when it is due.
/// Run by a timer; a marketplace without a root needs nothing.
pub async fn keep_fresh<W: World>(desk: &Desk<'_, W>) -> Result<(), Problem> {
    let tip = desk.world.tip().await.map_err(|fault| desk.fault(&fault))?;
    if tip.is_none() {
        return Ok(());
    }
    for _ in 0..TRIES {
        let (tip, repository) = desk.repository().await?;
        let renewed = repository
            .renew(&desk.config.online, desk.world.now())
            .map_err(|error| desk.rejected(&error))?;
        match renewed {
            None => return Ok(()),
            Some(accepted) if desk.commit(Some(&tip), &accepted).await? => return Ok(()),
            Some(_) => {}
        }
    }
    Ok(())
}

fn conflict(detail: &str) -> Problem {
    Problem::new(
        409,
        "version-conflict",
        "Someone published before you",
        detail,
    )
}

/// A base64 member.
fn bytes(body: &Value, name: &str) -> Result<Vec<u8>, Problem> {
    body.get(name)
        .and_then(Value::as_str)
        .and_then(|text| STANDARD.decode(text).ok())
        .ok_or_else(|| {
            Problem::bad_request(format!(
                "The member {name:?} must be base64 of a metadata file."
            ))
        })
}
