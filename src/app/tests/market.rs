//! A small marketplace: two creators, their drops, and people who ask for them.

use std::{cell::RefCell, collections::BTreeMap};

use base64::{Engine, engine::general_purpose::STANDARD};
use pollster::block_on;
use serde_json::{Value, json};

use crate::{
    app::{
        Desk, Memo,
        config::{Config, EDGE_ISSUER, tests::setting},
        http::{Body, Client, Method, Reply, Request},
        problem::Problem,
    },
    gate::{self, Claims, Pattern, mint, mint_upload},
    memory::Memory,
    ports::Surroundings,
    trust::{
        Access, Delegation, Draft, DropFacts, DropPath, FileDigester, FileEntry, Name, RootKeys,
        Sha256, Signer, SigningKey, TargetPath, chunk_size_for,
    },
};

/// 2026-11-22T20:00:00Z.
pub const NOW: u64 = 1_795_377_600;
pub const HOUR: u64 = 3600;
const YEAR: u64 = 365 * 24 * HOUR;

pub const COVER: &str = "/get/alice/drop-7/cover.txt";
pub const MASTER: &str = "/get/alice/drop-7/master.bin";
pub const FILM: &str = "/get/alice/drop-7/film.bin";

fn seed(name: &str) -> [u8; 32] {
    Sha256::of(name.as_bytes()).0
}

fn key(name: &str) -> SigningKey {
    SigningKey::from_seed(seed(name)).unwrap()
}

/// A drop as its creator has it at home.
#[derive(Clone)]
pub struct Goods {
    pub path: DropPath,
    pub facts: DropFacts,
    pub files: Vec<(FileEntry, Vec<u8>)>,
    pub expires: u64,
}

impl Goods {
    pub fn new(drop: &str) -> Self {
        Self {
            path: DropPath::parse(drop).unwrap(),
            facts: DropFacts {
                title: format!("The drop {drop}"),
                ..DropFacts::default()
            },
            files: Vec::new(),
            expires: NOW + YEAR,
        }
    }

    /// `alice/drop-7`: a text for all, a film for all of three chunks, a file
    /// for those with a grant.
    pub fn drop_7() -> Self {
        let film = (0_u32..160_000).flat_map(u32::to_be_bytes).collect();
        Self::new("alice/drop-7")
            .with("cover.txt", Access::Public, b"the cover".to_vec())
            .with("film.bin", Access::Public, film)
            .with("master.bin", Access::Grant, b"the master".to_vec())
    }

    pub fn with(mut self, name: &str, access: Access, bytes: Vec<u8>) -> Self {
        let mut digester = FileDigester::new(bytes.len() as u64);
        digester.update(&bytes);
        let digests = digester.finish();
        let media_type = match name.rsplit('.').next() {
            Some("png") => "image/png",
            Some("jpg") => "image/jpeg",
            Some("txt") => "text/plain",
            _ => "application/octet-stream",
        };
        let entry = FileEntry {
            path: TargetPath::parse(&format!("{}/{name}", self.path)).unwrap(),
            length: bytes.len() as u64,
            sha256: digests.sha256,
            media_type: media_type.to_owned(),
            animated: None,
            chunk_size: chunk_size_for(bytes.len() as u64),
            chunks: digests.chunks,
            crc32: digests.crc32,
            license: None,
            access,
            mtime: Some(NOW),
        };
        self.files.push((entry, bytes));
        self
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        let found = self
            .files
            .iter()
            .find(|(entry, _)| entry.path.file.as_str() == name);
        found.unwrap().1.clone()
    }
}

/// What came back, read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// What is to be asked for afterwards.
    pub after: Vec<String>,
}

