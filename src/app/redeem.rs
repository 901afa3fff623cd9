//! Codes on paper, cards and screens. `GET /r/{code}` shows and spends nothing,
//! because mail scanners and previews open links; `POST /redeem` spends, once.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    Answer, Desk,
    admin::{number, text},
    config::EDGE_ISSUER,
    form,
    grant::{COOKIE, DEVICE_COOKIE, DEVICE_SECONDS},
    http::{Client, Reply, Request, cookie},
    problem::Problem,
};
use crate::{
    evidence::{GrantHash, Kind},
    gate::{
        Claims, GrantId, Offer, Pattern,
        book::{AddCampaign, CampaignRecord, Redeem, RedeemAnswer},
        code::{Campaign, Code, CodeError, CodeTextError, Holder},
        mint,
    },
    ports::{LogName, World},
    trust::{DropPath, Name},
};

/// A form with a code and an idempotency key is small.
const FORM_LIMIT: usize = 4 * 1024;
/// How long a redeemed grant is good for when the operator says nothing.
const GRANT_SECONDS: u64 = 30 * 86_400;
/// A hundred years: whoever means "for ever" should say so by renewing.
const LONGEST_GRANT: u64 = 36_500 * 86_400;
/// What one request may make; more are made by asking again.
const MOST_CODES: u64 = 1000;

