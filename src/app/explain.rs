//! `POST /admin/explain`: why a token does or does not open a path, claim by
//! claim. `POST /admin/grants`: what a grant has used, and more or none of it.

use serde_json::{Value, json};

use super::{
    Answer, Desk,
    admin::{number, text},
    http::{Reply, Request},
    problem::Problem,
};
use crate::{
    evidence::Kind,
    gate::{
        Access, GateError, Grant, GrantId, Limits, Policy, Step, Verdict,
        book::{Alter, AlterGrant, GrantState, LIST_PLACES, PlaceOf},
        status,
    },
    ports::World,
    trust::{TargetPath, format_time},
};

/// A token and a path are small.
const BODY_LIMIT: usize = 24 * 1024;

impl<W: World> Desk<'_, W> {
    /// Walks through the claims, then asks the books what the token leaves open.
    pub(super) async fn explain(&self, request: Request<W::Body>) -> Answer<W> {
        self.operator(&request)?;
        let origin = request.origin.clone();
        let body = self.json_body(request, BODY_LIMIT).await?;
        let token = text(&body, "grant")?.ok_or_else(|| missing("grant"))?;
        let path = text(&body, "path")?.ok_or_else(|| missing("path"))?;
        let path = TargetPath::parse(&path)
            .map_err(|error| Problem::bad_request(format!("\"path\": {error}.")))?;
        let address = text(&body, "address")?
            .map(|address| address.parse())
            .transpose()
            .map_err(|_| Problem::bad_request("\"address\" must be an IP address."))?;
        let (country, colo) = (text(&body, "country")?, text(&body, "colo")?);

        let found = self.find(&path).await?;
        let policy = Policy::parse(found.file.access.as_str());
        let consent: Vec<String> = found
            .facts
            .consent
            .iter()
            .map(ToString::to_string)
            .collect();
        let access = Access {
            path: &path,
            policy: &policy,
            consent: &consent,
            now: self.world.now(),
            address,
            country: country.as_deref(),
            colo: colo.as_deref(),
        };
        let gate = &self.config.gate;
        let decide = || gate.decide(Some(&token), &access).map(|_| ());
        if let Err(error) = decide() {
            self.fetched_keys(&error).await;
        }
        let mut steps = gate.explain(&token, &access);
        if let Ok(grant) = gate.authenticate(&token, access.now) {
            if self.withdrawn(&grant.claims, &consent).await? {
                for step in steps.iter_mut().filter(|step| step.claim == "consent") {
                    step.verdict = Verdict::Fail;
                    step.sentence = GateError::Withdrawn.to_string();
                }
            }
            self.settle_steps(&origin, &grant, &path, access.now, &mut steps)
                .await?;
        }
        let is_open = policy == Policy::Public && consent.is_empty();
        let opens = is_open || steps.iter().all(|step| step.verdict == Verdict::Pass);
        Ok(Reply::json(
            200,
            &json!({
                "opens": opens,
                "path": path.to_string(),
                "access": found.file.access.as_str(),
                "steps": serde_json::to_value(steps).unwrap_or_default(),
            }),
        ))
    }

    /// What the token leaves to the books, as they stand now.
    async fn settle_steps(
        &self,
        origin: &str,
        grant: &Grant,
        path: &TargetPath,
        now: u64,
        steps: &mut [Step],
    ) -> Result<(), Problem> {
        if steps.iter().all(|step| step.verdict != Verdict::AsksState) {
            return Ok(());
        }
        let state = self.grant_state(grant, Alter::Show).await?;
        for step in steps
            .iter_mut()
            .filter(|step| step.verdict == Verdict::AsksState)
        {
            let (good, sentence) = match step.claim {
                "lim" => budget(grant.claims.lim, &state),
                "once" if state.devices.is_empty() => (
                    true,
                    "no device has used it yet; the first one keeps it".to_owned(),
                ),
                "once" => (
                    true,
                    "bound to the device that used it first; any other is refused".to_owned(),
                ),
                "status" => match &grant.claims.status {
                    Some(at) => match self.standing(origin, grant, at).await? {
                        Ok(()) => (true, "not revoked".to_owned()),
                        Err(error) => (false, error.to_string()),
                    },
                    None => continue,
                },
                _ => {
                    let by = grant.claims.exp;
                    let begun = self.begun(grant, path).await?;
                    let good =
                        begun.is_some_and(|begun| begun <= by.saturating_add(crate::gate::SKEW));
                    let state = if good { "it has begun" } else { "it has not" };
                    let until = format_time(by.saturating_add(grant.claims.grace));
                    (
                        good,
                        format!(
                            "only a download that began before the end may finish, until {until}: {state} (now {})",
                            format_time(now)
                        ),
                    )
                }
            };
            step.verdict = if good { Verdict::Pass } else { Verdict::Fail };
            step.sentence = sentence;
        }
        Ok(())
    }

    async fn begun(&self, grant: &Grant, path: &TargetPath) -> Result<Option<u64>, Problem> {
        let question = crate::gate::book::BegunOf {
            grant: self.grant_hash(grant),
            file: path.to_string(),
        };
        self.world
            .ask(&question)
            .await
            .map_err(|fault| self.fault(&fault))
    }

    async fn grant_state(&self, grant: &Grant, alter: Alter) -> Result<GrantState, Problem> {
        self.alter(
            &grant.id,
            alter,
            Some(grant.claims.exp.saturating_add(grant.claims.grace + 86_400)),
        )
        .await
    }

    async fn alter(
        &self,
        id: &GrantId,
        alter: Alter,
        until: Option<u64>,
    ) -> Result<GrantState, Problem> {
        let question = AlterGrant {
            grant: self.config.salt.grant(id),
            alter,
            until,
        };
        self.world
            .ask(&question)
            .await
            .map_err(|fault| self.fault(&fault))
    }

    /// `POST /admin/grants`: `{"grant": token, "do": "show" | "extend" | "reset" |
    /// "revoke" | "suspend" | "restore"}`, and `downloads` and `bytes` to extend by.
    pub(super) async fn alter_grant(&self, request: Request<W::Body>) -> Answer<W> {
        self.operator(&request)?;
        let origin = request.origin.clone();
        let body = self.json_body(request, BODY_LIMIT).await?;
        let token = text(&body, "grant")?.ok_or_else(|| missing("grant"))?;
        let grant = self
            .config
            .gate
            .authenticate(&token, self.world.now())
            .map_err(|error| Problem::from_gate(&error))?;
        let action = text(&body, "do")?.unwrap_or_else(|| "show".to_owned());
        let alter = match action.as_str() {
            "reset" => Alter::Reset,
            "extend" => Alter::Extend(more(&body, grant.claims.lim)?),
            "show" | "revoke" | "suspend" | "restore" => Alter::Show,
            _ => {
                return Err(Problem::bad_request(
                    "\"do\" is one of show, extend, reset, revoke, suspend, restore.",
                ));
            }
        };
        let status = match action.as_str() {
            "revoke" => Some(status::INVALID),
            "suspend" => Some(status::SUSPENDED),
            "restore" => Some(status::VALID),
            _ => None,
        };
        if let Some(status) = status {
            self.set_place(&origin, &grant, status).await?;
        }
        let state = self.grant_state(&grant, alter).await?;
        let changed = match status {
            Some(status::VALID) => Some((Kind::Grant, "grant-restored")),
            Some(status::SUSPENDED) => Some((Kind::Revoke, "grant-suspended")),
            Some(_) => Some((Kind::Revoke, "grant-revoked")),
            None => None,
        };
        let standing = match &grant.claims.status {
            None => "cannot be revoked: it names no status list".to_owned(),
            Some(at) => match self.standing(&origin, &grant, at).await? {
                Ok(()) => "valid".to_owned(),
                Err(error) => error.to_string(),
            },
        };
        let mut reply = Reply::json(
            200,
            &json!({
                "expires": format_time(grant.claims.exp),
                "paths": grant.claims.paths.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "tier": grant.claims.tier,
                "limits": {"downloads": grant.claims.lim.downloads, "bytes": grant.claims.lim.bytes},
                "added": {"downloads": state.extra.downloads, "bytes": state.extra.bytes},
                "used": {"downloads": state.downloads, "bytes": state.bytes},
                "bound": !state.devices.is_empty(),
                "status": standing,
                "refused": state.refused,
            }),
        );
        if let Some((kind, detail)) = changed {
            let hash = self.grant_hash(&grant);
            self.receipt_of_change(kind, hash, None, detail, &mut reply)?;
        }
        Ok(reply)
    }

    /// Sets the status of a grant whose place is in this edge's lists.
    pub(super) async fn set_place(
        &self,
        origin: &str,
        grant: &Grant,
        to: u8,
    ) -> Result<(), Problem> {
        let place = grant
            .claims
            .status
            .as_ref()
            .and_then(|status| super::status::own_place(origin, grant, status));
        let Some(place) = place else {
            return Err(Problem::new(
                409,
                "grant-not-revocable",
                "The grant cannot be revoked here",
                "It names no status list of this edge. Mint grants with 'dropgate grant --revocable', or let them expire.",
            ));
        };
        let set = crate::gate::book::SetPlace { place, status: to };
        self.world
            .ask(&set)
            .await
            .map_err(|fault| self.fault(&fault))?;
        self.forget_statuses();
        Ok(())
    }

    /// `POST /admin/status`: a place in this edge's lists for a grant that a
    /// back end is about to mint. Asked again with its `jti`, the same place.
    pub(super) async fn give_place(&self, request: Request<W::Body>) -> Answer<W> {
        self.operator(&request)?;
        let origin = request.origin.clone();
        let body = self.json_body(request, BODY_LIMIT).await?;
        let jti = text(&body, "jti")?.ok_or_else(|| missing("jti"))?;
        let place = self.world.ask(&PlaceOf { jti }).await;
        let place = place.map_err(|fault| self.fault(&fault))?;
        let status = Self::status_ref(&origin, place);
        Ok(Reply::json(
            201,
            &json!({"status": {"status_list": {"idx": place % LIST_PLACES, "uri": status.uri}}}),
        ))
    }
}

