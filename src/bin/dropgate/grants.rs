//! `dropgate grants` and `dropgate explain`: what the worker makes of a grant.

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use dropgate::{app::diagnosis::Diagnosis, trust::TargetPath};
use serde_json::{Value, json};

use crate::{api::Api, diagnosis, home::Home, init::secret};

/// Look at a grant as the worker knows it, and change that.
#[derive(Subcommand)]
pub enum Grants {
    /// Show its limits, what was used of them, and whether it was revoked
    Show(Which),
    /// Allow more downloads or bytes than it says
    Extend(Extend),
    /// Forget what was used, and by which device
    Reset(Which),
    /// Take it back: within a minute it opens nothing
    Revoke(Which),
    /// Stop it for a while, such as during a dispute
    Suspend(Which),
    /// Make a revoked or suspended grant good again
    Restore(Which),
}

/// A grant.
#[derive(Args)]
pub struct Which {
    /// The token
    #[arg(value_name = "TOKEN")]
    token: String,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A grant and how much more it may take.
#[derive(Args)]
pub struct Extend {
    #[command(flatten)]
    which: Which,

    /// How many more downloads
    #[arg(long, value_name = "N", required_unless_present = "bytes")]
    downloads: Option<u64>,

    /// How many more bytes
    #[arg(long, value_name = "N")]
    bytes: Option<u64>,
}

impl Grants {
    pub fn run(&self, home: &Home) -> Result<()> {
        let (which, action, more) = match self {
            Self::Show(which) => (which, "show", (None, None)),
            Self::Extend(extend) => (&extend.which, "extend", (extend.downloads, extend.bytes)),
            Self::Reset(which) => (which, "reset", (None, None)),
            Self::Revoke(which) => (which, "revoke", (None, None)),
            Self::Suspend(which) => (which, "suspend", (None, None)),
            Self::Restore(which) => (which, "restore", (None, None)),
        };
        let answer = Api::of(home).post(
            "/admin/grants",
            &secret(home, "ADMIN_TOKEN")?,
            &json!({"grant": which.token, "do": action, "downloads": more.0, "bytes": more.1}),
        )?;
        if which.json {
            println!("{answer}");
        } else {
            print!("{}", described(&answer));
        }
        Ok(())
    }
}

/// One fact a line.
fn described(answer: &Value) -> String {
    let text = |name: &str| answer.get(name).map(plain).unwrap_or_default();
    let budget = |name: &str| {
        let number = |group: &str| answer.get(group)?.get(name)?.as_u64();
        let limit = number("limits").map_or_else(
            || "no limit".to_owned(),
            |limit| format!("of {}", limit.saturating_add(number("added").unwrap_or(0))),
        );
        format!("{name:<10} {} used, {limit}", number("used").unwrap_or(0))
    };
    let bound = if text("bound") == "true" { "yes" } else { "no" };
    let mut lines = vec![
        format!("expires    {}", text("expires")),
        format!("opens      {}", text("paths")),
        budget("downloads"),
        budget("bytes"),
        format!("bound      {bound}"),
        format!("status     {}", text("status")),
    ];
    if text("refused") != "0" {
        let times = text("refused");
        lines.push(format!("refused    {times} times since it was revoked"));
    }
    lines.join("\n") + "\n"
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Say what a problem's code means, or why a grant opens a file or not.
///
/// The short code that every problem shows says what happened, where and when,
/// without asking the worker. For a token the worker goes through it claim by
/// claim; then it ends with 0 if the grant opens the file, with 1 if not.
#[derive(Args)]
pub struct Explain {
    /// A problem's code, such as K7Q29-F3MAX, or a grant's token
    #[arg(value_name = "CODE|TOKEN")]
    token: String,

    /// With a token: the file, CREATOR/DROP/FILE
    #[arg(long, value_name = "PATH")]
    path: Option<String>,

    /// As if the request came from this address
    #[arg(long, value_name = "IP")]
    address: Option<std::net::IpAddr>,

    /// As if it came from this country (two letters)
    #[arg(long, value_name = "CC")]
    country: Option<String>,

    /// As if it came to this edge location (three letters)
    #[arg(long, value_name = "IATA")]
    colo: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Explain {
    pub fn run(&self, home: &Home) -> Result<()> {
        if let Some(diagnosis) = Diagnosis::read(&self.token) {
            print!("{}", diagnosis::told(&diagnosis));
            return Ok(());
        }
        let is_token = self.token.split('.').count() == 3;
        let path = self.path.as_deref().context(if is_token {
            "this is a grant's token: say with --path CREATOR/DROP/FILE what it shall open"
        } else {
            "this is no code of a problem: one looks like K7Q29-F3MAA, and its last sign checks \
             the others, so compare it letter by letter. A grant's token needs --path"
        })?;
        TargetPath::parse(path).context("--path")?;
        let answer = Api::of(home).post(
            "/admin/explain",
            &secret(home, "ADMIN_TOKEN")?,
            &json!({
                "grant": self.token,
                "path": path,
                "address": self.address,
                "country": self.country,
                "colo": self.colo,
            }),
        )?;
        let opens = answer.get("opens").and_then(Value::as_bool) == Some(true);
        if self.json {
            println!("{answer}");
        } else {
            for step in answer
                .get("steps")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                let text = |name: &str| step.get(name).map(plain).unwrap_or_default();
                let mark = match text("verdict").as_str() {
                    "pass" => "ok  ",
                    "fail" => "FAIL",
                    _ => "-   ",
                };
                println!("{mark} {:<10} {}", text("claim"), text("sentence"));
            }
        }
        if opens {
            eprintln!("dropgate: the grant opens {path}");
            return Ok(());
        }
        bail!("the grant does not open {path}")
    }
}
