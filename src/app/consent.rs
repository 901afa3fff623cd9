//! Consent first: what a drop asks for, who has agreed, and how that is taken
//! back. A GET never gives nor withdraws anything.

use serde_json::json;

use super::{
    Answer, Desk,
    grant::{Asked, DEVICE_COOKIE, DEVICE_SECONDS},
    http::{Reply, Request, cookie},
    issue::BETWEEN,
    link::pressed,
    order::without_body_for_head,
    problem::Problem,
};
use crate::{
    evidence::{Detail, GrantHash, Kind, ReceiptId},
    gate::{
        Claims, ConsentId, GateError, GrantId,
        book::GiveConsent,
        consent::{CONSENT_SECONDS, ConsentPass, ConsentRecord, told_scope},
        status,
    },
    pages::{AskView, Field},
    ports::{LogName, World},
    trust::{DropManifest, DropPath},
};

/// What a device has agreed to.
const COOKIE: &str = "__Host-consent";
/// A browser keeps some 4 KB of cookie: as many drops as fit.
const MOST_PASSES: usize = 12;

impl<W: World> Desk<'_, W> {
    /// What the device has agreed to for any of these files, and not taken back.
    /// Asks nobody where nothing is asked for.
    pub(super) async fn agreed(
        &self,
        request: &Request<W::Body>,
        asked: &[Asked<'_>],
    ) -> Result<Vec<ConsentPass>, Problem> {
        if !asked.iter().any(Asked::asks_consent) {
            return Ok(Vec::new());
        }
        let wanted = |pass: &ConsentPass| asked.iter().any(|asked| asked.is_asked_by(pass));
        let passes: Vec<_> = self.passes(request).filter(wanted).collect();
        if passes.is_empty() {
            return Ok(passes);
        }
        let statuses = self.statuses().await?;
        let stands = |pass: &ConsentPass| statuses.get(pass.place) == status::VALID;
        Ok(passes.into_iter().filter(stands).collect())
    }

    /// The passes that the device holds, withdrawn ones among them.
    pub(super) fn passes(&self, request: &Request<W::Body>) -> impl Iterator<Item = ConsentPass> {
        let held = request.cookie(COOKIE).unwrap_or_default();
        let now = self.world.now();
        held.split(BETWEEN)
            .take(MOST_PASSES)
            .filter_map(move |text| self.config.consents.open(text, now))
    }

    /// Whether a consent that a grant carries was taken back here. Receipts of
    /// others have no place in our lists.
    pub(super) async fn withdrawn(
        &self,
        claims: &Claims,
        scopes: &[String],
    ) -> Result<bool, Problem> {
        let relied =
            |id: &&ConsentId| scopes.contains(&id.scope) && place_in(&id.receipt).is_some();
        if !claims.consent.iter().any(|id| relied(&id)) {
            return Ok(false);
        }
        let statuses = self.statuses().await?;
        let ended = |id: &ConsentId| {
            place_in(&id.receipt).is_some_and(|place| statuses.get(place) != status::VALID)
        };
        let has_ended = |scope: &String| {
            let mut given = claims.consent.iter().filter(|id| id.scope == *scope);
            given.all(ended)
        };
        Ok(scopes.iter().any(has_ended))
    }

    /// `GET /consent/{creator}/{drop}`: asks for exactly what the drop asks for.
    pub(super) async fn consent_page(
        &self,
        request: &Request<W::Body>,
        drop: &DropPath,
    ) -> Answer<W> {
        self.consent_form(request, drop, false).await
    }

    async fn consent_form(
        &self,
        request: &Request<W::Body>,
        drop: &DropPath,
        doubt: bool,
    ) -> Answer<W> {
        let manifest = self.manifest(drop).await?;
        let scopes = scopes_of(&manifest);
        if scopes.is_empty() {
            return Ok(self.told(
                "Nothing is asked",
                &["The files of this drop open without your consent to anything.".to_owned()],
            ));
        }
        let to = self.receiver(request)?;
        let device = self.config.salt.device(&to.device);
        let nonce = self
            .config
            .nonces
            .nonce(&form_of(drop), &device, self.world.now());
        let told: Vec<(String, String)> = scopes
            .iter()
            .map(|scope| (field_of(scope), told_scope(scope)))
            .collect();
        let mut fields: Vec<Field<'_>> = told
            .iter()
            .map(|(name, label)| Field::Tick(name, label))
            .collect();
        if doubt {
            fields.push(Field::Tick(
                "confirm",
                "Yes, I am a person and decide for myself",
            ));
        }
        let title = &manifest.facts.title;
        let reply = self.asking(&AskView {
            heading: title,
            lead: "Before these files open, their creator asks you to agree to this. Nothing is agreed to yet.",
            facts: vec![
                format!("Asked by {} for {drop}, version {}.", drop.creator, manifest.header.version),
                "Without it the files stay shut; nothing else depends on it.".to_owned(),
                "It ends after a year, or when you take it back: your receipt has the link.".to_owned(),
            ],
            action: &form_of(drop),
            hidden: vec![("nonce", &nonce)],
            fields,
            button: "I agree",
            small: "We keep what was agreed to and when, and no name, address or e-mail with it.",
        });
        Ok(without_body_for_head(request, reply).with(
            "Set-Cookie",
            cookie(DEVICE_COOKIE, &to.device, DEVICE_SECONDS),
        ))
    }

    /// `POST /consent/{creator}/{drop}`: agrees to every scope that is asked for,
    /// or to nothing.
    pub(super) async fn give_consent(
        &self,
        request: Request<W::Body>,
        drop: &DropPath,
    ) -> Answer<W> {
        let manifest = self.manifest(drop).await?;
        let to = self.receiver(&request)?;
        let (pressed, asked) = (pressed(&request), request.without_body());
        let others: Vec<ConsentPass> = self
            .passes(&request)
            .filter(|pass| pass.drop != drop.to_string())
            .collect();
        let form = self.form(request).await?;
        let is_ticked = |name: &str| {
            form.iter()
                .any(|(key, value)| key == name && value == "yes")
        };
        let nonce = form.iter().find(|(name, _)| name == "nonce");
        let device = self.config.salt.device(&to.device);
        let now = self.world.now();
        self.config
            .nonces
            .verify(
                nonce.map_or("", |(_, value)| value),
                &form_of(drop),
                &device,
                now,
            )
            .map_err(|_| {
                let title = "The form is not the one that was shown";
                Problem::new(
                    403,
                    "consent-nonce",
                    title,
                    "Open the page again and decide there.",
                )
            })?;
        let scopes = scopes_of(&manifest);
        if scopes.is_empty() || !scopes.iter().all(|scope| is_ticked(&field_of(scope))) {
            return Err(Problem::new(
                422,
                "consent-incomplete",
                "Not everything was agreed to",
                format!(
                    "This drop asks to agree to: {}. Tick each box, or leave the files shut.",
                    scopes.join(", ")
                ),
            ));
        }
        if !pressed && !is_ticked("confirm") {
            return self.consent_form(&asked, drop, true).await;
        }
        let pass = self.record_consent(&asked, &manifest, scopes).await?;
        let id = &pass.receipt;
        let here = format!("/consent/{}", self.config.consents.link(id));
        let reply = if to.for_a_person {
            Reply::empty(303)
                .with("Location", here)
                .with("Cache-Control", "no-store")
        } else {
            Reply::json(
                201,
                &json!({
                    // What a back end writes into the claim of its next grant.
                    "consent": pass.scopes.iter().map(|scope| format!("{scope}:{id}.{}", pass.place)).collect::<Vec<_>>(),
                    "receipt": format!("{}{here}", to.origin),
                }),
            )
        };
        Ok(reply
            .with("Receipt-Location", format!("/receipts/{id}"))
            .with(
                "Set-Cookie",
                cookie(DEVICE_COOKIE, &to.device, DEVICE_SECONDS),
            )
            .with("Set-Cookie", self.consent_cookie(&pass, &others)))
    }

    /// Writes down what was agreed to, and logs its receipt.
    async fn record_consent(
        &self,
        request: &Request<W::Body>,
        manifest: &DropManifest,
        scopes: Vec<String>,
    ) -> Result<ConsentPass, Problem> {
        let mut receipt = self.new_receipt(Kind::Consent)?;
        let (id, given) = (receipt.id.to_string(), receipt.time);
        let record = ConsentRecord {
            drop: manifest.path.to_string(),
            version: manifest.header.version,
            manifest: manifest.sha256.to_hex(),
            scopes: scopes.clone(),
            given,
            withdrawn: None,
            place: 0,
        };
        let question = GiveConsent {
            receipt: id.clone(),
            record,
        };
        let place = self.world.ask(&question).await;
        let place = place.map_err(|fault| self.fault(&fault))?;
        receipt.drop = Some(manifest.path.clone());
        receipt.version = Some(manifest.header.version);
        receipt.manifest = Some(manifest.sha256);
        receipt.detail = Detail::parse(&scopes.join(","));
        receipt.grant = Some(self.consenting(request, &id));
        self.log_later(LogName::Deliveries, receipt);
        Ok(ConsentPass {
            drop: manifest.path.to_string(),
            scopes,
            receipt: id,
            place,
            until: given.saturating_add(CONSENT_SECONDS),
        })
    }

    fn consent_cookie(&self, pass: &ConsentPass, others: &[ConsentPass]) -> String {
        let all: Vec<String> = std::iter::once(pass)
            .chain(others)
            .take(MOST_PASSES)
            .map(|pass| self.config.consents.seal(pass))
            .collect();
        cookie(COOKIE, &all.join(&BETWEEN.to_string()), CONSENT_SECONDS)
    }

    /// The grant in whose name consent is given: the newest of the session, or
    /// else a name that nothing else has.
    fn consenting(&self, request: &Request<W::Body>, id: &str) -> GrantHash {
        let grant = super::grant::token(request).and_then(|token| {
            let now = self.world.now();
            self.config.gate.authenticate(&token, now).ok()
        });
        let alone = || GrantId::of_text(&format!("consent {id}"));
        let id = grant.map_or_else(alone, |grant| grant.id);
        GrantHash(self.config.salt.grant(&id).0)
    }
}

