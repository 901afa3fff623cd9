//! `dropgate key`: keys in the forms other tools read.

use anyhow::{Context, Result, bail};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use clap::{Args, Subcommand, ValueEnum};
use dropgate::trust::{PublicKey, Signer};
use serde_json::{Value, json};

use crate::{home::Home, init::signing, signer::text_of};

/// RFC 8410: what precedes the 32 bytes of an Ed25519 public key in DER.
const SPKI: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];
/// And those of a private one (PKCS #8).
const PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// Make keys, and write them in the forms other tools read.
#[derive(Subcommand)]
pub enum Keys {
    /// Make a new key in the home and print its public half
    New(New),
    /// Print a key: its public half, unless --private is given
    Export(Export),
}

#[derive(Args)]
pub struct New {
    /// Its name: the creator's, for a creator's key
    name: String,
}

#[derive(Args)]
pub struct Export {
    /// The key: root-1, root-2, targets, issuer or a creator's name
    name: String,

    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Jwk)]
    format: Format,

    /// The private key. Whoever has it signs in that name
    #[arg(long)]
    private: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// RFC 8037
    Jwk,
    /// RFC 8410, as openssl writes it
    Pem,
    /// The public key as TUF metadata has it
    Tuf,
}

impl Keys {
    pub fn run(self, home: &Home) -> Result<()> {
        match self {
            Self::New(new) => {
                let seed = home.new_key(&new.name)?;
                println!("{}", jwk(signing(seed)?.public_key()));
            }
            Self::Export(export) => println!("{}", export.text(home)?),
        }
        Ok(())
    }
}

impl Export {
    fn text(&self, home: &Home) -> Result<String> {
        let seed = home.key(&self.name)?;
        let public = signing(seed)?.public_key();
        Ok(match (self.format, self.private) {
            (Format::Jwk, false) => jwk(public).to_string(),
            (Format::Jwk, true) => {
                let mut key = jwk(public);
                if let Value::Object(key) = &mut key {
                    key.insert("d".to_owned(), URL_SAFE_NO_PAD.encode(seed).into());
                }
                key.to_string()
            }
            (Format::Pem, false) => pem("PUBLIC KEY", &[&SPKI[..], &public.0].concat()),
            (Format::Pem, true) => pem("PRIVATE KEY", &[&PKCS8[..], &seed].concat()),
            (Format::Tuf, false) => public.to_tuf().to_string(),
            (Format::Tuf, true) => {
                bail!("TUF metadata holds public keys only; leave out --private")
            }
        })
    }
}

fn jwk(key: PublicKey) -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(key.0)})
}

fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----")
}

/// A public key: the name of a JWK or PEM file, or 64 hexadecimal digits.
pub fn public_key(name: &str) -> Result<PublicKey> {
    let how = "a public key is a JWK or PEM file, or 64 hexadecimal digits";
    let Some(text) = text_of(name)? else {
        return PublicKey::from_hex(name).with_context(|| format!("{name:?}: {how}"));
    };
    from_text(&text).with_context(|| format!("{name} holds no Ed25519 public key: {how}"))
}

fn from_text(text: &str) -> Option<PublicKey> {
    let bytes = match serde_json::from_str::<Value>(text) {
        Ok(jwk) if jwk.get("crv")?.as_str()? == "Ed25519" => {
            URL_SAFE_NO_PAD.decode(jwk.get("x")?.as_str()?).ok()?
        }
        Ok(_) => return None,
        Err(_) if text.contains("BEGIN PUBLIC KEY") => {
            let lines = text.lines().filter(|line| !line.starts_with("---"));
            let der = STANDARD
                .decode(lines.map(str::trim).collect::<String>())
                .ok()?;
            der.strip_prefix(&SPKI)?.to_vec()
        }
        Err(_) => return PublicKey::from_hex(text.trim()),
    };
    Some(PublicKey(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with openssl 3: `openssl genpkey -algorithm ed25519`, `pkey -pubout`;
    /// the key is that of RFC 8032, 7.1, test 1.
    #[test]
    fn a_key_is_read_in_every_form_that_is_written() {
        let hex = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let key = PublicKey::from_hex(hex).unwrap();
        let openssl = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----";
        assert_eq!(pem("PUBLIC KEY", &[&SPKI[..], &key.0].concat()), openssl);
        assert_eq!(from_text(openssl), Some(key));
        assert_eq!(from_text(&jwk(key).to_string()), Some(key));
        assert_eq!(from_text(&format!("{hex}\n")), Some(key));
        for bad in [
            "",
            "{}",
            "{\"crv\":\"P-256\",\"x\":\"\"}",
            "-----BEGIN PUBLIC KEY-----",
        ] {
            assert_eq!(from_text(bad), None);
        }
    }
}
