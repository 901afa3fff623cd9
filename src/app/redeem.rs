//! Codes on paper, cards and screens. `GET /r/{code}` shows and spends nothing,
//! because mail scanners and previews open links; `POST /redeem` spends, once.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{
    Answer, Desk, form,
    http::{Body, Client, Method, Reply, Request},
    link::pressed,
    problem::Problem,
};
use crate::{
    evidence::Kind,
    gate::{
        book::{NoteOpened, Redeem, RedeemAnswer},
        code::{Code, CodeError, CodeTextError, Holder},
    },
    pages::{AskView, Field},
    ports::World,
    trust::DropPath,
};

/// A form with a code and an idempotency key is small.
const FORM_LIMIT: usize = 4 * 1024;

impl<W: World> Desk<'_, W> {
    /// `GET /r/{code}`: the page where a person redeems. That it was opened is
    /// counted after the reply, by GET only: scanners use HEAD.
    pub(super) fn redeem_page(&self, request: &Request<W::Body>, code: &str) -> Reply<W::Body> {
        let Ok(code) = Code::parse(code) else {
            return self.redeem_form(&code.chars().take(40).collect::<String>());
        };
        let mut reply = self.redeem_form(&code.reveal());
        if request.method == Method::Head {
            reply.body = Body::Empty;
            return reply;
        }
        let opened = NoteOpened {
            code: code.hash(&self.config.pepper),
        };
        let world = self.world.clone();
        self.world.later(async move {
            if let Err(fault) = world.ask(&opened).await {
                world.log(&format!("fault: {fault}"));
            }
        });
        reply
    }

    /// `POST /redeem` with `code` and, from a program, an `Idempotency-Key`.
    pub(super) async fn redeem(&self, request: Request<W::Body>) -> Answer<W> {
        let to = self.receiver(&request)?;
        let attempt = match request.header("idempotency-key") {
            Some(key) => key.to_owned(),
            None => self.random_text()?,
        };
        let address = self.place(&request.client);
        let pressed = pressed(&request);
        let (code, confirmed) = self.code_of(request).await?;
        if to.for_a_person && !pressed && !confirmed {
            return Ok(self.doubted(code));
        }
        let answer = self
            .world
            .ask(&Redeem {
                code: code.hash(&self.config.pepper),
                by: Holder {
                    device: self.config.salt.device(&to.device),
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
                let drop = DropPath::parse(&campaign.drop)
                    .map_err(|error| Problem::not_found(error.to_string()))?;
                let claims = self.claims_of(&campaign.rules.offer, &jti, at, place, &to.origin);
                self.hand_grant(&claims, Some(&drop), Kind::Redeem, fresh, &to)
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

    /// Asks once more: the form came from a browser, and nobody pressed a button.
    fn doubted(&self, code: Code) -> Reply<W::Body> {
        let code = code.reveal();
        self.asking(&AskView {
            heading: "Redeem your code",
            lead: "Nothing has been used yet.",
            action: "/redeem",
            hidden: vec![("code", &code)],
            fields: vec![Field::Tick(
                "confirm",
                "Yes, I am a person and redeem it here",
            )],
            button: "Redeem",
            small: "Programs that look into mails press buttons too. Your code is safe from them.",
            ..AskView::default()
        })
    }

    /// The code of a form or of JSON, and whether the form's box was ticked.
    async fn code_of(&self, request: Request<W::Body>) -> Result<(Code, bool), Problem> {
        let is_json = request
            .header("content-type")
            .is_some_and(|kind| kind.trim_start().starts_with("application/json"));
        let bytes = self.body_bytes(request, FORM_LIMIT).await?;
        let mut confirmed = false;
        let text = if is_json {
            let body: Value = serde_json::from_slice(&bytes)
                .map_err(|error| Problem::bad_request(format!("The body is not JSON: {error}.")))?;
            body.get("code").and_then(Value::as_str).map(str::to_owned)
        } else {
            let form = String::from_utf8_lossy(&bytes).into_owned();
            confirmed = form::pairs(&form).any(|(name, value)| name == "confirm" && value == "yes");
            form::pairs(&form).find_map(|(name, value)| (name == "code").then_some(value))
        };
        let text =
            text.ok_or_else(|| Problem::bad_request("Send the code as the field \"code\"."))?;
        let code = Code::parse(&text).map_err(|error: CodeTextError| {
            Problem::new(
                422,
                "code-malformed",
                "This is not a code",
                format!("{error}."),
            )
        })?;
        Ok((code, confirmed))
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
