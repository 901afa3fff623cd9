//! Ephemeral links. GET and HEAD show a page and spend nothing, because mail
//! scanners and chat previews open every link; a person's POST from that page
//! spends a use.

use serde_json::{Value, json};

use super::{
    Answer, Desk,
    admin::{number, text},
    codes::label,
    form,
    grant::{DEVICE_COOKIE, DEVICE_SECONDS},
    http::{Method, Reply, Request, cookie},
    problem::Problem,
};
use crate::{
    evidence::Kind,
    gate::{
        Claims, LinkHash, Offer,
        book::{AddLink, LinkOf, RevokeLink, SetStatus, SpendLink},
        link::{LinkError, LinkRecord, LinkRow},
        status,
    },
    pages::{AskView, Field},
    ports::World,
    trust::{DropPath, format_time},
};

/// A form with a nonce is small.
const FORM_LIMIT: usize = 4 * 1024;
/// How long a link is good for when the operator says nothing.
const LINK_SECONDS: u64 = 86_400;
/// A link is ephemeral: a year is the most.
const LONGEST_LINK: u64 = 365 * 86_400;

impl<W: World> Desk<'_, W> {
    /// `POST /admin/links`: makes a link, or looks at or revokes one.
    pub(super) async fn links(&self, request: Request<W::Body>) -> Answer<W> {
        self.operator(&request)?;
        let origin = request.origin.clone();
        let body = self.json_body(request, FORM_LIMIT).await?;
        match text(&body, "do")?.as_deref() {
            None | Some("create") => self.create_link(&origin, &body).await,
            Some("show") => self.audit_link(&body, false).await,
            Some("revoke") => self.audit_link(&body, true).await,
            Some(_) => Err(Problem::bad_request(
                "\"do\" is one of create, show, revoke.",
            )),
        }
    }

    async fn create_link(&self, origin: &str, body: &Value) -> Answer<W> {
        let (drop, offer) = self.offer(body).await?;
        let seconds = number(body, "expires")?.unwrap_or(LINK_SECONDS);
        if !(1..=LONGEST_LINK).contains(&seconds) {
            return Err(Problem::bad_request(format!(
                "\"expires\" must be 1 to {LONGEST_LINK} seconds."
            )));
        }
        let uses = number(body, "uses")?.unwrap_or(1);
        let uses = u32::try_from(uses)
            .ok()
            .filter(|uses| (1..=1000).contains(uses));
        let uses = uses.ok_or_else(|| Problem::bad_request("\"uses\" must be 1 to 1000."))?;
        let label = label(body)?;
        let (url, expires) = self
            .new_link(origin, &drop, offer, uses, seconds, label)
            .await?;
        Ok(Reply::json(
            201,
            &json!({"link": url, "expires": expires, "uses": uses}),
        ))
    }

    /// A new link: its address and when it ends.
    pub(super) async fn new_link(
        &self,
        origin: &str,
        drop: &DropPath,
        offer: Offer,
        uses: u32,
        seconds: u64,
        label: String,
    ) -> Result<(String, u64), Problem> {
        let id = self.random_text()?;
        let expires = self.world.now().saturating_add(seconds);
        let record = LinkRecord {
            row: LinkRow::new(offer, uses, expires),
            drop: drop.to_string(),
            label,
            grant: None,
        };
        self.keep_link(origin, &id, record)
            .await
            .map(|url| (url, expires))
    }

    /// A link of one use to a grant that exists.
    pub(super) async fn new_link_to(
        &self,
        origin: &str,
        drop: Option<&DropPath>,
        claims: &Claims,
        seconds: u64,
    ) -> Result<String, Problem> {
        let id = self.random_text()?;
        let at = claims.iat.unwrap_or_else(|| self.world.now());
        let offer = Offer {
            paths: claims.paths.clone(),
            tier: claims.tier.clone(),
            lim: claims.lim,
            lasts: claims.exp.saturating_sub(at),
            grace: claims.grace,
        };
        let record = LinkRecord {
            row: LinkRow::new(offer, 1, self.world.now().saturating_add(seconds)),
            drop: drop.map(ToString::to_string).unwrap_or_default(),
            label: "order".to_owned(),
            grant: claims.jti.clone().map(|jti| (jti, at)),
        };
        self.keep_link(origin, &id, record).await
    }

    async fn keep_link(
        &self,
        origin: &str,
        id: &str,
        record: LinkRecord,
    ) -> Result<String, Problem> {
        let add = AddLink {
            link: self.link_hash(id),
            record,
        };
        self.world
            .ask(&add)
            .await
            .map_err(|fault| self.fault(&fault))?;
        Ok(format!("{origin}/link/{id}"))
    }

    /// What became of a link: every use, and the grants that came of them.
    async fn audit_link(&self, body: &Value, revoke: bool) -> Answer<W> {
        let link = text(body, "link")?
            .ok_or_else(|| Problem::bad_request("The member \"link\" is missing."))?;
        let id = link.rsplit('/').next().unwrap_or_default();
        let link = self.link_hash(id);
        let found = if revoke {
            self.world.ask(&RevokeLink { link }).await
        } else {
            self.world.ask(&LinkOf { link }).await
        };
        let record = found
            .map_err(|fault| self.fault(&fault))?
            .ok_or_else(|| no_link(LinkError::Unknown))?;
        if revoke {
            let jtis = record
                .row
                .spent
                .iter()
                .map(|spent| spent.jti.clone())
                .collect();
            self.set_status(jtis, status::INVALID).await?;
        }
        let spent = record
            .row
            .spent
            .iter()
            .map(|spent| json!({"at": format_time(spent.at), "grant": spent.jti}));
        let mut reply = Reply::json(
            200,
            &json!({
                "drop": record.drop,
                "label": record.label,
                "uses": record.row.uses,
                "spent": spent.collect::<Vec<_>>(),
                "expires": format_time(record.row.expires),
                "revoked": record.row.revoked,
            }),
        );
        if revoke {
            let drop = DropPath::parse(&record.drop).ok();
            self.receipt_of_change(Kind::Revoke, None, drop, "link-revoked", &mut reply)?;
        }
        Ok(reply)
    }

    /// Sets the status of grants of this edge; here it shows at once.
    pub(super) async fn set_status(&self, jtis: Vec<String>, status: u8) -> Result<(), Problem> {
        let set = self.world.ask(&SetStatus { jtis, status }).await;
        set.map_err(|fault| self.fault(&fault))?;
        self.forget_statuses();
        Ok(())
    }

    /// `GET /link/{id}`: what the link opens, and a button.
    pub(super) async fn link_page(&self, request: &Request<W::Body>, id: &str) -> Answer<W> {
        self.link_form(request, id, false).await
    }

    async fn link_form(&self, request: &Request<W::Body>, id: &str, doubt: bool) -> Answer<W> {
        let found = self
            .world
            .ask(&LinkOf {
                link: self.link_hash(id),
            })
            .await;
        let record = found
            .map_err(|fault| self.fault(&fault))?
            .ok_or_else(|| no_link(LinkError::Unknown))?;
        let now = self.world.now();
        let view = record.row.show(now).map_err(no_link)?;
        let to = self.receiver(request)?;
        let device = self.config.salt.device(&to.device);
        let nonce = self.config.nonces.nonce(id, &device, now);
        let title = match DropPath::parse(&record.drop) {
            Ok(drop) => self.manifest(&drop).await?.facts.title,
            Err(_) => "Your files".to_owned(),
        };
        let action = format!("/link/{id}");
        let left = match view.left {
            1 => "It can be opened on one device.".to_owned(),
            left => format!("It can be opened {left} more times."),
        };
        let mut reply = self.asking(&AskView {
            heading: &title,
            lead: "This link is for you. Nothing has been used yet: press the button, and the files are yours on this device.",
            facts: vec![left, format!("It is good until {}.", format_time(view.expires))],
            action: &action,
            hidden: vec![("nonce", &nonce)],
            fields: if doubt {
                vec![Field::Tick("confirm", "Yes, I am a person and want to open it here")]
            } else {
                Vec::new()
            },
            button: "Open the files",
            small: "We keep no name, address or e-mail with it.",
        });
        if request.method == Method::Head {
            reply.body = super::http::Body::Empty;
        }
        let device = cookie(DEVICE_COOKIE, &to.device, DEVICE_SECONDS);
        Ok(reply.with("Set-Cookie", device))
    }

    /// `POST /link/{id}`: spends a use, if it comes from the page that was shown
    /// to this device, and from a person.
    pub(super) async fn spend_link(&self, request: Request<W::Body>, id: &str) -> Answer<W> {
        let to = self.receiver(&request)?;
        let pressed = pressed(&request);
        let device = self.config.salt.device(&to.device);
        let asked = request.without_body();
        let form = self.form(request).await?;
        let field = |name: &str| {
            form.iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        };
        let now = self.world.now();
        let nonce = field("nonce").unwrap_or_default();
        self.config
            .nonces
            .verify(nonce, id, &device, now)
            .map_err(no_link)?;
        if !pressed && field("confirm") != Some("yes") {
            return self.link_form(&asked, id, true).await;
        }
        let question = SpendLink {
            link: self.link_hash(id),
            device,
            jti: self.random_text()?,
        };
        let spent = self.world.ask(&question).await;
        let (grant, place, record) = spent
            .map_err(|fault| self.fault(&fault))?
            .map_err(no_link)?;
        let drop = DropPath::parse(&record.drop).ok();
        let claims = self.claims_of(&record.row.offer, &grant.jti, grant.at, place, &to.origin);
        self.hand_grant(&claims, drop.as_ref(), Kind::Grant, grant.fresh, &to)
            .await
    }

    /// A small form, decoded.
    pub(super) async fn form(
        &self,
        request: Request<W::Body>,
    ) -> Result<Vec<(String, String)>, Problem> {
        let bytes = self.body_bytes(request, FORM_LIMIT).await?;
        Ok(form::pairs(&String::from_utf8_lossy(&bytes)).collect())
    }

    fn link_hash(&self, id: &str) -> LinkHash {
        self.config.salt.link(id)
    }
}

/// Whether a person pressed the button: Fetch Metadata (`Sec-Fetch-User`) says
/// so of a navigation that a gesture began, and no script can set it. A form
/// that submits itself lacks it, and so does an old browser: both are asked.
pub(super) fn pressed<B>(request: &Request<B>) -> bool {
    request.header("sec-fetch-user") == Some("?1")
        && matches!(
            request.header("sec-fetch-site"),
            Some("same-origin" | "none")
        )
}

fn no_link(error: LinkError) -> Problem {
    let (status, slug) = match error {
        LinkError::Unknown => (404, "link-unknown"),
        LinkError::Revoked => (410, "link-revoked"),
        LinkError::Expired(_) => (410, "link-expired"),
        LinkError::Spent => (410, "link-spent"),
        LinkError::Nonce => (403, "link-nonce"),
    };
    Problem::new(
        status,
        slug,
        "The link cannot be opened",
        format!("{error}."),
    )
}
