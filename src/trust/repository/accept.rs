//! Accepting a submission.

use std::collections::BTreeMap;

use super::{Accepted, Head, MetadataFile, Repository, Submission, SubmitError};
use super::{read_role, shape, sign};
use crate::trust::error::RoleMeta;
use crate::trust::key::Signer;
use crate::trust::metadata::{Delegations, Envelope, Root, Targets};
use crate::trust::trusted_set::{keeps_online_keys, next_root};
use crate::trust::verify::Signers;
use crate::trust::{Sha256, TrustError};

/// One submission being judged.
struct Judge<'a> {
    repository: &'a Repository,
    published: &'a [(String, Vec<u8>)],
    submission: &'a Submission,
    now: u64,
    changed: Vec<MetadataFile>,
}

impl Repository {
    /// Judges a submission and signs what comes of it. `published` holds the
    /// files [`Self::needs`] named, as they were read from the store.
    ///
    /// A new version must be the published one plus exactly one: a lower one
    /// would roll back, an equal one would be two files of one name, and a jump
    /// to a huge version with a stolen key would lock the creator out for good.
    /// A file that is published already changes nothing and is no error.
    pub fn accept(
        &self,
        published: &[(String, Vec<u8>)],
        submission: &Submission,
        online: &dyn Signer,
        now: u64,
    ) -> Result<Accepted, SubmitError> {
        let mut judge = Judge {
            repository: self,
            published,
            submission,
            now,
            changed: Vec::new(),
        };
        let root = judge.root()?;
        sign::check_online_key(&root, online)?;
        let targets = judge.targets(&root)?;
        judge.creators_and_drops(&targets)?;
        let Judge { mut changed, .. } = judge;
        if changed.is_empty() {
            let head = self.head.clone();
            return Ok(Accepted {
                head,
                files: Vec::new(),
            });
        }
        let roles = self.next_roles(&root, &targets, &changed);
        let new_root = changed.iter().find(|file| file.role == "root");
        let root_bytes = new_root.map_or_else(|| self.head.root.clone(), |file| file.bytes.clone());
        let versions = (self.timestamp.header.version, self.snapshot.header.version);
        let (head, signed) = Head::sign(root_bytes, versions, &roles, online, now)?;
        changed.extend(signed);
        Ok(Accepted {
            head,
            files: changed,
        })
    }

    /// The snapshot's roles after the submission. A role that is no longer
    /// delegated to stays listed: clients refuse a snapshot that forgets one
    /// (TUF 1.0.34, 5.5.5), and its version must not start again at 1. Only when
    /// the online keys change do clients forget too, and the list is tidied.
    fn next_roles(
        &self,
        root: &Root,
        targets: &Targets,
        changed: &[MetadataFile],
    ) -> BTreeMap<String, RoleMeta> {
        let mut roles = self.snapshot.roles.clone();
        if !keeps_online_keys(&self.root, root) {
            roles.retain(|role, _| {
                let creator = role.split('.').next().unwrap_or_default();
                role == "targets" || targets.delegations.get(creator).is_some()
            });
        }
        for file in changed.iter().filter(|file| file.role != "root") {
            roles.insert(file.role.clone(), file.meta());
        }
        roles
    }
}

