//! `dropgate grant`: mints a token that opens files.

use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::Args;
use dropgate::{
    gate::{self, Cidr, Claims, ConsentId, Limits, Pattern, StatusRef, Subject},
    trust::{DropPath, Name},
};
use serde_json::json;

use crate::{
    api::Api,
    duration::{now, seconds},
    home::{Home, random},
    init::{ISSUER, secret},
};

/// Mint a grant: a token that opens files.
///
/// It is a JWT signed with the marketplace's key in the home; any back end can
/// mint the same with a stock JWT library.
#[derive(Args)]
pub struct Grant {
    /// The drop it opens
    #[arg(long, value_name = "CREATOR/DROP", required_unless_present = "path")]
    drop: Option<String>,

    /// A file or pattern it opens, such as alice/drop-7/master.zip or alice/*
    #[arg(long, value_name = "PATTERN")]
    path: Vec<String>,

    /// How long it is good for: 90s, 15m, 24h, 30d
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = seconds)]
    expires: u64,

    /// The tier it reaches
    #[arg(long)]
    tier: Option<String>,

    /// For whom; the worker stores only a salted hash of it
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<String>,

    /// How many downloads it allows; a download manager's connections are one
    #[arg(long, value_name = "N")]
    downloads: Option<u64>,

    /// How many bytes it allows
    #[arg(long, value_name = "N")]
    bytes: Option<u64>,

    /// Only the first device that uses it may
    #[arg(long)]
    once: bool,

    /// How long after its end a download that has begun may finish (at most 24h)
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    grace: Option<u64>,

    /// A network it may be used from, such as 192.0.2.0/24
    #[arg(long, value_name = "CIDR")]
    net: Vec<String>,

    /// A country it may be used in (ISO 3166-1 alpha-2)
    #[arg(long, value_name = "COUNTRY")]
    geo: Vec<String>,

    /// What its holder agreed to, as the answer to a consent names it
    #[arg(long, value_name = "SCOPE:RECEIPT", value_parser = consent)]
    consent: Vec<ConsentId>,

    /// Ask the worker for a place in its status list, so that the grant can be revoked
    #[arg(long)]
    revocable: bool,

    /// The worker's AUDIENCE setting
    #[arg(long, default_value = "dropgate")]
    audience: String,

    /// Print {"grant": "..."} instead of the bare token
    #[arg(long)]
    json: bool,
}

impl Grant {
    pub fn run(&self, home: &Home) -> Result<()> {
        let mut paths = Vec::new();
        if let Some(drop) = &self.drop {
            let drop = DropPath::parse(drop).context("--drop")?;
            paths.push(Pattern::parse(&format!("{drop}/*"))?);
        }
        for path in &self.path {
            paths.push(Pattern::parse(path).with_context(|| format!("--path {path:?}"))?);
        }
        if let Some(tier) = &self.tier {
            Name::parse(tier).context("--tier")?;
        }
        if self.grace.is_some_and(|grace| grace > 86_400) {
            bail!("--grace is at most 24h");
        }
        let key = gate::SigningKey::from_seed(home.key("issuer")?)?;
        let now = now()?;
        let jti = URL_SAFE_NO_PAD.encode(random::<16>()?);
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: vec![self.audience.clone()],
            sub: self.subject.clone().map(Subject::new),
            exp: now + self.expires,
            iat: Some(now),
            status: self.revocable.then(|| place(home, &jti)).transpose()?,
            jti: Some(jti),
            paths,
            tier: self.tier.clone(),
            lim: Limits {
                downloads: self.downloads,
                bytes: self.bytes,
            },
            net: self.nets()?,
            geo: self
                .geo
                .iter()
                .map(|country| country.to_uppercase())
                .collect(),
            consent: self.consent.clone(),
            once: self.once,
            grace: self.grace.unwrap_or(0),
            ..Claims::default()
        };
        // What the worker would refuse is said here.
        Claims::from_payload(&claims.to_payload())?;
        let token = gate::mint(&claims, &key, &key.public().thumbprint());
        if self.json {
            println!("{}", json!({"grant": token}));
        } else {
            println!("{token}");
        }
        Ok(())
    }

    fn nets(&self) -> Result<Vec<Cidr>> {
        let parse = |text: &String| {
            Cidr::parse(text)
                .with_context(|| format!("--net {text:?} is not a network such as 192.0.2.0/24"))
        };
        self.net.iter().map(parse).collect()
    }
}

fn consent(text: &str) -> Result<ConsentId, &'static str> {
    let (scope, receipt) = text.split_once(':').ok_or("it is not SCOPE:RECEIPT")?;
    Ok(ConsentId {
        scope: scope.to_owned(),
        receipt: receipt.to_owned(),
    })
}

/// A place in the worker's status list.
fn place(home: &Home, jti: &str) -> Result<StatusRef> {
    let token = secret(home, "ADMIN_TOKEN")?;
    let answer = Api::new(&home.url).post("/admin/status", &token, &json!({"jti": jti}))?;
    let list = answer.pointer("/status/status_list");
    let idx = list.and_then(|list| list.get("idx")?.as_u64());
    let uri = list.and_then(|list| list.get("uri")?.as_str());
    let (idx, uri) = idx.zip(uri).context("the worker's answer names no place")?;
    Ok(StatusRef {
        idx,
        uri: uri.to_owned(),
    })
}
