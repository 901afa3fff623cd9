//! `dropgate codes`: redemption codes for cards, receipts and screens.

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use dropgate::trust::{DropPath, Name};
use serde_json::{Value, json};

use crate::{api::Api, duration::seconds, home::Home, init::secret};

/// Make redemption codes for cards, receipts and screens
#[derive(Subcommand)]
pub enum Codes {
    /// Make codes; each becomes one grant when it is redeemed
    Create(Create),
}

/// Make codes; each becomes one grant when it is redeemed.
///
/// The worker keeps only a keyed hash of each: what is printed here cannot be
/// shown again.
#[derive(Args)]
pub struct Create {
    /// The drop they open
    #[arg(long, value_name = "CREATOR/DROP")]
    drop: String,

    /// How many
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    count: u64,

    /// The tier their grants reach
    #[arg(long)]
    tier: Option<String>,

    /// What they are for, such as 'Lisbon market'
    #[arg(long, default_value = "codes")]
    label: String,

    /// How long a redeemed grant is good for
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = seconds)]
    expires: u64,

    /// How many of them one device may redeem
    #[arg(long, value_name = "N")]
    per_device: Option<u64>,

    /// Print {"campaign": ..., "codes": [...]} instead of one URL a line
    #[arg(long)]
    json: bool,
}

impl Codes {
    pub fn run(&self, home: &Home) -> Result<()> {
        let Self::Create(create) = self;
        create.run(home)
    }
}

impl Create {
    fn run(&self, home: &Home) -> Result<()> {
        DropPath::parse(&self.drop).context("--drop")?;
        if let Some(tier) = &self.tier {
            Name::parse(tier).context("--tier")?;
        }
        let answer = Api::new(&home.url).post(
            "/admin/codes",
            &secret(home, "ADMIN_TOKEN")?,
            &json!({
                "drop": self.drop,
                "count": self.count,
                "tier": self.tier,
                "label": self.label,
                "expires": self.expires,
                "per_device": self.per_device,
            }),
        )?;
        if self.json {
            println!("{answer}");
            return Ok(());
        }
        let Some(codes) = answer.get("codes").and_then(Value::as_array) else {
            bail!("the worker's answer has no codes");
        };
        for code in codes.iter().filter_map(Value::as_str) {
            println!("{}/r/{code}", home.url);
        }
        Ok(())
    }
}
