//! A repository with a store and its publishers, as the worker and the command
//! line run them.

use std::collections::BTreeMap;

use super::world::{DAY, NOW, entry, facts, key, public};
use crate::trust::author::{Delegation, Draft, RootKeys};
use crate::trust::{
    Accepted, DropPath, FileEntry, Head, Name, Repository, Submission, SubmitError, TrustError,
    TrustedSet,
};

pub struct Market {
    pub head: Head,
    /// The newest file of each role, as the store holds it.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The names of the files in the order they were stored.
    pub log: Vec<String>,
    pub online: &'static str,
}

pub type Files = Vec<(&'static str, Vec<u8>)>;

pub fn drop_of(drop: &str) -> Vec<FileEntry> {
    vec![
        entry(&format!("{drop}/cover.jpg"), drop.as_bytes()),
        entry(&format!("{drop}/master.zip"), b"master"),
    ]
}

impl Market {
    pub fn new() -> Self {
        let (root, targets) = Self::offline_files();
        let accepted = Repository::initialise(root, targets, &key("online"), NOW).unwrap();
        let mut market = Self {
            head: accepted.head.clone(),
            files: BTreeMap::new(),
            log: Vec::new(),
            online: "online",
        };
        market.store(accepted);
        market
    }

    /// A root, and targets that delegate to alice and bob.
    pub fn offline_files() -> (Vec<u8>, Vec<u8>) {
        let keys = RootKeys {
            root: &[public("root-1"), public("root-2")],
            root_threshold: 2,
            targets: &[public("market")],
            online: &[public("online")],
        };
        let root = Draft::root(&keys, NOW + 365 * DAY);
        let root = root
            .sign("root", &[&key("root-1"), &key("root-2")])
            .unwrap();
        let mut targets = Draft::targets(NOW + 365 * DAY);
        for creator in ["alice", "bob"] {
            let name = Name::parse_creator(creator).unwrap();
            targets.delegate(&Delegation::to_creator(&name, &[public(creator)]));
        }
        (root, targets.sign("targets", &[&key("market")]).unwrap())
    }

    pub fn repository(&self) -> Repository {
        Repository::open(self.head.clone()).unwrap()
    }

    fn store(&mut self, accepted: Accepted) {
        self.head = accepted.head;
        for file in accepted.files {
            self.log.push(file.file_name());
            self.files.insert(file.role, file.bytes);
        }
    }

    pub fn accept(&self, files: Files, now: u64) -> Result<Accepted, SubmitError> {
        let files = files
            .into_iter()
            .map(|(role, file)| (role.to_owned(), file));
        let submission = Submission::new(files.collect())?;
        let repository = self.repository();
        let needs = repository.needs(&submission);
        let published: Vec<(String, Vec<u8>)> = needs
            .into_iter()
            .map(|wanted| (wanted.role.clone(), self.files[&wanted.role].clone()))
            .collect();
        repository.accept(&published, &submission, &key(self.online), now)
    }

    pub fn submit(&mut self, files: Files) -> Result<(), SubmitError> {
        let accepted = self.accept(files, NOW)?;
        self.store(accepted);
        Ok(())
    }

    /// The next version of a published role, or the first.
    pub fn next(&self, role: &str) -> Draft {
        match self.files.get(role) {
            Some(file) => Draft::next(role, file, NOW + 90 * DAY).unwrap(),
            None => Draft::targets(NOW + 90 * DAY),
        }
    }

    pub fn next_root(&self) -> Draft {
        Draft::next("root", &self.head.root, NOW + 365 * DAY).unwrap()
    }

    /// A creator's role with one more drop, and that drop.
    pub fn draft_drop(&self, creator: &'static str, drop: &str, title: &str) -> Files {
        let path = DropPath::new(creator, drop).unwrap();
        let mut role = self.next(creator);
        role.delegate(&Delegation::to_drop(&path, &[public(creator)]));
        let files = drop_of(&path.to_string());
        let manifest = Draft::manifest(&facts(title), &files, NOW + 90 * DAY);
        let name: &'static str = Box::leak(path.role().into_boxed_str());
        vec![
            (creator, role.sign(creator, &[&key(creator)]).unwrap()),
            (name, manifest.sign(name, &[&key(creator)]).unwrap()),
        ]
    }

    pub fn publish_drop(&mut self, creator: &'static str, drop: &str, title: &str) -> Files {
        let files = self.draft_drop(creator, drop, title);
        self.submit(files.clone()).unwrap();
        files
    }

    /// A client's set over the head, with the top-level targets loaded.
    pub fn set(&self, now: u64) -> Result<TrustedSet, TrustError> {
        let mut set = self.repository().trusted_set(now)?;
        if let Err(TrustError::NotLoaded(wanted)) = set.targets(now) {
            set.update_role(&wanted, &self.files["targets"], now)?;
        }
        Ok(set)
    }

    /// The title of a drop as a client reads it.
    pub fn title(&self, drop: &str) -> Result<String, TrustError> {
        let path = DropPath::parse(drop).unwrap();
        let mut set = self.set(NOW)?;
        while let Some(wanted) = set.next_role_for_drop(&path, NOW)? {
            set.update_role(&wanted, &self.files[&wanted.role], NOW)?;
        }
        Ok(set.drop(&path, NOW)?.facts.title.clone())
    }
}