impl Answered {
    fn of(reply: Reply<Vec<u8>>) -> Self {
        let body = match reply.body {
            Body::Empty => Vec::new(),
            Body::Bytes(bytes) | Body::Stream(bytes) => bytes,
        };
        Self {
            status: reply.status,
            headers: reply.headers,
            body,
            after: reply.after.into_iter().map(|asked| asked.path).collect(),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter();
        found
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The status, and the end of a problem's type.
    pub fn verdict(&self) -> (u16, String) {
        let kind = self.json()["type"].as_str().unwrap_or_default().to_owned();
        let slug = kind.rsplit(':').next().unwrap_or_default().to_owned();
        (self.status, slug)
    }
}

pub fn request(method: Method, url: &str) -> Request<Vec<u8>> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    Request {
        method,
        origin: "https://shop.example".to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: Vec::new(),
        client: Client {
            address: Some([192, 0, 2, 1].into()),
            ..Client::default()
        },
        body: None,
    }
}

pub fn get(url: &str) -> Request<Vec<u8>> {
    request(Method::Get, url)
}

pub fn post(url: &str, body: impl Into<Vec<u8>>) -> Request<Vec<u8>> {
    request(Method::Post, url).body(body.into())
}

/// Dresses a request.
pub trait Dress {
    fn field(self, name: &str, value: impl Into<String>) -> Self;
    fn bearer(self, token: &str) -> Self;
    fn body(self, body: Vec<u8>) -> Self;
}

impl Dress for Request<Vec<u8>> {
    fn field(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    fn bearer(self, token: &str) -> Self {
        self.field("authorization", format!("Bearer {token}"))
    }

    fn body(self, body: Vec<u8>) -> Self {
        let mut request = self.field("content-length", body.len().to_string());
        request.body = Some(body);
        request
    }
}

/// The marketplace as one isolate serves it.
pub struct Market {
    pub world: Memory,
    pub config: Config,
    pub memo: Memo,
    published: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl Market {
    /// Before anything was published.
    pub fn empty() -> Self {
        Self {
            world: Memory::at(NOW),
            config: Config::read(setting).unwrap(),
            memo: Memo::default(),
            published: RefCell::default(),
        }
    }

    /// With a root and two creators who have published nothing.
    pub fn founded() -> Self {
        let market = Self::empty();
        let founded = market.ask(Self::foundation("market").bearer("operator"));
        assert_eq!(founded.status, 201, "{founded:?}");
        market
    }

    /// With `alice/drop-7`.
    pub fn open() -> Self {
        let market = Self::founded();
        market.publish(&Goods::drop_7());
        market
    }

    /// The request that founds the marketplace, the targets signed by `market`.
    pub fn foundation(market: &str) -> Request<Vec<u8>> {
        let online = SigningKey::from_seed([2; 32]).unwrap().public_key();
        let keys = RootKeys {
            root: &[key("root").public_key()],
            root_threshold: 1,
            targets: &[key(market).public_key()],
            online: &[online],
        };
        let root = Draft::root(&keys, NOW + YEAR);
        let mut targets = Draft::targets(NOW + YEAR);
        for creator in ["alice", "bob"] {
            let name = Name::parse_creator(creator).unwrap();
            targets.delegate(&Delegation::to_creator(&name, &[key(creator).public_key()]));
        }
        let body = json!({
            "root": STANDARD.encode(root.sign("root", &[&key("root")]).unwrap()),
            "targets": STANDARD.encode(targets.sign("targets", &[&key(market)]).unwrap()),
        });
        post("/admin/root", body.to_string())
    }

    /// The same marketplace in another isolate, which has seen nothing yet.
    pub fn elsewhere(&self) -> Self {
        Self {
            world: self.world.clone(),
            config: Config::read(setting).unwrap(),
            memo: Memo::default(),
            published: self.published.clone(),
        }
    }

    /// What is near by is lost: in the data centre's cache and in this isolate.
    pub fn forget_nearby(&self) {
        self.world.forget_nearby();
        self.memo.recent.clear();
    }

    pub fn desk(&self) -> Desk<'_, Memory> {
        Desk {
            world: &self.world,
            config: &self.config,
            memo: &self.memo,
            watch: crate::app::Watch::default(),
        }
    }

    pub async fn asked(&self, request: Request<Vec<u8>>) -> Answered {
        Answered::of(self.desk().handle(request).await)
    }

    pub fn ask(&self, request: Request<Vec<u8>>) -> Answered {
        block_on(self.asked(request))
    }

    /// What the timer does.
    pub fn keep_fresh(&self) -> Result<(), Problem> {
        block_on(crate::app::keep_fresh(&self.desk()))
    }

    /// What the timer does besides.
    pub fn sweep(&self) -> usize {
        self.try_sweep().unwrap()
    }

    pub fn try_sweep(&self) -> Result<usize, Problem> {
        block_on(crate::app::sweep(&self.desk()))
    }

