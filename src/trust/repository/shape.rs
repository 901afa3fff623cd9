//! The form of the marketplace's metadata: TUF allows more than the edge serves.
//!
//! The snapshot has one flat space of role names, so a creator who could
//! delegate to `bob.drop-1` could take bob's place in it. Names and paths are
//! therefore fixed: `targets` delegates `alice` for `alice/*/*`, and `alice`
//! delegates `alice.drop-7` for `alice/drop-7/*`.

use super::SubmitError;
use crate::trust::metadata::{DelegatedRole, Scope, Targets};
use crate::trust::{DropPath, Name};

/// Checks the top-level targets.
pub(super) fn check_targets(targets: &Targets) -> Result<(), SubmitError> {
    check_delegator("targets", targets, |delegated| {
        let creator = Name::parse_creator(&delegated.name).ok()?;
        Some(format!("{creator}/*/*"))
    })
}

/// Checks a creator's role.
pub(super) fn check_creator(creator: &str, targets: &Targets) -> Result<(), SubmitError> {
    check_delegator(creator, targets, |delegated| {
        let drop = DropPath::from_role(&delegated.name)?;
        (drop.creator.as_str() == creator).then(|| format!("{drop}/*"))
    })
}

/// Checks a drop's role.
pub(super) fn check_drop(role: &str, targets: &Targets) -> Result<(), SubmitError> {
    let manifest = targets.manifest.as_ref();
    let manifest = manifest.ok_or_else(|| shape(role, "a drop needs the signed member x-drop"))?;
    let length_of = |name: &Name| manifest.file(name).map(|file| file.length);
    let stages = manifest.facts.check_stages(length_of);
    stages.map_err(|why| shape(role, &why))?;
    if !targets.delegations.roles.is_empty() {
        return Err(shape(role, "a drop delegates to no one"));
    }
    Ok(())
}

/// Checks a role that only delegates; `path_of` says which path a delegation
/// must have, or that it may not be there.
fn check_delegator(
    role: &str,
    targets: &Targets,
    path_of: impl Fn(&DelegatedRole) -> Option<String>,
) -> Result<(), SubmitError> {
    if !targets.targets.is_empty() {
        return Err(shape(role, "files belong into a drop's role"));
    }
    for delegated in &targets.delegations.roles {
        let Some(path) = path_of(delegated) else {
            let why = format!("it may not delegate to {:?}", delegated.name);
            return Err(shape(role, &why));
        };
        if !delegated.terminating || delegated.scope != Scope::Paths(vec![path.clone()]) {
            let why = format!(
                "the delegation to {} must be terminating and cover exactly {path}",
                delegated.name
            );
            return Err(shape(role, &why));
        }
    }
    Ok(())
}

fn shape(role: &str, why: &str) -> SubmitError {
    SubmitError::Shape {
        role: role.to_owned(),
        why: why.to_owned(),
    }
}
