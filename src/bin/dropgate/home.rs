//! The marketplace's home: a folder with its keys and what it signed last.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The folder, and the worker it belongs to.
pub struct Home {
    folder: PathBuf,
    /// The worker's address, without a slash at the end.
    pub url: String,
}

impl Home {
    /// The folder is `--home`, or `dropgate` in `DATA_DIR`, or that of the
    /// local server; the address is `--url`, or the local server's.
    pub fn find(home: Option<PathBuf>, url: Option<String>) -> Self {
        let data =
            || env::var_os("DATA_DIR").map_or_else(|| ".wrangler/state".into(), PathBuf::from);
        let port = || env::var("PORT").unwrap_or_else(|_| "8787".to_owned());
        let url = url.unwrap_or_else(|| format!("http://127.0.0.1:{}", port()));
        Self {
            folder: home.unwrap_or_else(|| data().join("dropgate")),
            url: url.trim_end_matches('/').to_owned(),
        }
    }

    /// A file in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Makes the folder, for its owner only.
    pub fn create(&self) -> Result<()> {
        for name in ["keys", "metadata"] {
            let folder = self.path(name);
            fs::create_dir_all(&folder)
                .with_context(|| format!("could not make the folder {}", folder.display()))?;
        }
        Ok(())
    }

    /// Reads a file of the folder, saying how to make it if it is missing.
    pub fn read(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.path(name);
        fs::read(&path).with_context(|| {
            format!(
                "{} cannot be read; 'dropgate init' makes a marketplace, --home names another folder",
                path.display()
            )
        })
    }

    /// Makes a new key and its file; never overwrites one.
    pub fn new_key(&self, name: &str) -> Result<[u8; 32]> {
        let seed = random()?;
        let public = dropgate::gate::SigningKey::from_seed(seed)?.public();
        let jwk = json!({
            "kty": "OKP",
            "crv": "Ed25519",
            "x": URL_SAFE_NO_PAD.encode(public.to_bytes()),
            "d": URL_SAFE_NO_PAD.encode(seed),
        });
        write_secret(&self.key_path(name), format!("{jwk}\n").as_bytes())?;
        Ok(seed)
    }

    /// Whether a key of this name exists.
    pub fn has_key(&self, name: &str) -> bool {
        self.key_path(name).exists()
    }

    /// The seed of a key.
    pub fn key(&self, name: &str) -> Result<[u8; 32]> {
        let path = self.key_path(name);
        let text = fs::read_to_string(&path)
            .with_context(|| format!("the key {} cannot be read", path.display()))?;
        let jwk: Value = serde_json::from_str(&text)
            .with_context(|| format!("{} is not a JWK", path.display()))?;
        jwk.get("d")
            .and_then(Value::as_str)
            .and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())
            .and_then(|bytes| bytes.try_into().ok())
            .with_context(|| format!("{} holds no Ed25519 private key", path.display()))
    }

    fn key_path(&self, name: &str) -> PathBuf {
        self.path(&format!("keys/{name}.jwk"))
    }
}

/// Bytes from the system's cryptographic source.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(bytes)
}

/// Writes a new file that only its owner may read; refuses one that exists.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            bail!("{} exists; it is never overwritten", path.display())
        }
        Err(error) => {
            return Err(error).with_context(|| format!("could not write {}", path.display()));
        }
    };
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(())
}

/// Writes a secret file so that it is either the old one or the whole new one.
pub fn replace_secret(path: &Path, bytes: &[u8]) -> Result<()> {
    let beside = path.with_extension("new");
    write_secret(&beside, bytes)?;
    fs::rename(&beside, path).with_context(|| format!("could not write {}", path.display()))
}

/// Writes a file so that it is either the old one or the whole new one.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let beside = path.with_extension("new");
    fs::write(&beside, bytes)
        .and_then(|()| fs::rename(&beside, path))
        .with_context(|| format!("could not write {}", path.display()))
}
