//! `/known`: what is known about the holder of a grant. They may look, take it
//! along, withdraw the grant, and have what ties them to it deleted.

use serde_json::{Value, json};

use super::{
    Answer, Desk,
    grant::{COOKIE, DEVICE_SECONDS, token},
    http::{Body, Method, Reply, Request, cookie},
    issue::BETWEEN,
    problem::Problem,
    receipt::{forget_salt, holder_hash},
    whole_drop::is_token,
};
use crate::{
    evidence::{Detail, Kind, Note, Receipt, ReceiptId},
    gate::{
        Claims, GateError, Grant,
        book::{Alter, AlterGrant, Forget, GrantState, SaltOf},
        peek, status,
    },
    pages::{KnownReceipt, KnownView},
    ports::{LogName, World},
    trust::{DropPath, format_time},
};

/// All that is known.
struct Known {
    state: GrantState,
    standing: String,
    receipts: Vec<Receipt>,
}

impl<W: World> Desk<'_, W> {
    /// `GET /known`: as a page, as JSON, or as JSON to keep (`?export`).
    pub(super) async fn known(&self, request: &Request<W::Body>) -> Answer<W> {
        let grant = self.holder(request)?;
        let known = self.all_known(request, &grant).await?;
        let mut reply = if request.wants_html() && !request.query.contains("export") {
            let open = request.query("grant").filter(|token| is_token(token));
            let query = open
                .map(|token| format!("?grant={token}"))
                .unwrap_or_default();
            self.known_page(&view(&grant.claims, &known, &query))
        } else {
            let name = "attachment; filename=\"known.json\"";
            Reply::json(200, &export(&grant.claims, &known)).with("Content-Disposition", name)
        };
        if request.method == Method::Head {
            reply.body = Body::Empty;
        }
        Ok(reply)
    }

    /// `POST /known` with `do=withdraw` (the grant opens nothing any more) or
    /// `do=delete` (and nothing ties its receipts to it any more), each with
    /// `confirm=yes`.
    pub(super) async fn alter_known(&self, request: Request<W::Body>) -> Answer<W> {
        let grant = self.holder(&request)?;
        let (origin, person) = (request.origin.clone(), request.wants_html());
        let held = request.cookie(COOKIE).unwrap_or_default().to_owned();
        let form = self.form(request).await?;
        let is = |name: &str, value: &str| form.iter().any(|(key, is)| key == name && is == value);
        if !is("confirm", "yes") {
            return Err(Problem::bad_request(
                "Confirm it: send \"confirm=yes\" with \"do=withdraw\" or \"do=delete\".",
            ));
        }
        let delete = is("do", "delete");
        if !delete && !is("do", "withdraw") {
            return Err(Problem::bad_request("\"do\" is withdraw or delete."));
        }
        let mut reply = self.withdraw(&origin, &grant, delete, person).await?;
        reply
            .headers
            .push(("Set-Cookie", without(&held, &grant.claims)));
        Ok(reply)
    }

    async fn withdraw(&self, origin: &str, grant: &Grant, delete: bool, person: bool) -> Answer<W> {
        let ended = self.set_place(origin, grant, status::INVALID).await;
        let is_over = match ended {
            Ok(()) => true,
            Err(problem) if problem.slug == "grant-not-revocable" => {
                self.world.now() >= grant.claims.exp.saturating_add(grant.claims.grace)
            }
            Err(problem) => return Err(problem),
        };
        let hash = self.grant_hash(grant);
        self.withdraw_consents(grant).await?;
        if delete {
            let forget = Forget {
                grant: hash,
                is_over,
            };
            let forgotten = self.world.ask(&forget).await;
            forgotten.map_err(|fault| self.fault(&fault))?;
            forget_salt(hash);
        }
        let told = match (delete, is_over) {
            (true, true) => {
                "What tied your grant to its receipts is destroyed, and so is the account of what it used. The log stays valid; nobody can tell any more which of its entries were yours."
            }
            (true, false) => {
                "What tied your grant to its receipts is destroyed. It names no status list of ours, so we cannot end it: what it has used is kept until it ends by itself, and a day longer."
            }
            (false, true) => "Your grant is withdrawn: within a minute it opens nothing any more.",
            (false, false) => {
                "Your grant names no status list of ours, so we cannot end it; ask whoever gave it to you. It ends by itself."
            }
        };
        let mut reply = if person {
            self.told(
                if delete { "Deleted" } else { "Withdrawn" },
                &[told.to_owned()],
            )
        } else {
            Reply::json(
                200,
                &json!({"withdrawn": is_over, "deleted": delete, "detail": told}),
            )
        };
        if !delete && is_over {
            let detail = "withdrawn-by-holder";
            self.receipt_of_change(Kind::Revoke, hash, None, detail, &mut reply)?;
        }
        Ok(reply)
    }

    /// Takes back what was agreed to in the name of the grant, here and by its claims.
    async fn withdraw_consents(&self, grant: &Grant) -> Result<(), Problem> {
        let own = self.receipts_of(grant).await?;
        let own = own.iter().filter(|receipt| receipt.kind == Kind::Consent);
        let mut consents: Vec<String> = own.map(|receipt| receipt.id.to_string()).collect();
        let named = grant.claims.consent.iter();
        consents.extend(named.filter_map(|consent| {
            let id = consent.receipt.split('.').next()?;
            ReceiptId::parse(id).map(|id| id.to_string())
        }));
        for consent in consents {
            match self.withdraw_consent(&consent).await {
                // One that another edge keeps is not ours to take back.
                Err(problem) if problem.status != 404 => return Err(problem),
                _ => {}
            }
        }
        Ok(())
    }

    /// The receipts that name the grant, while its salt ties them to it.
    async fn receipts_of(&self, grant: &Grant) -> Result<Vec<Receipt>, Problem> {
        let hash = self.grant_hash(grant);
        let salt = SaltOf {
            grant: hash,
            fresh: None,
        };
        let salt = self.world.ask(&salt).await;
        let Some(salt) = salt.map_err(|fault| self.fault(&fault))? else {
            return Ok(Vec::new());
        };
        let named = holder_hash(salt, hash);
        let filed = self.world.receipts_of(LogName::Deliveries, named).await;
        let filed = filed.map_err(|fault| self.fault(&fault))?;
        let key = [self.config.notary.verifier()];
        let opened = filed.iter().filter_map(|filed| {
            let note = Note::parse(filed.note.as_bytes()).ok()?.open(&key).ok()?;
            Receipt::parse(&note.text).ok()
        });
        Ok(opened.collect())
    }

    /// The grant of who asks. One that has ended is good enough to ask what is
    /// known of it.
    fn holder(&self, request: &Request<W::Body>) -> Result<Grant, Problem> {
        let held = token(request).ok_or_else(|| Problem::from_gate(&GateError::Missing))?;
        let grant = self.config.gate.authenticate(&held, self.world.now());
        grant.map_err(|error| Problem::from_gate(&error))
    }

    async fn all_known(&self, request: &Request<W::Body>, grant: &Grant) -> Result<Known, Problem> {
        let hash = self.grant_hash(grant);
        let question = AlterGrant {
            grant: hash,
            alter: Alter::Show,
            until: None,
        };
        let state = self.world.ask(&question).await;
        let receipts = self.receipts_of(grant).await?;
        let standing = match &grant.claims.status {
            None => "good until it ends".to_owned(),
            Some(at) => match self.standing(&request.origin, grant, at).await? {
                Ok(()) => "good until it ends".to_owned(),
                Err(error) => error.to_string(),
            },
        };
        Ok(Known {
            state: state.map_err(|fault| self.fault(&fault))?,
            standing,
            receipts,
        })
    }
}

