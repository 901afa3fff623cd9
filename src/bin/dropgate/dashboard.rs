//! `dropgate dashboard`: a signed link to the numbers.

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::Args;
use dropgate::{
    gate::{OPERATOR, SigningKey, VIEW_LIFE, mint_view},
    trust::Name,
};

use crate::{
    duration::{now, seconds},
    home::Home,
    init::secret,
};

/// Make a link to the dashboard.
///
/// Without --creator it shows the whole marketplace and is signed with the edge's
/// key; with it, it shows that creator's numbers only and is signed with the
/// creator's key, so that creators make their own.
#[derive(Args)]
pub struct Dashboard {
    /// Whose numbers [default: everybody's]
    #[arg(long, value_name = "NAME")]
    creator: Option<String>,

    /// How long the link is good for, at most 92d
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = seconds)]
    expires: u64,

    /// The worker's `AUDIENCE`
    #[arg(long, value_name = "NAME", default_value = "dropgate")]
    audience: String,
}

impl Dashboard {
    pub fn run(&self, home: &Home) -> Result<()> {
        anyhow::ensure!(
            self.expires <= VIEW_LIFE,
            "--expires is at most 92d: make a new link then"
        );
        let (who, seed) = match &self.creator {
            Some(creator) => {
                Name::parse_creator(creator)
                    .map_err(|error| anyhow::anyhow!("--creator: {error}"))?;
                (creator.as_str(), home.key(creator)?)
            }
            None => (OPERATOR, edge_seed(home)?),
        };
        let key = SigningKey::from_seed(seed)?;
        let token = mint_view(who, &self.audience, &key, now()?, self.expires);
        println!("{}/dashboard?token={token}", home.url);
        Ok(())
    }
}

fn edge_seed(home: &Home) -> Result<[u8; 32]> {
    let seed = URL_SAFE_NO_PAD.decode(secret(home, "EDGE_KEY")?.trim_end_matches('='))?;
    seed.try_into().ok().context("EDGE_KEY has not 32 bytes")
}
