//! The `Store` port: objects in a map, and the way out as `edge/pump.rs` goes it.

use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    ops::ControlFlow,
};

use super::Memory;
use crate::{
    delivery::{
        Span,
        plan::{Entry, Plan, Steps, Stored, Verify, plan},
    },
    ports::{
        Handed, Listed, ObjectHead, Part, PartReceived, PortError, Received, Sealed, SendError,
        Sending, Store, Surroundings, Tell,
    },
    trust::Sha256,
};

/// What the store holds under a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Object {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What the store believes their digest to be, if it was told when they came.
    pub sha256: Option<Sha256>,
    /// The seal beside them.
    pub seal: String,
    /// When it was written.
    pub written: u64,
}

pub(super) type Objects = RefCell<BTreeMap<String, Object>>;

/// The parts of the uploads under way: by key and upload, then by number.
pub(super) type Uploads = RefCell<BTreeMap<(String, String), BTreeMap<u16, (String, Vec<u8>)>>>;

impl Memory {
    /// The keys of all objects.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.0.objects.borrow().keys().cloned().collect()
    }

    /// Changes every object whose key begins so, as someone who can write to the
    /// bucket would; how many there were.
    pub fn spoil(&self, begin: &str, spoil: impl Fn(&mut Object)) -> usize {
        let mut objects = self.0.objects.borrow_mut();
        let found = objects.iter_mut().filter(|(key, _)| key.starts_with(begin));
        found.map(|(_, object)| spoil(object)).count()
    }

    /// Loses every object whose key begins so.
    pub fn lose(&self, begin: &str) {
        let mut objects = self.0.objects.borrow_mut();
        objects.retain(|key, _| !key.starts_with(begin));
    }

    /// Puts an object there as it is.
    pub fn put(&self, key: &str, object: Object) {
        self.0.objects.borrow_mut().insert(key.to_owned(), object);
    }

    /// How many uploads in parts are under way.
    #[must_use]
    pub fn uploads(&self) -> usize {
        self.0.uploads.borrow().len()
    }

    /// The object there.
    #[must_use]
    pub fn object(&self, key: &str) -> Option<Object> {
        self.0.objects.borrow().get(key).cloned()
    }

    async fn get(&self, key: &str) -> Result<Object, SendError> {
        let found = self.call("store.get", || Ok(self.object(key))).await?;
        found.ok_or(SendError::Missing)
    }

    /// Asks the store for a part, and checks its first chunk.
    async fn open(&self, part: Part, verify: Verify) -> Result<Ready, SendError> {
        let (key, entry, wanted) = match part {
            Part::Bytes(bytes) => return Ok(Ready::Bytes(bytes)),
            Part::File { key, entry, span } => (key, entry, span),
        };
        let object = self.get(&key).await?;
        let stored = Stored {
            length: object.bytes.len() as u64,
            sha256: object.sha256,
        };
        match plan(&entry, wanted, stored, verify).map_err(|_| SendError::Mismatch)? {
            Plan::Bound(span) => {
                let bytes = span.of(&object.bytes).ok_or(SendError::Mismatch)?;
                Ok(Ready::Bound(bytes.to_vec()))
            }
            Plan::Checked(checked) => {
                let fetch = Plan::Checked(checked.clone()).fetch();
                let object = if fetch == wanted {
                    object
                } else {
                    self.get(&key).await?
                };
                let mut source = Source {
                    bytes: object.bytes,
                    steps: checked.steps(),
                };
                let first = source.next()?;
                Ok(Ready::Checked { first, source })
            }
        }
    }

    /// Appends what can be handed over to `out`, up to the first thing that cannot.
    async fn hand_over(
        &self,
        ready: VecDeque<Ready>,
        waiting: VecDeque<Part>,
        verify: Verify,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        for part in ready {
            write(part, out)?;
        }
        for part in waiting {
            write(self.open(part, verify).await?, out)?;
        }
        Ok(())
    }
}

enum Ready {
    Bytes(Vec<u8>),
    Bound(Vec<u8>),
    Checked {
        first: Option<Vec<u8>>,
        source: Source,
    },
}

