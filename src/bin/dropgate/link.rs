//! `dropgate link`: links that end by themselves.

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use dropgate::trust::{DropPath, Name};
use serde_json::{Value, json};

use crate::{api::Api, duration::seconds, home::Home, init::secret};

/// Make a link that can be opened a few times, and then no more.
///
/// Opening it costs nothing: mail scanners and chat previews open every link. A
/// person's press on the page's button spends a use and binds it to that device.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Link {
    #[command(subcommand)]
    command: Option<Command>,

    /// The drop it opens
    #[arg(long, value_name = "CREATOR/DROP", required = true)]
    drop: Option<String>,

    /// On how many devices it can be opened
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    uses: u32,

    /// How long it can be opened
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = seconds)]
    expires: u64,

    /// How long the files stay open to who opened it
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = seconds)]
    lasts: u64,

    /// The tier it reaches
    #[arg(long)]
    tier: Option<String>,

    /// How many downloads each use allows
    #[arg(long, value_name = "N")]
    downloads: Option<u64>,

    /// What it is for; shown to the operator only
    #[arg(long, default_value = "")]
    label: String,

    /// Print {"link": ..., "expires": ..., "uses": ...} instead of the URL
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Show what became of a link: every use and its grant
    Show {
        /// The link
        #[arg(value_name = "URL")]
        link: String,
    },
    /// Withdraw a link and every grant that came of it
    Revoke {
        /// The link
        #[arg(value_name = "URL")]
        link: String,
    },
}

impl Link {
    pub fn run(&self, home: &Home) -> Result<()> {
        let ask =
            |body: &Value| Api::of(home).post("/admin/links", &secret(home, "ADMIN_TOKEN")?, body);
        match &self.command {
            Some(Command::Show { link }) => print(&ask(&json!({"do": "show", "link": link}))?),
            Some(Command::Revoke { link }) => print(&ask(&json!({"do": "revoke", "link": link}))?),
            None => {
                let drop = self.drop.as_deref().unwrap_or_default();
                DropPath::parse(drop).context("--drop")?;
                if let Some(tier) = &self.tier {
                    Name::parse(tier).context("--tier")?;
                }
                let answer = ask(&json!({
                    "drop": drop,
                    "uses": self.uses,
                    "expires": self.expires,
                    "lasts": self.lasts,
                    "tier": self.tier,
                    "downloads": self.downloads,
                    "label": self.label,
                }))?;
                if self.json {
                    println!("{answer}");
                } else {
                    let url = answer.get("link").and_then(Value::as_str);
                    println!("{}", url.context("the worker's answer has no link")?);
                }
                Ok(())
            }
        }
    }
}

fn print(answer: &Value) -> Result<()> {
    println!("{}", serde_json::to_string_pretty(answer)?);
    Ok(())
}