impl<W: World> Desk<'_, W> {
    /// `GET /r/{code}`: the page where a person redeems.
    pub(super) fn redeem_page(&self, code: &str) -> Reply<W::Body> {
        let shown = Code::parse(code)
            .map_or_else(|_| code.chars().take(40).collect(), |code| code.reveal());
        self.redeem_form(&shown)
    }

    /// `POST /redeem` with `code` and, from a program, an `Idempotency-Key`.
    pub(super) async fn redeem(&self, request: Request<W::Body>) -> Answer<W> {
        let for_a_person = request.wants_html();
        let origin = request.origin.clone();
        let device = match request.cookie(DEVICE_COOKIE) {
            Some(cookie) => cookie.to_owned(),
            None => self.random_text()?,
        };
        let attempt = match request.header("idempotency-key") {
            Some(key) => key.to_owned(),
            None => self.random_text()?,
        };
        let address = self.place(&request.client);
        let code = self.code_of(request).await?;
        let answer = self
            .world
            .ask(&Redeem {
                code: code.hash(&self.config.pepper),
                by: Holder {
                    device: self.config.salt.device(&device),
                    request: self.config.salt.request(&attempt),
                },
                address,
                jti: self.random_text()?,
            })
            .await
            .map_err(|fault| self.fault(&fault))?;
        match answer {
            RedeemAnswer::Granted {
                jti,
                at,
                place,
                fresh,
                campaign,
            } => {
                let offer = &campaign.rules.offer;
                let mut claims = offer.claims(EDGE_ISSUER, &self.config.gate.audience, &jti, at);
                claims.status = Some(Self::status_ref(&origin, place));
                self.granted(&device, &claims, fresh, &campaign, for_a_person)
                    .await
            }
            RedeemAnswer::Refused(error) => Err(refused(error)),
            RedeemAnswer::Throttled(seconds) => Err(Problem::new(
                429,
                "too-many-tries",
                "Too many wrong codes",
                format!("Too many wrong codes came from here; try again in {seconds} seconds."),
            )
            .with("retry-after", seconds.to_string())),
        }
    }

    /// The code of a form or of JSON.
    async fn code_of(&self, request: Request<W::Body>) -> Result<Code, Problem> {
        let is_json = request
            .header("content-type")
            .is_some_and(|kind| kind.trim_start().starts_with("application/json"));
        let bytes = self.body_bytes(request, FORM_LIMIT).await?;
        let text = if is_json {
            let body: Value = serde_json::from_slice(&bytes)
                .map_err(|error| Problem::bad_request(format!("The body is not JSON: {error}.")))?;
            body.get("code").and_then(Value::as_str).map(str::to_owned)
        } else {
            let form = String::from_utf8_lossy(&bytes).into_owned();
            form::pairs(&form).find_map(|(name, value)| (name == "code").then_some(value))
        };
        let text =
            text.ok_or_else(|| Problem::bad_request("Send the code as the field \"code\"."))?;
        Code::parse(&text).map_err(|error: CodeTextError| {
            Problem::new(
                422,
                "code-malformed",
                "This is not a code",
                format!("{error}."),
            )
        })
    }

    /// Mints the grant; asked again, the same device gets the same one.
    async fn granted(
        &self,
        device: &str,
        claims: &Claims,
        fresh: bool,
        campaign: &CampaignRecord,
        for_a_person: bool,
    ) -> Answer<W> {
        let drop = DropPath::parse(&campaign.drop)
            .map_err(|error| Problem::not_found(error.to_string()))?;
        let token = mint(
            claims,
            &self.config.edge,
            &self.config.edge_key().thumbprint(),
        );
        if fresh {
            let mut receipt = self.new_receipt(Kind::Redeem)?;
            receipt.drop = Some(drop.clone());
            let jti = claims.jti.as_deref().unwrap_or_default();
            let id = GrantId::named(EDGE_ISSUER, jti);
            receipt.grant = Some(GrantHash(self.config.salt.grant(&id).0));
            self.log_later(LogName::Deliveries, receipt);
        }
        let reply = if for_a_person {
            let manifest = self.manifest(&drop).await?;
            self.redeemed(&manifest, &token, claims.exp)
        } else {
            Reply::json(
                200,
                &json!({"grant": token, "drop": campaign.drop, "expires": claims.exp}),
            )
        };
        Ok(reply
            .with("Set-Cookie", cookie(DEVICE_COOKIE, device, DEVICE_SECONDS))
            .with(
                "Set-Cookie",
                cookie(COOKIE, &token, campaign.rules.offer.lasts),
            ))
    }

    /// Where a request comes from, as the throttle counts it. Requests without
    /// an address share one count.
    pub(super) fn place(&self, client: &Client) -> crate::gate::AddressHash {
        let unknown = std::net::IpAddr::from([0, 0, 0, 0]);
        self.config.salt.address(client.address.unwrap_or(unknown))
    }

    pub(super) fn random_text(&self) -> Result<String, Problem> {
        let bytes: [u8; 16] = self.world.entropy().map_err(|fault| self.fault(&fault))?;
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// `POST /admin/codes`: makes a campaign. The codes are shown this once.
    pub(super) async fn create_codes(&self, request: Request<W::Body>) -> Answer<W> {
        self.operator(&request)?;
        let body = self.json_body(request, FORM_LIMIT).await?;
        let drop = text(&body, "drop")?
            .ok_or_else(|| Problem::bad_request("The member \"drop\" is missing."))?;
        let drop =
            DropPath::parse(&drop).map_err(|error| Problem::bad_request(format!("{error}.")))?;
        self.manifest(&drop).await?;
        let count = number(&body, "count")?.unwrap_or(1);
        if !(1..=MOST_CODES).contains(&count) {
            return Err(Problem::bad_request(format!(
                "\"count\" must be 1 to {MOST_CODES}."
            )));
        }
        let tier = text(&body, "tier")?
            .map(|tier| Name::parse(&tier))
            .transpose();
        let tier = tier.map_err(|error| Problem::bad_request(format!("\"tier\": {error}.")))?;
        let path = Pattern::parse(&format!("{drop}/*"))
            .map_err(|error| Problem::bad_request(format!("{error}.")))?;
        let lasts = number(&body, "expires")?.unwrap_or(GRANT_SECONDS);
        if !(1..=LONGEST_GRANT).contains(&lasts) {
            return Err(Problem::bad_request(format!(
                "\"expires\" must be 1 to {LONGEST_GRANT} seconds."
            )));
        }
        let (from, until) = (number(&body, "from")?, number(&body, "until")?);
        if from.zip(until).is_some_and(|(from, until)| from >= until) {
            return Err(Problem::bad_request("\"until\" must be after \"from\"."));
        }
        let id = self.random_text()?;
        let codes = (0..count)
            .map(|_| self.world.entropy().map(Code::from_random))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|fault| self.fault(&fault))?;
        let draft = AddCampaign {
            record: CampaignRecord {
                rules: Campaign {
                    id: id.clone(),
                    offer: Offer {
                        paths: vec![path],
                        tier: tier.map(|tier| tier.to_string()),
                        lasts,
                        ..Offer::default()
                    },
                    from,
                    until,
                    per_device: number(&body, "per_device")?,
                    voided: false,
                },
                label: text(&body, "label")?
                    .unwrap_or_default()
                    .chars()
                    .take(200)
                    .collect(),
                drop: drop.to_string(),
            },
            codes: codes
                .iter()
                .map(|code| code.hash(&self.config.pepper))
                .collect(),
        };
        self.world
            .ask(&draft)
            .await
            .map_err(|fault| self.fault(&fault))?;
        let codes: Vec<String> = codes.iter().map(Code::reveal).collect();
        Ok(Reply::json(201, &json!({"campaign": id, "codes": codes})))
    }
}

fn refused(error: CodeError) -> Problem {
    let (status, slug) = match error {
        CodeError::Unknown => (404, "code-unknown"),
        CodeError::Spent => (409, "code-spent"),
        CodeError::Held { .. } => (409, "code-held"),
        CodeError::Revoked => (410, "code-revoked"),
        CodeError::TooEarly(_) => (425, "code-too-early"),
        CodeError::TooLate(_) => (410, "code-too-late"),
        CodeError::DeviceLimit(_) => (403, "code-device-limit"),
    };
    Problem::new(
        status,
        slug,
        "The code cannot be redeemed",
        format!("{error}."),
    )
}