impl Problem {
    /// What the gate's refusal of these files comes to: a missing consent says
    /// where it is given.
    pub(super) fn from_gate_for(error: &GateError, asked: &[Asked<'_>]) -> Self {
        let mut problem = Self::from_gate(error);
        let drop = asked.first().map(Asked::drop);
        if let (Some(drop), GateError::ConsentMissing(_) | GateError::Withdrawn) = (drop, error) {
            let scopes = match error {
                GateError::ConsentMissing(scopes) => scopes.clone(),
                _ => Vec::new(),
            };
            let ask = form_of(drop);
            problem.headers.push((
                "Link",
                format!("<{ask}>; rel=\"privacy-policy\"; title=\"consent\""),
            ));
            problem.members = vec![("consent", json!({"scopes": scopes, "ask": ask}))];
        }
        problem
    }
}

/// `GET /.well-known/gpc.json`: this site heeds Global Privacy Control.
pub(super) fn gpc<B>() -> Reply<B> {
    let mut reply = Reply::json(200, &json!({"gpc": true, "lastUpdate": "2026-11-28"}));
    reply.set("cache-control", "public, max-age=86400");
    reply
}

/// Where a receipt of ours has its place, as `receipt.place` in a claim.
fn place_in(receipt: &str) -> Option<u64> {
    let (id, place) = receipt.split_once('.')?;
    ReceiptId::parse(id)?;
    place.parse().ok()
}

fn scopes_of(manifest: &DropManifest) -> Vec<String> {
    manifest
        .facts
        .consent
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn form_of(drop: &DropPath) -> String {
    format!("/consent/{drop}")
}

fn field_of(scope: &str) -> String {
    format!("agree-{scope}")
}
