//! `dropgate grant`: mints a token that opens files.

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::Args;
use dropgate::{
    gate::{self, Claims, Pattern, Subject},
    trust::{DropPath, Name},
};
use serde_json::json;

use crate::{
    duration::{now, seconds},
    home::{Home, random},
    init::ISSUER,
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
        let key = gate::SigningKey::from_seed(home.key("issuer")?)?;
        let now = now()?;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: vec![self.audience.clone()],
            sub: self.subject.clone().map(Subject::new),
            exp: now + self.expires,
            iat: Some(now),
            jti: Some(URL_SAFE_NO_PAD.encode(random::<16>()?)),
            paths,
            tier: self.tier.clone(),
            ..Claims::default()
        };
        let token = gate::mint(&claims, &key, &key.public().thumbprint());
        if self.json {
            println!("{}", json!({"grant": token}));
        } else {
            println!("{token}");
        }
        Ok(())
    }
}
