//! `dropgate sign-url`: URLs that may ask for anything.

use anyhow::{Context, Result, bail};
use clap::Args;
use dropgate::media::{recipe::RawRecipe, signed_url::KeyRing};

use crate::{
    duration::{now, seconds},
    home::Home,
    init::secret,
};

/// Sign the URL of a picture, so that any option can be asked for.
///
/// Without a signature the worker snaps sizes and qualities to a few steps and
/// takes few options. The first of the URL keys signs ('dropgate url-keys').
/// Works offline: nothing is asked of the worker.
#[derive(Args)]
pub struct SignUrl {
    /// The URL or its path: /img/{options}/{creator}/{drop}/{file}, or one under /iiif/3/
    #[arg(value_name = "URL")]
    picture: String,

    /// How long the signature holds; for ever without it
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    expires: Option<u64>,
}

impl SignUrl {
    pub fn run(&self, home: &Home) -> Result<()> {
        let (origin, path) = self.parts(home)?;
        check(path)?;
        let keys = KeyRing::parse(&secret(home, "URL_KEYS")?)?;
        let expires = match self.expires {
            Some(seconds) => Some(now()? + seconds),
            None => None,
        };
        println!("{origin}{}", keys.sign(path, expires)?);
        Ok(())
    }

    /// The address and the path; a path alone is one of this worker.
    fn parts<'a>(&'a self, home: &'a Home) -> Result<(&'a str, &'a str)> {
        if self.picture.starts_with('/') {
            return Ok((&home.url, &self.picture));
        }
        let host = self.picture.find("://").map_or(0, |at| at + 3);
        let at = self.picture.get(host..).and_then(|rest| rest.find('/'));
        let at = at.context("the URL has no path")?;
        self.picture
            .split_at_checked(host + at)
            .context("the URL has no path")
    }
}

/// Options that the worker would refuse are refused before they are signed.
fn check(path: &str) -> Result<()> {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["", "img", "cdn-cgi", "image", options, ..]
        | ["", "cdn-cgi", "image", options, ..]
        | ["", "img", options, _, _, _] => {
            RawRecipe::parse(options)?;
            Ok(())
        }
        ["", "iiif", "3", ..] => Ok(()),
        _ => bail!(
            "{path} is not the path of a picture: it begins with /img/, /cdn-cgi/image/ or /iiif/3/"
        ),
    }
}
