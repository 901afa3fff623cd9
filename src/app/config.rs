//! The worker's settings, parsed once per isolate.

use std::{fmt, rc::Rc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac_sha256::HMAC;

use super::{receipt::Notary, seal::SealKey};
use crate::{
    delivery::plan::Verify,
    evidence::Signer,
    gate::{
        Gate, Issuers, Salt, Seen, SigningKey, Tiers, VerifyingKey, code::Pepper,
        consent::ConsentKey, link::NonceKey,
    },
    media::{
        codec::is_foreign, iiif, negotiate::Formats, preset::PresetBook, recipe::Output,
        signed_url::KeyRing,
    },
    metrics::PriceSheet,
    trust,
};

/// The `iss` of grants this edge mints itself (redeemed codes).
pub const EDGE_ISSUER: &str = "dropgate";

/// A setting is missing or malformed. For the operator: names the setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The variable or secret.
    pub name: &'static str,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the setting {} is wrong: {}", self.name, self.why)
    }
}

impl std::error::Error for ConfigError {}

/// The settings.
pub struct Config {
    /// Whom the gate trusts.
    pub gate: Rc<Gate>,
    /// When stored bytes are hashed on their way out.
    pub verify: Verify,
    /// Named recipes.
    pub presets: PresetBook,
    /// The formats the operator has chosen to serve.
    pub formats: Formats,
    /// What the IIIF Image API offers without a signature.
    pub iiif: iiif::Level,
    /// The keys that sign image URLs.
    pub url_keys: KeyRing,
    /// Seals derivatives.
    pub seal: SealKey,
    /// Signs timestamp and snapshot.
    pub online: trust::SigningKey,
    /// Signs grants.
    pub edge: SigningKey,
    /// Signs receipts and checkpoints, with the same key.
    pub notary: Notary,
    /// Keeps stored codes from being guessed.
    pub pepper: Pepper,
    /// Keeps stored devices and subjects from being guessed.
    pub salt: Salt,
    /// Proves that a link's page was shown to a device.
    pub nonces: NonceKey,
    /// Seals what a device has agreed to.
    pub consents: ConsentKey,
    /// The signing secrets of Stripe's endpoints; several while one is rolled.
    pub stripe_secrets: Vec<String>,
    /// What the pages call the marketplace.
    pub site: String,
    /// What operations cost.
    pub prices: PriceSheet,
    /// Whether everyone may read `/metrics`.
    pub metrics_open: bool,
    operator: [u8; 32],
}

impl Config {
    /// Reads the settings: variables of `wrangler.toml` and secrets.
    pub fn read(setting: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let read = Reader(&setting);
        let audience = read.text("AUDIENCE")?;
        let notary = Signer::new(&audience, read.key("EDGE_KEY")?)
            .map_err(|error| wrong("EDGE_KEY", error))?;
        let edge = SigningKey::from_seed(read.key("EDGE_KEY")?)
            .map_err(|error| wrong("EDGE_KEY", error))?;
        let issuers = Issuers::from_config(&read.text("ISSUERS")?)
            .map_err(|error| wrong("ISSUERS", error))?
            .with(EDGE_ISSUER, edge.public());
        Ok(Self {
            gate: Rc::new(Gate {
                audience,
                issuers: issuers.into(),
                tiers: Tiers::parse(&read.or_empty("TIERS")),
                seen: Seen::default(),
            }),
            verify: match read.or_empty("VERIFY").as_str() {
                "" | "bound" => Verify::Auto,
                "always" => Verify::Always,
                other => {
                    return Err(wrong(
                        "VERIFY",
                        format!("{other:?} is neither bound nor always"),
                    ));
                }
            },
            presets: match read.or_empty("PRESETS").as_str() {
                "" => PresetBook::default(),
                text => PresetBook::parse(text).map_err(|error| wrong("PRESETS", error))?,
            },
            formats: formats(&read.or_empty("CODECS"))?,
            iiif: match read.or_empty("IIIF").as_str() {
                "" | "level2" => iiif::Level::Two,
                "level0" => iiif::Level::Zero,
                other => {
                    return Err(wrong(
                        "IIIF",
                        format!("{other:?} is neither level2 nor level0"),
                    ));
                }
            },
            url_keys: match read.or_empty("URL_KEYS").as_str() {
                "" => KeyRing::none(),
                text => KeyRing::parse(text).map_err(|error| wrong("URL_KEYS", error))?,
            },
            seal: SealKey::new(read.key("SEAL_KEY")?),
            online: trust::SigningKey::from_seed(read.key("ONLINE_KEY")?)
                .ok_or_else(|| wrong("ONLINE_KEY", "it is all zeros"))?,
            pepper: Pepper::new(read.key("CODE_PEPPER")?),
            nonces: NonceKey::new(HMAC::mac("link nonces", read.key("CODE_PEPPER")?)),
            consents: ConsentKey::new(HMAC::mac("consents", read.key("CODE_PEPPER")?)),
            salt: Salt::new(read.key("SUBJECT_SALT")?),
            stripe_secrets: read
                .or_empty("STRIPE_SECRETS")
                .split(',')
                .map(|secret| secret.trim().to_owned())
                .filter(|secret| !secret.is_empty())
                .collect(),
            prices: match read.or_empty("PRICES").as_str() {
                "" => PriceSheet::default(),
                text => PriceSheet::parse(text).map_err(|error| wrong("PRICES", error))?,
            },
            metrics_open: match read.or_empty("METRICS_OPEN").as_str() {
                "" | "no" => false,
                "yes" => true,
                other => {
                    return Err(wrong(
                        "METRICS_OPEN",
                        format!("{other:?} is neither yes nor no"),
                    ));
                }
            },
            operator: HMAC::mac(OPERATOR, read.text("ADMIN_TOKEN")?),
            site: Some(read.or_empty("SITE_NAME"))
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| "dropgate".to_owned()),
            edge,
            notary: Rc::new(notary),
        })
    }

    /// Whether this is the operator's token. Codes made with the tokens are
    /// compared, in a time that says nothing about either.
    pub(super) fn is_operator(&self, token: &str) -> bool {
        HMAC::verify(OPERATOR, token, &self.operator)
    }

    /// The key that checks what this edge signs.
    pub(super) fn edge_key(&self) -> VerifyingKey {
        self.edge.public()
    }
}

