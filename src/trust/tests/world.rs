//! A small marketplace whose every file a test can spoil: keys, unsigned roles,
//! the files a store would serve, and a client that reads them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::trust::author::{Delegation, Draft, RootKeys};
use crate::trust::canonical::canonical;
use crate::trust::drop::{DropFacts, FileEntry};
use crate::trust::key::{Signer, SigningKey, hex};
use crate::trust::{
    Access, DropManifest, DropPath, FileDigester, Floor, Name, PublicKey, Sha256, TargetPath,
    TrustError, TrustedSet, chunk_size_for, json,
};

/// 2026-11-22T20:00:00Z.
pub const NOW: u64 = 1_795_377_600;
pub const DAY: u64 = 86_400;
pub const COVER: &str = "alice/drop-7/cover.jpg";

/// The key a name stands for.
pub fn key(name: &str) -> SigningKey {
    SigningKey::from_seed(Sha256::of(name.as_bytes()).0).unwrap()
}

pub fn public(name: &str) -> PublicKey {
    key(name).public_key()
}

/// A file of `alice/drop-7` or another drop, with the given content.
pub fn entry(path: &str, content: &[u8]) -> FileEntry {
    let mut digester = FileDigester::new(content.len() as u64);
    digester.update(content);
    let digests = digester.finish();
    FileEntry {
        path: TargetPath::parse(path).unwrap(),
        length: content.len() as u64,
        sha256: digests.sha256,
        media_type: "image/jpeg".to_owned(),
        animated: None,
        chunk_size: chunk_size_for(content.len() as u64),
        chunks: digests.chunks,
        crc32: digests.crc32,
        license: None,
        access: Access::Public,
        mtime: Some(NOW),
    }
}

pub fn facts(title: &str) -> DropFacts {
    DropFacts {
        title: title.to_owned(),
        license: Some("CC-BY-4.0".to_owned()),
        ..DropFacts::default()
    }
}

/// What is signed, by whom, and what the store serves.
#[derive(Clone)]
pub struct World {
    pub signed: BTreeMap<String, Value>,
    pub signers: BTreeMap<String, Vec<String>>,
    pub files: BTreeMap<String, Vec<u8>>,
    pub roots: Vec<Vec<u8>>,
    pub now: u64,
    set: TrustedSet,
}

impl World {
    pub fn new() -> Self {
        let year = NOW + 365 * DAY;
        let root = Draft::root(
            &RootKeys {
                root: &[public("root-1"), public("root-2")],
                root_threshold: 2,
                targets: &[public("market")],
                online: &[public("online")],
            },
            year,
        );
        let mut targets = Draft::targets(year);
        for creator in ["alice", "bob"] {
            let name = Name::parse_creator(creator).unwrap();
            targets.delegate(&Delegation::to_creator(&name, &[public(creator)]));
        }
        let mut alice = Draft::targets(year);
        let drop = DropPath::parse("alice/drop-7").unwrap();
        alice.delegate(&Delegation::to_drop(&drop, &[public("alice")]));
        let files = [
            entry(COVER, b"cover"),
            entry("alice/drop-7/master.zip", b"master"),
        ];
        let manifest = Draft::manifest(&facts("Drop seven"), &files, year);
        let root_file = root
            .sign("root", &[&key("root-1"), &key("root-2")])
            .unwrap();
        let mut world = Self {
            signed: BTreeMap::new(),
            signers: BTreeMap::new(),
            files: BTreeMap::new(),
            roots: Vec::new(),
            now: NOW,
            set: TrustedSet::new(&root_file, Floor::default()).unwrap(),
        };
        for (role, draft, signers) in [
            ("root", root, vec!["root-1", "root-2"]),
            ("targets", targets, vec!["market"]),
            ("alice", alice, vec!["alice"]),
            ("alice.drop-7", manifest, vec!["alice"]),
            ("snapshot", listing("snapshot"), vec!["online"]),
            ("timestamp", listing("timestamp"), vec!["online"]),
        ] {
            world.signed.insert(role.to_owned(), draft.into_value());
            world.sign_with(role, &signers);
        }
        world.seal();
        world
    }

    /// A world whose client has already read everything.
    pub fn visited() -> Self {
        let mut world = Self::new();
        world.visit().unwrap();
        world
    }

    pub fn sign_with(&mut self, role: &str, signers: &[&str]) {
        let signers = signers.iter().map(|&name| name.to_owned()).collect();
        self.signers.insert(role.to_owned(), signers);
    }

    /// Changes what a role signs.
    pub fn edit(&mut self, role: &str, change: impl FnOnce(&mut Value)) {
        change(self.signed.get_mut(role).unwrap());
    }

