//! Delegations: which other role is trusted for which paths.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::TOP_LEVEL;
use crate::trust::Sha256;
use crate::trust::verify::{Keys, Signers};

/// The delegations of a targets role, in their signed order.
#[derive(Debug, Clone, Default)]
pub struct Delegations {
    /// The roles, highest priority first.
    pub roles: Vec<DelegatedRole>,
}

/// One delegation.
#[derive(Debug, Clone)]
pub struct DelegatedRole {
    /// The role's name.
    pub name: String,
    /// Who signs it.
    pub signers: Signers,
    /// Whether a path it covers is looked for nowhere after it.
    pub terminating: bool,
    pub(in crate::trust) scope: Scope,
}

/// Which paths a delegation covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::trust) enum Scope {
    /// Shell patterns, matched part by part.
    Paths(Vec<String>),
    /// Prefixes of the hexadecimal SHA-256 of the path.
    HashPrefixes(Vec<String>),
}

#[derive(Deserialize, Default)]
pub(super) struct RawDelegations {
    keys: BTreeMap<String, Value>,
    roles: Option<Vec<RawRole>>,
}

#[derive(Deserialize)]
struct RawRole {
    name: String,
    keyids: Vec<String>,
    threshold: u64,
    terminating: bool,
    paths: Option<Vec<String>>,
    path_hash_prefixes: Option<Vec<String>>,
}

impl Delegations {
    pub(super) fn read(raw: RawDelegations) -> Result<Self, &'static str> {
        let keys = Keys::read(&raw.keys)?;
        // Only the absent member may lack `roles`; the other form, succinct
        // roles (TAP 15), names roles no snapshot of this kind lists.
        let is_absent = raw.keys.is_empty() && raw.roles.is_none();
        let raw_roles = match raw.roles {
            Some(roles) => roles,
            None if is_absent => Vec::new(),
            None => return Err("delegations without roles are not supported"),
        };
        let mut names = BTreeSet::new();
        let mut roles = Vec::with_capacity(raw_roles.len());
        for role in raw_roles {
            if role.name.is_empty() || TOP_LEVEL.contains(&role.name.as_str()) {
                return Err("a delegation takes the name of a top-level role or none");
            }
            if !names.insert(role.name.clone()) {
                return Err("a role is delegated to twice");
            }
            roles.push(DelegatedRole {
                signers: Signers::resolve(&role.keyids, role.threshold, &keys)?,
                scope: Scope::read(role.paths, role.path_hash_prefixes)?,
                terminating: role.terminating,
                name: role.name,
            });
        }
        Ok(Self { roles })
    }

    /// The delegation to `role`.
    #[must_use]
    pub fn get(&self, role: &str) -> Option<&DelegatedRole> {
        self.roles.iter().find(|delegated| delegated.name == role)
    }
}

impl Scope {
    fn read(
        paths: Option<Vec<String>>,
        prefixes: Option<Vec<String>>,
    ) -> Result<Self, &'static str> {
        match (paths, prefixes) {
            // Clients disagree about what brackets match, so they match nothing here.
            (Some(paths), None) if paths.iter().any(|path| path.contains(['[', ']'])) => {
                Err("a path pattern uses brackets; only * and ? are supported")
            }
            (Some(paths), None) => Ok(Self::Paths(paths)),
            (None, Some(prefixes)) => Ok(Self::HashPrefixes(prefixes)),
            _ => Err("a delegation needs either paths or path_hash_prefixes"),
        }
    }
}

impl DelegatedRole {
    /// Whether the delegation covers `path`.
    #[must_use]
    pub fn covers(&self, path: &str) -> bool {
        match &self.scope {
            Scope::Paths(patterns) => patterns.iter().any(|pattern| path_matches(pattern, path)),
            Scope::HashPrefixes(prefixes) => {
                let digest = Sha256::of(path.as_bytes()).to_hex();
                prefixes.iter().any(|prefix| digest.starts_with(prefix))
            }
        }
    }

    /// Whether the delegation covers whatever file the folder of a drop,
    /// `creator/drop`, may hold: its last part is `*`. A hash prefix never does.
    #[must_use]
    pub fn covers_folder(&self, folder: &str) -> bool {
        let Scope::Paths(patterns) = &self.scope else {
            return false;
        };
        patterns.iter().any(|pattern| {
            pattern
                .strip_suffix("/*")
                .is_some_and(|pattern| path_matches(pattern, folder))
        })
    }
}

/// Whether `pattern` matches `path`: part by part, so that `*` and `?` never
/// match a `/` (TUF 1.0.34, 4.5 PATHPATTERN).
fn path_matches(pattern: &str, path: &str) -> bool {
    let (mut patterns, mut parts) = (pattern.split('/'), path.split('/'));
    loop {
        match (patterns.next(), parts.next()) {
            (Some(pattern), Some(part)) if part_matches(pattern, part) => {}
            (None, None) => return true,
            _ => return false,
        }
    }
}

/// `*` is any text, `?` any one character. On a mismatch only the last `*`
/// takes one character more, so a hostile pattern costs at most the product of
/// both lengths.
fn part_matches(pattern: &str, part: &str) -> bool {
    // The common case: a marketplace has a thousand creators' names to skip.
    if !pattern.contains(['*', '?']) {
        return pattern == part;
    }
    let (mut pattern, mut part) = (pattern.chars(), part.chars());
    let mut retry = None;
    loop {
        let mut ahead = pattern.clone();
        match (ahead.next(), part.clone().next()) {
            (Some('*'), _) => {
                retry = Some((ahead.clone(), part.clone()));
                pattern = ahead;
            }
            (Some(wanted), Some(found)) if wanted == '?' || wanted == found => {
                pattern = ahead;
                part.next();
            }
            (None, None) => return true,
            _ => {
                let Some((after_star, mut tail)) = retry else {
                    return false;
                };
                if tail.next().is_none() {
                    return false;
                }
                pattern = after_star.clone();
                part = tail.clone();
                retry = Some((after_star, tail));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::path_matches;

    #[test]
    fn stars_stop_at_slashes() {
        for (pattern, path, expected) in [
            ("alice/*/*", "alice/drop-7/cover.jpg", true),
            ("alice/*/*", "alice/drop-7", false),
            ("alice/*/*", "alice/drop-7/a/b", false),
            ("alice/*", "alice/drop-7/cover.jpg", false),
            ("*", "alice/x", false),
            ("*/*/*", "a/b/c", true),
            ("alice/*/*", "alicex/drop/f", false),
            ("alice/*/*.jpg", "alice/d/cover.jpg", true),
            ("alice/*/*.jpg", "alice/d/cover.png", false),
            ("alice/drop-?/f", "alice/drop-7/f", true),
            ("alice/drop-?/f", "alice/drop-77/f", false),
            ("a/?/c", "a///c", false),
            ("*a*b*c", "xxaxxbxxbc", true),
            ("*a*b*c", "xxaxxbxxbd", false),
            ("", "", true),
            ("", "a", false),
            ("a/", "a/", true),
            ("é?", "éé", true),
            ("Alice/*/*", "alice/d/f", false),
        ] {
            assert_eq!(path_matches(pattern, path), expected, "{pattern} {path}");
        }
        let hostile = "*a".repeat(200);
        assert!(!path_matches(&hostile, &format!("{}b", "a".repeat(2_000))));
    }
}