impl Ready {
    fn mode(&self) -> &'static str {
        match self {
            Self::Bytes(_) | Self::Bound(_) => "bound",
            Self::Checked { .. } => "checked",
        }
    }
}

/// The checked chunks of an object, one at a time.
struct Source {
    bytes: Vec<u8>,
    steps: Steps,
}

impl Source {
    /// The wanted bytes of the next chunk, after all of it was checked.
    fn next(&mut self) -> Result<Option<Vec<u8>>, SendError> {
        let Some(step) = self.steps.next() else {
            return Ok(None);
        };
        let chunk = step.chunk.of(&self.bytes).ok_or(SendError::Mismatch)?;
        if Sha256::of(chunk) != step.expected {
            return Err(SendError::Mismatch);
        }
        let wanted = step.emit.of(chunk).ok_or(SendError::Mismatch)?;
        Ok(Some(wanted.to_vec()))
    }
}

fn write(part: Ready, out: &mut Vec<u8>) -> Result<(), SendError> {
    match part {
        Ready::Bytes(bytes) | Ready::Bound(bytes) => out.extend(bytes),
        Ready::Checked { first, mut source } => {
            let mut next = first;
            while let Some(chunk) = next {
                out.extend(chunk);
                next = source.next()?;
            }
        }
    }
    Ok(())
}

impl Store for Memory {
    type Body = Vec<u8>;

    async fn head(&self, key: &str) -> Result<Option<ObjectHead>, PortError> {
        self.call("store.head", || {
            Ok(self.object(key).map(|object| ObjectHead {
                size: object.bytes.len() as u64,
                sha256: object.sha256,
            }))
        })
        .await
    }

    async fn read(&self, key: &str, limit: u64) -> Result<Option<Sealed>, PortError> {
        self.call("store.read", || match self.object(key) {
            Some(object) if object.bytes.len() as u64 > limit => {
                Err(PortError::new("store", format!("{key} is too large")))
            }
            found => Ok(found.map(|Object { bytes, seal, .. }| Sealed { bytes, seal })),
        })
        .await
    }

    async fn write(&self, key: &str, bytes: &[u8], seal: &str) -> Result<(), PortError> {
        self.call("store.write", || {
            let (bytes, seal) = (bytes.to_vec(), seal.to_owned());
            let sha256 = None;
            self.put(
                key,
                Object {
                    bytes,
                    sha256,
                    seal,
                    written: self.now(),
                },
            );
            Ok(())
        })
        .await
    }

    async fn store_empty(&self, key: &str, sha256: Sha256) -> Result<Received, PortError> {
        self.receive(key, Vec::new(), 0, sha256).await
    }

    async fn receive(
        &self,
        key: &str,
        body: Vec<u8>,
        length: u64,
        sha256: Sha256,
    ) -> Result<Received, PortError> {
        self.call("store.receive", || {
            if body.len() as u64 != length || Sha256::of(&body) != sha256 {
                return Ok(Received::Mismatch);
            }
            let object = Object {
                bytes: body,
                sha256: Some(sha256),
                seal: String::new(),
                written: self.now(),
            };
            self.put(key, object);
            Ok(Received::Stored)
        })
        .await
    }

    async fn begin_parts(&self, key: &str) -> Result<String, PortError> {
        let name = Sha256(self.entropy()?).to_hex();
        self.call("store.begin_parts", || {
            let mut uploads = self.0.uploads.borrow_mut();
            uploads.insert((key.to_owned(), name.clone()), BTreeMap::new());
            Ok(name)
        })
        .await
    }

    async fn receive_part(
        &self,
        key: &str,
        upload: &str,
        number: u16,
        body: Vec<u8>,
        length: u64,
        sha256: Sha256,
    ) -> Result<PartReceived, PortError> {
        let tag = Sha256(self.entropy()?).to_hex();
        self.call("store.receive_part", || {
            let mut uploads = self.0.uploads.borrow_mut();
            let Some(parts) = uploads.get_mut(&(key.to_owned(), upload.to_owned())) else {
                return Ok(PartReceived::Gone);
            };
            if body.len() as u64 != length || Sha256::of(&body) != sha256 {
                return Ok(PartReceived::Mismatch);
            }
            parts.insert(number, (tag.clone(), body));
            Ok(PartReceived::Stored(tag))
        })
        .await
    }

