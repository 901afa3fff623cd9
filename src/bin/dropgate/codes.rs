//! `dropgate codes`: redemption codes for cards, receipts and screens.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use dropgate::trust::{DropPath, Name};
use serde_json::{Value, json};

use crate::{
    api::Api,
    duration::{moment, now, seconds},
    home::{Home, write_secret},
    init::secret,
    sheet,
};

/// The worker makes this many at once; more are made in turns.
const AT_ONCE: u64 = 1000;

/// Make redemption codes for cards, receipts and screens
#[derive(Subcommand)]
pub enum Codes {
    /// Make codes; each becomes one grant when it is redeemed
    Create(Create),
    /// Show how a campaign goes: issued, opened, redeemed, by hour
    Report(Which),
    /// End a campaign: codes that were not redeemed open nothing any more
    Void(Which),
}

/// A campaign.
#[derive(Args)]
pub struct Which {
    /// Its id, as 'codes create' printed it
    #[arg(value_name = "CAMPAIGN")]
    campaign: String,

    /// Print JSON
    #[arg(long)]
    json: bool,
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
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=AT_ONCE))]
    count: u64,

    /// The tier their grants reach
    #[arg(long)]
    tier: Option<String>,

    /// What they are for, such as 'Lisbon market'
    #[arg(long, default_value = "codes")]
    label: String,

    /// From when they can be redeemed: 2026-12-01 or 2026-12-01T09:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<u64>,

    /// Until when they can be redeemed
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<u64>,

    /// How long a redeemed grant is good for
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = seconds)]
    expires: u64,

    /// How many downloads a redeemed grant allows
    #[arg(long, value_name = "N")]
    downloads: Option<u64>,

    /// How many of them one device may redeem
    #[arg(long, value_name = "N")]
    per_device: Option<u64>,

    /// Also write them as CSV: code, URL
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,

    /// Also write a sheet of cards with QR codes (HTML; print it, or to PDF)
    #[arg(long, value_name = "FILE")]
    sheet: Option<PathBuf>,

    /// Also write each QR code as an SVG into this folder
    #[arg(long, value_name = "DIR")]
    svg: Option<PathBuf>,

    /// Print {"campaign": ..., "codes": [...]} instead of one URL a line
    #[arg(long)]
    json: bool,
}

impl Codes {
    pub fn run(&self, home: &Home) -> Result<()> {
        match self {
            Self::Create(create) => create.run(home),
            Self::Report(which) => which.show(home, false),
            Self::Void(which) => which.show(home, true),
        }
    }
}

impl Which {
    fn show(&self, home: &Home, void: bool) -> Result<()> {
        let good = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if self.campaign.is_empty() || !self.campaign.bytes().all(good) {
            bail!("a campaign's id has letters, digits, - and _ only");
        }
        let (api, token) = (Api::of(home), secret(home, "ADMIN_TOKEN")?);
        let path = format!("/admin/codes/{}", self.campaign);
        let answer = if void {
            api.post(&format!("{path}/void"), &token, &json!({}))?
        } else {
            api.get_json(&path, &token)?
        };
        if self.json {
            println!("{answer}");
            return Ok(());
        }
        let text = |name: &str| match answer.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => "-".to_owned(),
            Some(other) => other.to_string(),
        };
        for name in [
            "label", "drop", "tier", "from", "until", "voided", "issued", "opened", "redeemed",
        ] {
            println!("{name:<9} {}", text(name));
        }
        let hours = answer.get("hours").and_then(Value::as_object);
        for (hour, counts) in hours.into_iter().flatten() {
            let count = |name: &str| counts.get(name).and_then(Value::as_u64).unwrap_or(0);
            println!(
                "{hour}  {} opened, {} redeemed",
                count("opened"),
                count("redeemed")
            );
        }
        Ok(())
    }
}

impl Create {
    fn run(&self, home: &Home) -> Result<()> {
        DropPath::parse(&self.drop).context("--drop")?;
        if let Some(tier) = &self.tier {
            Name::parse(tier).context("--tier")?;
        }
        if self
            .until
            .is_some_and(|until| now().is_ok_and(|now| until <= now))
        {
            bail!("--until has passed already");
        }
        for file in [&self.csv, &self.sheet].into_iter().flatten() {
            if file.exists() {
                bail!("{} exists; it is never overwritten", file.display());
            }
        }
        let answer = Api::of(home).post(
            "/admin/codes",
            &secret(home, "ADMIN_TOKEN")?,
            &json!({
                "drop": self.drop,
                "count": self.count,
                "tier": self.tier,
                "label": self.label,
                "from": self.from,
                "until": self.until,
                "lasts": self.expires,
                "downloads": self.downloads,
                "per_device": self.per_device,
            }),
        )?;
        let codes = answer.get("codes").and_then(Value::as_array);
        let codes = codes.context("the worker's answer has no codes")?;
        let cards: Vec<sheet::Card> = codes
            .iter()
            .filter_map(Value::as_str)
            .map(|code| sheet::Card::new(code, &home.url))
            .collect();
        // Codes cannot be shown again: they are printed before anything can fail.
        if self.json {
            println!("{answer}");
        } else {
            for card in &cards {
                println!("{}", card.url);
            }
        }
        let campaign = answer
            .get("campaign")
            .and_then(Value::as_str)
            .unwrap_or_default();
        eprintln!(
            "dropgate: made {} codes of the campaign {campaign}; 'dropgate codes report {campaign}' shows how it goes",
            cards.len()
        );
        self.write(&cards)
    }

    fn write(&self, cards: &[sheet::Card]) -> Result<()> {
        if let Some(file) = &self.csv {
            write_secret(file, sheet::csv(cards).as_bytes())?;
        }
        if let Some(file) = &self.sheet {
            write_secret(
                file,
                sheet::html(cards, &self.label, &self.drop)?.as_bytes(),
            )?;
        }
        if let Some(folder) = &self.svg {
            fs::create_dir_all(folder)
                .with_context(|| format!("could not make the folder {}", folder.display()))?;
            for (number, card) in cards.iter().enumerate() {
                let file = folder.join(format!("{:04}.svg", number + 1));
                write_secret(&file, card.svg()?.as_bytes())?;
            }
        }
        Ok(())
    }
}