impl Judge<'_> {
    /// The root after the submission.
    fn root(&mut self) -> Result<Root, SubmitError> {
        let trusted = &self.repository.root;
        let new = match self.submission.get("root") {
            Some(bytes) if bytes != self.repository.head.root => bytes,
            _ => return Ok(trusted.clone()),
        };
        let root = next_root(trusted, new).map_err(|error| match error {
            TrustError::Rollback {
                trusted, offered, ..
            } => version_error("root", trusted, offered),
            TrustError::WrongVersion { offered, .. } => {
                version_error("root", trusted.header.version, offered)
            }
            other => SubmitError::Trust(other),
        })?;
        root.header.check_expiry("root", self.now)?;
        let file = MetadataFile::new("root", root.header.version, new.to_vec());
        self.changed.push(file);
        Ok(root)
    }

    /// The top-level targets after the submission.
    fn targets(&mut self, root: &Root) -> Result<Targets, SubmitError> {
        let before = self.published_delegations("targets")?;
        let after = self.role_after("targets", &root.targets)?;
        shape::check_targets(&after)?;
        self.check_orphans(&before, &after)?;
        Ok(after)
    }

    /// Every creator the submission touches, and the drops it holds.
    fn creators_and_drops(&mut self, targets: &Targets) -> Result<(), SubmitError> {
        let submission = self.submission;
        for creator in submission.creators() {
            let delegated = delegation(targets, creator, "targets")?;
            let before = self.published_delegations(creator)?;
            let after = self.role_after(creator, delegated)?;
            shape::check_creator(creator, &after)?;
            self.check_orphans(&before, &after)?;
            for (role, drop) in submission.drops() {
                if drop.creator.as_str() == creator {
                    let delegated = delegation(&after, role, creator)?;
                    let manifest = self.role_after(role, delegated)?;
                    shape::check_drop(role, &manifest)?;
                }
            }
        }
        Ok(())
    }

    /// A targets role as it will be: the submitted file, or else the published
    /// one, either way verified against its delegator after the submission.
    fn role_after(&mut self, role: &str, signers: &Signers) -> Result<Targets, SubmitError> {
        let listed = self.repository.snapshot.roles.get(role);
        let version = listed.map_or(0, |meta| meta.version);
        let Some(bytes) = self.submission.get(role) else {
            let bytes = self.published_file(role)?;
            let targets =
                read_role(role, bytes, signers, version).map_err(|error| match error {
                    TrustError::BadSignature { .. } => SubmitError::Orphaned {
                        role: role.to_owned(),
                    },
                    other => SubmitError::Published(other),
                })?;
            targets.header.check_expiry(role, self.now)?;
            return Ok(targets);
        };
        let targets = read_role(role, bytes, signers, version)?;
        targets.header.check_expiry(role, self.now)?;
        if listed.and_then(|meta| meta.sha256) == Some(Sha256::of(bytes)) {
            return Ok(targets);
        }
        if Some(targets.header.version) != version.checked_add(1) {
            return Err(version_error(role, version, targets.header.version));
        }
        let file = MetadataFile::new(role, targets.header.version, bytes.to_vec());
        self.changed.push(file);
        Ok(targets)
    }

    /// Refuses to leave behind a published role that only keys sign which its
    /// delegator no longer accepts: clients would fail on it.
    fn check_orphans(&self, before: &Delegations, after: &Targets) -> Result<(), SubmitError> {
        for delegated in &after.delegations.roles {
            let role = &delegated.name;
            let is_published = self.repository.snapshot.roles.contains_key(role);
            let is_kept = before
                .get(role)
                .is_some_and(|before| delegated.signers.accepts_all_of(&before.signers));
            if is_published && !is_kept && self.submission.get(role).is_none() {
                return Err(SubmitError::Orphaned { role: role.clone() });
            }
        }
        Ok(())
    }

    /// The delegations of a role as it is published; none when it never was.
    fn published_delegations(&self, role: &str) -> Result<Delegations, SubmitError> {
        if !self.repository.snapshot.roles.contains_key(role) {
            return Ok(Delegations::default());
        }
        let bytes = self.published_file(role)?;
        let targets = Envelope::parse(role, bytes)
            .and_then(|envelope| Targets::read(role, &envelope, Sha256::of(bytes)));
        Ok(targets.map_err(SubmitError::Published)?.delegations)
    }

    /// A published file the caller handed over, if it is the listed one.
    fn published_file(&self, role: &str) -> Result<&[u8], SubmitError> {
        let missing = || SubmitError::NotHandedOver {
            role: role.to_owned(),
        };
        let listed = self.repository.snapshot.roles.get(role);
        let listed = listed.ok_or_else(missing)?;
        let handed = self.published.iter().find(|(name, _)| name == role);
        let (_, bytes) = handed.ok_or_else(missing)?;
        listed
            .check_bytes(role, bytes)
            .map_err(SubmitError::Published)?;
        Ok(bytes)
    }
}

fn delegation<'a>(
    targets: &'a Targets,
    role: &str,
    delegator: &str,
) -> Result<&'a Signers, SubmitError> {
    let delegated = targets.delegations.get(role);
    delegated
        .map(|delegated| &delegated.signers)
        .ok_or_else(|| SubmitError::NotDelegated {
            role: role.to_owned(),
            delegator: delegator.to_owned(),
        })
}

fn version_error(role: &str, published: u64, offered: u64) -> SubmitError {
    SubmitError::Version {
        role: role.to_owned(),
        published,
        offered,
    }
}
