//! `dropgate purge`: pictures that are to be made anew.

use anyhow::{Context, Result};
use clap::Args;
use dropgate::trust::{DropPath, Name};
use serde_json::{Value, json};

use crate::{api::Api, home::Home, init::secret};

/// Have pictures made anew: those of a drop or of one of its files, those by a preset, or those of both.
///
/// Within a minute no data centre shows what was made before. What browsers and
/// other caches keep is beyond reach: the time of a preset (`ttl`) says for how long.
#[derive(Args)]
pub struct Purge {
    /// The drop
    #[arg(long, value_name = "CREATOR/DROP", required_unless_present = "preset")]
    drop: Option<String>,

    /// One file of the drop
    #[arg(long, value_name = "NAME", requires = "drop")]
    file: Option<String>,

    /// The preset
    #[arg(long, value_name = "NAME@VERSION")]
    preset: Option<String>,
}

impl Purge {
    pub fn run(&self, home: &Home) -> Result<()> {
        if let Some(drop) = &self.drop {
            DropPath::parse(drop).context("--drop")?;
        }
        if let Some(file) = &self.file {
            Name::parse(file).context("--file")?;
        }
        // A look changes nothing, so that it is asked for even then.
        let body = json!({
            "drop": self.drop,
            "file": self.file,
            "preset": self.preset,
            "dry_run": home.is_dry_run,
        });
        let token = secret(home, "ADMIN_TOKEN")?;
        let answer = Api::new(&home.url).post("/admin/purge", &token, &body)?;
        let number = answer.get("pictures").and_then(Value::as_u64);
        let number = number.context("the worker's answer has no number of pictures")?;
        let done = if home.is_dry_run {
            "would be made"
        } else {
            "is made"
        };
        println!("what was made of {number} sources {done} anew when it is asked for");
        Ok(())
    }
}