    pub fn set_version(&mut self, role: &str, version: u64) {
        self.edit(role, |signed| signed["version"] = json!(version));
    }

    pub fn bump(&mut self, role: &str) {
        let version = self.signed[role]["version"].as_u64().unwrap();
        self.set_version(role, version + 1);
    }

    pub fn expire(&mut self, role: &str) {
        self.edit(role, |signed| {
            signed["expires"] = json!("2026-11-22T20:00:00Z");
        });
    }

    /// Signs a role as it stands.
    pub fn file(&self, role: &str) -> Vec<u8> {
        let names: Vec<&str> = self.signers[role].iter().map(String::as_str).collect();
        sign(&self.signed[role], &names)
    }

    /// Signs the targets roles, lists them in the snapshot, and that in the timestamp.
    pub fn seal(&mut self) {
        let online = ["root", "snapshot", "timestamp"];
        let roles: Vec<String> = self.signed.keys().cloned().collect();
        for role in roles.iter().filter(|role| !online.contains(&role.as_str())) {
            let file = self.file(role);
            self.list("snapshot", role, &file);
            self.files.insert(role.clone(), file);
        }
        self.seal_snapshot();
    }

    /// Signs the snapshot as it stands, and lists it in the timestamp.
    pub fn seal_snapshot(&mut self) {
        let snapshot = self.file("snapshot");
        self.list("timestamp", "snapshot", &snapshot);
        self.files.insert("snapshot".to_owned(), snapshot);
        self.seal_timestamp();
    }

    pub fn seal_timestamp(&mut self) {
        let timestamp = self.file("timestamp");
        self.files.insert("timestamp".to_owned(), timestamp);
    }

    fn list(&mut self, listing: &str, role: &str, file: &[u8]) {
        let meta = json!({
            "version": self.signed[role]["version"],
            "length": file.len(),
            "hashes": {"sha256": Sha256::of(file)},
        });
        self.edit(listing, |signed| {
            signed["meta"][format!("{role}.json")] = meta;
        });
    }

    /// New versions of everything, published.
    pub fn publish(&mut self) {
        for role in ["alice.drop-7", "alice", "targets", "snapshot", "timestamp"] {
            self.bump(role);
        }
        self.seal();
    }

    /// Signs the root as it stands and serves it as the next one.
    pub fn serve_root(&mut self) {
        self.roots.push(self.file("root"));
    }

    /// What the client does on a visit: follow roots, refresh, find the cover.
    pub fn visit(&mut self) -> Result<DropManifest, TrustError> {
        for root in std::mem::take(&mut self.roots) {
            self.set.update_root(&root)?;
        }
        self.set
            .update_timestamp(&self.files["timestamp"], self.now)?;
        self.set
            .update_snapshot(&self.files["snapshot"], self.now)?;
        self.find(COVER)
    }

    /// The lookup loop of the app.
    pub fn find(&mut self, path: &str) -> Result<DropManifest, TrustError> {
        let path = TargetPath::parse(path).unwrap();
        while let Some(wanted) = self.set.next_role_for(&path, self.now)? {
            let file = &self.files[&wanted.role];
            self.set.update_role(&wanted, file, self.now)?;
        }
        let (manifest, _) = self.set.file(&path, self.now)?;
        Ok(manifest.clone())
    }

    /// The same loop for any path, as a stock client runs it.
    pub fn find_target(&mut self, path: &str) -> Result<String, TrustError> {
        loop {
            match self
                .set
                .find(path, self.now)
                .map(|found| found.role.to_owned())
            {
                Err(TrustError::NotLoaded(wanted)) => {
                    let file = &self.files[&wanted.role];
                    self.set.update_role(&wanted, file, self.now)?;
                }
                answer => return answer,
            }
        }
    }

    pub fn set(&mut self) -> &mut TrustedSet {
        &mut self.set
    }
}

fn listing(role: &str) -> Draft {
    Draft::listing(role, json!({}), NOW + DAY)
}

/// Signs any value with the keys of these names.
pub fn sign(signed: &Value, signers: &[&str]) -> Vec<u8> {
    let message = canonical(signed);
    let signatures: Vec<Value> = signers
        .iter()
        .map(|name| {
            let key = key(name);
            let signature = hex(&key.sign_bytes(&message));
            json!({"keyid": key.public_key().key_id(), "sig": signature})
        })
        .collect();
    json!({"signatures": signatures, "signed": signed})
        .to_string()
        .into_bytes()
}

/// The parsed document of a file, for changing it after it was signed.
pub fn reopen(file: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut document = json::parse(file).unwrap();
    change(&mut document);
    document.to_string().into_bytes()
}
