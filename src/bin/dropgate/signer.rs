//! Who signs: a key of the home, or a command that asks a key somewhere else.

use std::{
    cell::RefCell,
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use clap::Args;
use dropgate::{
    gate::{self, UPLOAD_LIFE, VerifyingKey},
    trust::{DropPath, PublicKey, Signer},
};

use crate::{duration::now, home::Home, init::signing, key::public_key};

/// Signing outside this machine.
#[derive(Args, Clone)]
pub struct SignerArgs {
    /// Sign with this command instead of a key of the home: it gets the bytes on
    /// its input and prints the Ed25519 signature, raw, in hex or in base64
    #[arg(long, value_name = "COMMAND", requires = "signer_key")]
    signer: Option<String>,

    /// The public key of --signer: a JWK or PEM file, or 64 hexadecimal digits
    #[arg(long, value_name = "KEY", requires = "signer")]
    signer_key: Option<String>,
}

impl SignerArgs {
    /// The signer that was named, if one was.
    pub fn external(&self) -> Result<Option<Box<dyn Signer>>> {
        let (Some(command), Some(key)) = (&self.signer, &self.signer_key) else {
            return Ok(None);
        };
        Ok(Some(Box::new(CommandSigner {
            command: command.clone(),
            key: public_key(key)?,
        })))
    }

    /// The signer of a role: the one that was named, or the key of that name.
    pub fn of(&self, home: &Home, name: &str) -> Result<Box<dyn Signer>> {
        match self.external()? {
            Some(signer) => Ok(signer),
            None => home_key(home, name),
        }
    }

    /// Whether [`Self::of`] has a key for this name.
    pub fn has(&self, home: &Home, name: &str) -> bool {
        self.signer.is_some() || home.has_key(name)
    }
}

/// A key of the home.
pub fn home_key(home: &Home, name: &str) -> Result<Box<dyn Signer>> {
    Ok(Box::new(signing(home.key(name)?)?))
}

/// A key that only a command can use.
struct CommandSigner {
    command: String,
    key: PublicKey,
}

impl CommandSigner {
    fn run(&self, message: &[u8]) -> Result<[u8; 64]> {
        let (shell, flag) = if cfg!(windows) {
            ("cmd", "/C")
        } else {
            ("sh", "-c")
        };
        let mut child = Command::new(shell)
            .args([flag, &self.command])
            .env("DROPGATE_SIGNER_KEY", self.key.to_hex())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} could not be started", self.command))?;
        if let Some(mut input) = child.stdin.take() {
            // A command that needs no input may have closed it.
            let _ = input.write_all(message);
        }
        let done = child.wait_with_output()?;
        if !done.status.success() {
            bail!("'{}' ended with {}", self.command, done.status);
        }
        let signature = signature(&done.stdout)
            .with_context(|| format!("'{}' printed no Ed25519 signature", self.command))?;
        if !self.key.verify(message, &signature) {
            bail!(
                "the signature of '{}' does not verify with its key, --signer-key",
                self.command
            );
        }
        Ok(signature)
    }
}

impl Signer for CommandSigner {
    fn public_key(&self) -> PublicKey {
        self.key
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], String> {
        self.run(message).map_err(|error| format!("{error:#}"))
    }
}

/// 64 bytes, as they are, in hexadecimal or in base64.
fn signature(printed: &[u8]) -> Option<[u8; 64]> {
    if let Ok(raw) = printed.try_into() {
        return Some(raw);
    }
    let text = std::str::from_utf8(printed).ok()?.trim();
    let bytes = if text.len() == 128 {
        (0..128)
            .step_by(2)
            .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
            .collect::<Option<Vec<u8>>>()?
    } else {
        STANDARD.decode(text).ok()?
    };
    bytes.try_into().ok()
}

/// Tokens for uploads to one drop; one is used for half its life, because a
/// signer may be a person who presses a button.
pub struct Tokens<'a> {
    signer: &'a dyn Signer,
    drop: &'a DropPath,
    audience: &'a str,
    last: RefCell<Option<(u64, String)>>,
}

impl<'a> Tokens<'a> {
    pub fn new(signer: &'a dyn Signer, drop: &'a DropPath, audience: &'a str) -> Self {
        Self {
            signer,
            drop,
            audience,
            last: RefCell::default(),
        }
    }

    /// A token that is good for a while.
    pub fn fresh(&self) -> Result<String> {
        let now = now()?;
        if let Some((made, token)) = self.last.borrow().as_ref()
            && now < made + UPLOAD_LIFE / 2
        {
            return Ok(token.clone());
        }
        let key = VerifyingKey::from_bytes(self.signer.public_key().0)?;
        let unsigned = gate::unsigned_upload(self.drop, self.audience, &key, now);
        let signature = self.signer.sign(unsigned.as_bytes());
        let signature = signature.map_err(anyhow::Error::msg)?;
        let token = gate::finish_upload(unsigned, &signature);
        *self.last.borrow_mut() = Some((now, token.clone()));
        Ok(token)
    }
}

/// The text of a file, if `name` is one.
pub fn text_of(name: &str) -> Result<Option<String>> {
    let path = Path::new(name);
    if !path.is_file() {
        return Ok(None);
    }
    let text = fs::read_to_string(path).with_context(|| format!("could not read {name}"))?;
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn a_signature_is_read_raw_in_hex_or_in_base64() {
        let raw = [0xab; 64];
        assert_eq!(signature(&raw), Some(raw));
        assert_eq!(signature("ab".repeat(64).as_bytes()), Some(raw));
        assert_eq!(
            signature(format!("{}\n", "AB".repeat(64)).as_bytes()),
            Some(raw)
        );
        let base64 = "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urqw==";
        assert_eq!(signature(base64.as_bytes()), Some(raw));
        for bad in ["", "no", &"g".repeat(128), &"é".repeat(64)] {
            assert_eq!(signature(bad.as_bytes()), None);
        }
    }
}