/// The cookie without this grant.
fn without(held: &str, claims: &Claims) -> String {
    let others = held.split(BETWEEN).filter(|other| {
        peek(other).is_some_and(|peek| peek.jti != claims.jti || claims.jti.is_none())
    });
    let others: Vec<&str> = others.collect();
    let seconds = if others.is_empty() { 0 } else { DEVICE_SECONDS };
    cookie(COOKIE, &others.join(&BETWEEN.to_string()), seconds)
}

fn paths(claims: &Claims) -> Vec<String> {
    claims.paths.iter().map(ToString::to_string).collect()
}

fn view(claims: &Claims, known: &Known, query: &str) -> KnownView {
    let used = |used: u64, limit: Option<u64>, unit: &str| match limit {
        Some(limit) => format!("{used} of {limit} {unit} used"),
        None => "not counted: there is no limit".to_owned(),
    };
    let mut facts = vec![
        ("Opens", paths(claims).join(", ")),
        ("Until", format_time(claims.until.unwrap_or(claims.exp))),
        ("Stands", known.standing.clone()),
        (
            "Downloads",
            used(known.state.downloads, claims.lim.downloads, "downloads"),
        ),
        ("Bytes", used(known.state.bytes, claims.lim.bytes, "bytes")),
        (
            "Bound to a device",
            if known.state.devices.is_empty() {
                "no"
            } else {
                "yes, by a hash of its cookie and one of its network and browser"
            }
            .to_owned(),
        ),
    ];
    if let Some(tier) = &claims.tier {
        facts.push(("Tier", tier.clone()));
    }
    let consents = claims.consent.iter().map(|consent| consent.scope.clone());
    let consents: Vec<String> = consents.collect();
    if !consents.is_empty() {
        facts.push(("Consent to", consents.join(", ")));
    }
    let told = known.receipts.iter().map(|receipt| KnownReceipt {
        time: receipt.time,
        what: what(receipt),
        about: about(receipt),
        place: format!("/receipts/{}", receipt.id),
    });
    KnownView {
        facts,
        receipts: told.collect(),
        query: query.to_owned(),
    }
}