fn budget(limits: Limits, state: &GrantState) -> (bool, String) {
    let mut good = true;
    let mut parts = Vec::new();
    for (name, limit, extra, used) in [
        (
            "downloads",
            limits.downloads,
            state.extra.downloads,
            state.downloads,
        ),
        ("bytes", limits.bytes, state.extra.bytes, state.bytes),
    ] {
        if let Some(limit) = limit.map(|limit| limit.saturating_add(extra.unwrap_or(0))) {
            good &= used < limit;
            parts.push(format!("{used} of {limit} {name} used"));
        }
    }
    (good, parts.join(", "))
}

fn more(body: &Value, limits: Limits) -> Result<Limits, Problem> {
    let more = Limits {
        downloads: number(body, "downloads")?,
        bytes: number(body, "bytes")?,
    };
    if more.is_none() {
        return Err(Problem::bad_request(
            "Say by how many \"downloads\" or \"bytes\" to extend.",
        ));
    }
    let unlimited = (more.downloads.is_some() && limits.downloads.is_none())
        || (more.bytes.is_some() && limits.bytes.is_none());
    if unlimited {
        return Err(Problem::bad_request(
            "The grant has no such limit: there is nothing to extend.",
        ));
    }
    Ok(more)
}

fn missing(name: &str) -> Problem {
    Problem::bad_request(format!("The member \"{name}\" is missing."))
}