    async fn join_parts(
        &self,
        key: &str,
        upload: &str,
        parts: &[(u16, String)],
    ) -> Result<bool, PortError> {
        self.call("store.join_parts", || {
            let at = (key.to_owned(), upload.to_owned());
            let mut uploads = self.0.uploads.borrow_mut();
            let Some(held) = uploads.get(&at) else {
                return Ok(false);
            };
            let part = |(number, tag): &(u16, String)| {
                let (held_tag, bytes) = held.get(number)?;
                (held_tag == tag).then(|| bytes.clone())
            };
            let Some(bytes) = parts.iter().map(part).collect::<Option<Vec<_>>>() else {
                return Ok(false);
            };
            uploads.remove(&at);
            let object = Object {
                bytes: bytes.concat(),
                written: self.now(),
                ..Object::default()
            };
            self.put(key, object);
            Ok(true)
        })
        .await
    }

    async fn drop_parts(&self, key: &str, upload: &str) -> Result<(), PortError> {
        self.call("store.drop_parts", || {
            let at = (key.to_owned(), upload.to_owned());
            self.0.uploads.borrow_mut().remove(&at);
            Ok(())
        })
        .await
    }

    async fn list(&self, prefix: &str, after: &str, limit: u32) -> Result<Vec<Listed>, PortError> {
        self.call("store.list", || {
            let objects = self.0.objects.borrow();
            let found = objects.iter().filter(|(key, _)| {
                key.starts_with(prefix) && (after.is_empty() || key.as_str() > after)
            });
            let listed = found.map(|(key, object)| Listed {
                key: key.clone(),
                written: object.written,
            });
            Ok(listed.take(limit as usize).collect())
        })
        .await
    }

    async fn remove(&self, keys: &[String]) -> Result<(), PortError> {
        self.call("store.remove", || {
            let mut objects = self.0.objects.borrow_mut();
            for key in keys {
                objects.remove(key);
            }
            Ok(())
        })
        .await
    }

    async fn send(
        &self,
        parts: Vec<Part>,
        verify: Verify,
        tell: Tell,
        done: impl FnOnce(Handed) + 'static,
    ) -> Result<Sending<Vec<u8>>, SendError> {
        let mut waiting = VecDeque::from(parts);
        let mut ready = VecDeque::new();
        let mut mode = "bound";
        while let Some(part) = waiting.pop_front() {
            let opened = self.open(part, verify).await?;
            mode = opened.mode();
            let is_file = !matches!(opened, Ready::Bytes(_));
            ready.push_back(opened);
            if is_file {
                break;
            }
        }
        let mut body = Vec::new();
        let handed = self.hand_over(ready, waiting, verify, &mut body).await;
        if self.0.reader_leaves.get() {
            body.truncate(body.len() / 2);
            self.later(async move { drop(done) });
        } else {
            match handed {
                Ok(()) if tell == Tell::Wrong && mode == "bound" => {}
                Ok(()) => self.later(async move { done(Handed::Whole) }),
                Err(SendError::Missing | SendError::Mismatch) => {
                    self.later(async move { done(Handed::Wrong) });
                }
                Err(SendError::Port(_)) => {}
            }
        }
        Ok(Sending { body, mode })
    }

    async fn feed(
        &self,
        key: &str,
        entry: &Entry,
        mut each: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), SendError> {
        let part = Part::File {
            key: key.to_owned(),
            entry: entry.clone(),
            span: Span::whole(entry.chunks.length()),
        };
        let Ready::Checked { first, mut source } = self.open(part, Verify::Always).await? else {
            return Err(SendError::Mismatch);
        };
        let mut next = first;
        while let Some(chunk) = next {
            if each(&chunk).is_break() {
                break;
            }
            next = source.next()?;
        }
        Ok(())
    }

    async fn collect(&self, body: Vec<u8>, limit: usize) -> Result<Option<Vec<u8>>, PortError> {
        self.call(
            "store.collect",
            || Ok((body.len() <= limit).then_some(body)),
        )
        .await
    }
}
