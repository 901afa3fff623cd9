//! Signed roles on their way to the worker.

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use dropgate::trust::{Delegation, Draft, DropPath, Name, PublicKey, Signer, peek};
use serde_json::{Map, Value, json};

use crate::{
    api::{Api, DryRun},
    chain::Chain,
    duration::now,
    home::{Home, write_atomically},
    init::secret,
};

/// How long the marketplace's and a creator's lists live; each change renews.
pub const LIST_LIFE: u64 = 365 * 86_400;

/// Role names and their files, to be published together.
#[derive(Default)]
pub struct Submission(Vec<(String, u64, Vec<u8>)>);

impl Submission {
    /// Signs a draft as the file of `role`.
    pub fn sign(&mut self, role: &str, draft: &Draft, signers: &[&dyn Signer]) -> Result<()> {
        let file = draft.sign(role, signers)?;
        self.add(role, draft.version(), file);
        Ok(())
    }

    /// Adds a file that is signed.
    pub fn add(&mut self, role: &str, version: u64, file: Vec<u8>) {
        self.0.push((role.to_owned(), version, file));
    }

    /// How many roles.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Publishes all of them, or none.
    pub fn submit(&self, api: &Api, home: &Home, bearer: &str) -> Result<()> {
        if home.is_dry_run {
            let roles = self.0.iter();
            let roles: Vec<_> = roles
                .map(|(role, version, _)| format!("version {version} of {role}"))
                .collect();
            return Err(DryRun(format!("publish {}", roles.join(", "))).into());
        }
        let roles: Map<String, Value> = self
            .0
            .iter()
            .map(|(role, _, file)| (role.clone(), Value::String(STANDARD.encode(file))))
            .collect();
        api.post("/admin/metadata", bearer, &json!({ "roles": roles }))?;
        for (role, version, file) in &self.0 {
            if ["root", "targets"].contains(&role.as_str()) {
                let name = format!("metadata/{version}.{role}.json");
                write_atomically(&home.path(&name), file)?;
            }
        }
        Ok(())
    }
}

/// The operator's token: `DROPGATE_ADMIN_TOKEN`, or the one in the home.
pub fn operator(home: &Home) -> Result<String> {
    match std::env::var("DROPGATE_ADMIN_TOKEN") {
        Ok(token) => Ok(token),
        Err(_) => secret(home, "ADMIN_TOKEN")
            .context("only an operator may do this: set DROPGATE_ADMIN_TOKEN, or --home"),
    }
}

/// The next version of a list, or its first.
pub fn next_list(chain: &mut Chain, role: &str) -> Result<Draft> {
    let expires = now()? + LIST_LIFE;
    Ok(match chain.file(role)? {
        Some(published) => Draft::next(role, &published, expires)?,
        None => Draft::targets(expires),
    })
}

/// The marketplace's list with a delegation to a creator.
pub fn targets_with(chain: &mut Chain, creator: &Name, keys: &[PublicKey]) -> Result<Draft> {
    let mut draft = next_list(chain, "targets")?;
    draft.delegate(&Delegation::to_creator(creator, keys));
    Ok(draft)
}

/// The drops a creator's published list delegates to.
pub fn drops_of(chain: &mut Chain, creator: &Name) -> Result<Vec<DropPath>> {
    let Some(list) = chain.file(creator.as_str())? else {
        return Ok(Vec::new());
    };
    let delegated = peek::delegated_by(creator.as_str(), &list)?.into_iter();
    Ok(delegated
        .filter_map(|role| DropPath::from_role(&role.name))
        .collect())
}