/// What the operator's token makes a code of.
const OPERATOR: &str = "operator";

struct Reader<'a, F>(&'a F);

impl<F: Fn(&str) -> Option<String>> Reader<'_, F> {
    fn or_empty(&self, name: &'static str) -> String {
        (self.0)(name).unwrap_or_default()
    }

    fn text(&self, name: &'static str) -> Result<String, ConfigError> {
        let text = self.or_empty(name);
        if text.is_empty() {
            return Err(wrong(name, "it is not set; 'dropgate init' writes it"));
        }
        Ok(text)
    }

    /// 32 bytes in base64url.
    fn key(&self, name: &'static str) -> Result<[u8; 32], ConfigError> {
        let text = self.text(name)?;
        let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('='));
        bytes
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| wrong(name, "it is not 32 bytes in base64url"))
    }
}

/// The formats of these codec modules, with those that need none.
fn formats(codecs: &str) -> Result<Formats, ConfigError> {
    codecs
        .split_whitespace()
        .try_fold(Formats::BUILT_IN, |formats, name| {
            match Output::parse(name) {
                Some(output) if is_foreign(output) => Ok(formats.with(output)),
                _ => Err(wrong("CODECS", format!("there is no codec {name:?}"))),
            }
        })
}

fn wrong(name: &'static str, why: impl fmt::Display) -> ConfigError {
    ConfigError {
        name,
        why: why.to_string(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Settings with fixed keys.
    pub(crate) fn setting(name: &str) -> Option<String> {
        let key = |byte| Some(URL_SAFE_NO_PAD.encode([byte; 32]));
        match name {
            "EDGE_KEY" => key(1),
            "ONLINE_KEY" => key(2),
            "SEAL_KEY" => key(3),
            "CODE_PEPPER" => key(4),
            "SUBJECT_SALT" => key(5),
            "ADMIN_TOKEN" => Some("operator".to_owned()),
            "AUDIENCE" => Some("dropgate".to_owned()),
            "ISSUERS" => Some("[]".to_owned()),
            "CODECS" => Some("webp avif jxl".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn settings_are_read_and_a_wrong_one_is_named() {
        let config = Config::read(setting).unwrap();
        assert!(config.is_operator("operator"));
        assert!(!config.is_operator(""));
        for (name, value) in [
            ("EDGE_KEY", "short"),
            ("AUDIENCE", ""),
            ("ISSUERS", "{"),
            ("VERIFY", "sometimes"),
            ("PRESETS", "[]"),
            ("URL_KEYS", "nokey"),
            ("CODECS", "webp png"),
            ("PRICES", "{\"egress\":1}"),
            ("METRICS_OPEN", "perhaps"),
            ("IIIF", "level1"),
        ] {
            let read = Config::read(|wanted| {
                if wanted == name {
                    Some(value.to_owned())
                } else {
                    setting(wanted)
                }
            });
            assert_eq!(read.err().map(|error| error.name), Some(name));
        }
    }
}
