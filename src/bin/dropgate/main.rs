//! The `dropgate` command line: founds a marketplace, publishes drops, mints
//! grants and codes. `dropgate help` teaches it.

mod api;
mod audit;
mod chain;
mod codes;
mod creator;
mod dashboard;
mod diagnosis;
mod drop_toml;
mod duration;
mod evidence;
mod folder;
mod grant;
mod grants;
mod home;
mod init;
mod key;
mod link;
mod log_key;
mod measure;
mod parts;
mod patience;
mod publish;
mod purge;
mod receipt;
mod retire;
mod roles;
mod root;
mod sheet;
mod sign_url;
mod signer;
mod status;
#[cfg(feature = "tuf-client")]
mod tuf_client;
mod upload;
mod url_keys;
mod verify;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use home::Home;

/// Publish signed drops to a dropgate worker and let people have them.
///
/// A marketplace has a home: a folder with its keys. Everything a command
/// needs is found there or at the worker's address.
#[derive(Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "\
First steps:
  dropgate init                                      make a marketplace's keys
  dropgate publish ./my-drop --creator alice --create
  dropgate grant --drop alice/my-drop --expires 24h
  dropgate status                                    what is published, and until when
"
)]
struct Cli {
    /// The marketplace's home [default: dropgate in `DATA_DIR`, or in .wrangler/state]
    #[arg(long, global = true, env = "DROPGATE_HOME", value_name = "DIR")]
    home: Option<PathBuf>,

    /// The worker's address [default: http://127.0.0.1:PORT, or port 8787]
    #[arg(long, global = true, env = "DROPGATE_URL", value_name = "URL")]
    url: Option<String>,

    /// Say what would be done and change nothing
    #[arg(long, global = true)]
    dry_run: bool,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the keys and the first signed metadata of a new marketplace
    Init(init::Init),
    /// Hash, upload, sign and publish the files of a folder as a drop
    Publish(publish::Publish),
    /// Say what publishing a folder would change
    Diff(publish::Diff),
    /// Show what is published and how long it is good
    Status(status::Status),
    /// Pull a drop
    Retire(retire::Retire),
    /// Sign lists and drops again before they expire
    Resign(retire::Resign),
    /// Let creators in, change their keys, or let them go
    #[command(subcommand)]
    Creator(creator::Creators),
    /// Renew the root, and replace the keys it names
    #[command(subcommand)]
    Root(root::Roots),
    /// Make keys, and write them in the forms other tools read
    #[command(subcommand)]
    Key(key::Keys),
    /// Check a file against the signed chain, offline too
    Verify(verify::Verify),
    /// A TUF client for conformance tests
    #[cfg(feature = "tuf-client")]
    TufClient(tuf_client::TufClient),
    /// Mint a grant: a token that opens files
    Grant(grant::Grant),
    /// Look at a grant as the worker knows it; extend, reset or revoke it
    #[command(subcommand)]
    Grants(grants::Grants),
    /// Say what a problem's code means, or claim by claim why a grant opens a file or not
    Explain(grants::Explain),
    /// Make redemption codes for cards, receipts and screens
    #[command(subcommand)]
    Codes(codes::Codes),
    /// Check receipts
    #[command(subcommand)]
    Receipt(receipt::Receipts),
    /// Put together, or check, all that is known about a drop, a grant or a receipt
    Evidence(evidence::Evidence),
    /// Derive a log anew from its entries and compare every tile
    Audit(audit::Audit),
    /// Make a link to the numbers: the marketplace's, or a creator's own
    Dashboard(dashboard::Dashboard),
    /// Make a link that can be opened a few times, and then no more
    Link(link::Link),
    /// Have pictures made anew
    Purge(purge::Purge),
    /// Sign the URL of a picture, so that any option can be asked for
    SignUrl(sign_url::SignUrl),
    /// The keys that sign URLs: list, add, remove
    #[command(subcommand)]
    UrlKeys(url_keys::UrlKeys),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let home = Home::find(cli.home, cli.url, cli.dry_run);
    let done = match cli.command {
        Command::Init(init) => init.run(&home),
        Command::Publish(publish) => publish.run(&home),
        Command::Diff(diff) => diff.run(&home),
        Command::Status(status) => status.run(&home),
        Command::Retire(retire) => retire.run(&home),
        Command::Resign(resign) => resign.run(&home),
        Command::Creator(creators) => creators.run(&home),
        Command::Root(roots) => roots.run(&home),
        Command::Key(keys) => keys.run(&home),
        Command::Verify(verify) => verify.run(&home),
        #[cfg(feature = "tuf-client")]
        Command::TufClient(client) => client.run(),
        Command::Grant(grant) => grant.run(&home),
        Command::Grants(grants) => grants.run(&home),
        Command::Explain(explain) => explain.run(&home),
        Command::Codes(codes) => codes.run(&home),
        Command::Receipt(receipts) => receipts.run(&home),
        Command::Evidence(evidence) => evidence.run(&home),
        Command::Audit(audit) => audit.run(&home),
        Command::Dashboard(dashboard) => dashboard.run(&home),
        Command::Link(link) => link.run(&home),
        Command::Purge(purge) => purge.run(&home),
        Command::SignUrl(sign) => sign.run(&home),
        Command::UrlKeys(keys) => keys.run(&home),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<api::DryRun>() => {
            println!("would {error}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("dropgate: {error:#}");
            ExitCode::FAILURE
        }
    }
}