    /// Takes a drop out of its creator's list.
    pub fn retire(&self, drop: &DropPath) {
        let creator = drop.creator.as_str();
        let published = self.published.borrow()[creator].clone();
        let mut list = Draft::next(creator, &published, NOW + YEAR).unwrap();
        assert!(list.undelegate(&drop.role()));
        let list = list.sign(creator, &[&key(creator)]).unwrap();
        let body = json!({"roles": {creator: STANDARD.encode(&list)}});
        let request = post("/admin/metadata", body.to_string()).bearer(&self.creator_token(drop));
        assert_eq!(self.ask(request).json(), json!({"changed": true}));
        self.published.borrow_mut().insert(creator.to_owned(), list);
    }

    /// A token signed by the drop's creator.
    pub fn creator_token(&self, drop: &DropPath) -> String {
        let key = gate::SigningKey::from_seed(seed(drop.creator.as_str())).unwrap();
        mint_upload(drop, "dropgate", &key, self.world.now())
    }

    /// A grant of this edge, good for an hour.
    pub fn grant(&self, paths: &str) -> String {
        self.minted(&self.claims(paths))
    }

    /// What such a grant says.
    pub fn claims(&self, paths: &str) -> Claims {
        Claims {
            iss: EDGE_ISSUER.to_owned(),
            aud: vec!["dropgate".to_owned()],
            exp: self.world.now() + HOUR,
            iat: Some(self.world.now()),
            jti: Some("grant-1".to_owned()),
            paths: vec![Pattern::parse(paths).unwrap()],
            ..Claims::default()
        }
    }

    /// A grant of this edge that says this.
    pub fn minted(&self, claims: &Claims) -> String {
        let edge = &self.config.edge;
        mint(claims, edge, &edge.public().thumbprint())
    }

    /// The upload of one file.
    pub fn upload_of(&self, goods: &Goods, at: usize) -> Request<Vec<u8>> {
        let (entry, bytes) = &goods.files[at];
        request(
            Method::Put,
            &format!("/admin/files/{}", entry.stored_name()),
        )
        .bearer(&self.creator_token(&goods.path))
        .body(bytes.clone())
    }

    pub fn upload(&self, goods: &Goods) {
        for at in 0..goods.files.len() {
            let stored = self.ask(self.upload_of(goods, at));
            assert!(matches!(stored.status, 200 | 201), "{stored:?}");
        }
    }

    /// The next versions of the creator's role and of the manifest.
    pub fn roles(&self, goods: &Goods) -> Vec<(String, Vec<u8>)> {
        let creator = goods.path.creator.as_str();
        let signer = key(creator);
        let published = self.published.borrow();
        let mut role = match published.get(creator) {
            Some(bytes) => Draft::next(creator, bytes, NOW + YEAR).unwrap(),
            None => Draft::targets(NOW + YEAR),
        };
        role.delegate(&Delegation::to_drop(&goods.path, &[signer.public_key()]));
        let files: Vec<FileEntry> = goods.files.iter().map(|(file, _)| file.clone()).collect();
        let mut manifest = Draft::manifest(&goods.facts, &files, goods.expires);
        let name = goods.path.role();
        if let Some(bytes) = published.get(&name) {
            let next = Draft::next(&name, bytes, goods.expires).unwrap();
            manifest = manifest.with_version(next.version());
        }
        vec![
            (creator.to_owned(), role.sign(creator, &[&signer]).unwrap()),
            (name.clone(), manifest.sign(&name, &[&signer]).unwrap()),
        ]
    }

    /// The request that publishes a drop whose files are there.
    pub fn submission(&self, goods: &Goods) -> Request<Vec<u8>> {
        let roles = self.roles(goods).into_iter();
        let roles: BTreeMap<String, String> = roles
            .map(|(role, bytes)| (role, STANDARD.encode(bytes)))
            .collect();
        post("/admin/metadata", json!({"roles": roles}).to_string())
            .bearer(&self.creator_token(&goods.path))
    }

    /// Uploads and publishes.
    pub fn publish(&self, goods: &Goods) {
        self.upload(goods);
        self.submit(goods);
    }

    /// Publishes a drop whose files are there.
    pub fn submit(&self, goods: &Goods) {
        let published = self.ask(self.submission(goods));
        assert_eq!(published.json(), json!({"changed": true}), "{published:?}");
        let roles = self.roles(goods);
        self.published.borrow_mut().extend(roles);
    }
}