fn what(receipt: &Receipt) -> &'static str {
    match receipt.kind {
        Kind::Grant => "this grant was made or restored",
        Kind::Redeem => "a code was redeemed for it",
        Kind::Deliver if receipt.is_archive() => "an archive was handed over",
        Kind::Deliver => "a file was handed over",
        Kind::Consent => "you gave consent",
        Kind::Revoke => "it was stopped or withdrawn",
        other => other.word(),
    }
}

fn about(receipt: &Receipt) -> String {
    match (&receipt.drop, &receipt.file, &receipt.detail) {
        (Some(drop), Some(file), _) => format!("{drop}/{file}"),
        (Some(drop), None, _) if receipt.is_archive() => match receipt.archived() {
            None => format!("all of {drop}"),
            Some(files) => format!("{drop}: {}", files.join(", ")),
        },
        (Some(drop), ..) => drop.to_string(),
        (None, _, Some(detail)) => detail.as_str().to_owned(),
        _ => String::new(),
    }
}

fn export(claims: &Claims, known: &Known) -> Value {
    let receipts = known.receipts.iter().map(|receipt| {
        json!({
            "id": receipt.id.to_string(),
            "type": receipt.kind.word(),
            "time": format_time(receipt.time),
            "drop": receipt.drop.as_ref().map(DropPath::to_string),
            "file": receipt.file.as_ref().map(ToString::to_string),
            "bytes": receipt.bytes,
            "detail": receipt.detail.as_ref().map(Detail::as_str),
        })
    });
    json!({
        "grant": {
            "issuer": claims.iss,
            "paths": paths(claims),
            "tier": claims.tier,
            "expires": format_time(claims.until.unwrap_or(claims.exp)),
            "status": known.standing,
            "limits": {"downloads": claims.lim.downloads, "bytes": claims.lim.bytes},
            "consent": claims.consent.iter().map(|consent| &consent.scope).collect::<Vec<_>>(),
        },
        "used": {"downloads": known.state.downloads, "bytes": known.state.bytes},
        "devices": known.state.devices.len(),
        "refused": known.state.refused,
        "receipts": receipts.collect::<Vec<_>>(),
    })
}
