//! `POST /hooks/stripe`: purchases, renewals, refunds and disputes. The
//! signature is checked over the bytes as they came; then each event is a fact,
//! noted once, whatever order they come in.
//!
//! The Checkout Session says what was bought in its `metadata`:
//! `dropgate_paths` (`alice/drop-7/*`, several joined by commas),
//! `dropgate_tier`, `dropgate_days` and `dropgate_downloads`; its
//! `client_reference_id` is the order number. Other sessions are not ours.

use serde_json::{Value, json};

use super::{
    Answer, Desk,
    codes::GRANT_SECONDS,
    http::{Reply, Request},
    problem::Problem,
};
use crate::{
    evidence::Kind,
    gate::{
        Limits, Offer, Pattern, RequestHash,
        book::{Dispute, Fact, NoteFact, Purchase},
        status, stripe,
    },
    ports::World,
    trust::Name,
};

/// Stripe's largest events are some hundred KB.
const EVENT_LIMIT: usize = 512 * 1024;
/// A day in seconds; `dropgate_days` counts in them.
const DAY: u64 = 86_400;

impl<W: World> Desk<'_, W> {
    /// Verifies an event and notes what it says.
    pub(super) async fn stripe_hook(&self, request: Request<W::Body>) -> Answer<W> {
        let secrets: Vec<&str> = self
            .config
            .stripe_secrets
            .iter()
            .map(String::as_str)
            .collect();
        if secrets.is_empty() {
            return Err(Problem::not_found(
                "No STRIPE_SECRETS are set: this worker takes no events of Stripe.",
            ));
        }
        let header = request
            .header("stripe-signature")
            .unwrap_or_default()
            .to_owned();
        let body = self.body_bytes(request, EVENT_LIMIT).await?;
        stripe::verify(&header, &body, &secrets, self.world.now()).map_err(|error| {
            let title = "The event is not believed";
            Problem::new(400, "stripe-signature", title, format!("{error}."))
        })?;
        let event: Value = serde_json::from_slice(&body)
            .map_err(|error| Problem::bad_request(format!("The event is not JSON: {error}.")))?;
        let id = string(&event, "/id").filter(|id| id.len() <= 255);
        let id = id.ok_or_else(|| Problem::bad_request("The event has no id."))?;
        let at = whole(&event, "/created").unwrap_or_else(|| self.world.now());
        let Some(fact) = self.fact(&event, at)? else {
            return Ok(Reply::json(
                200,
                &json!({"received": true, "ignored": true}),
            ));
        };
        let note = NoteFact {
            event: id.to_owned(),
            at,
            fact,
            jti: self.random_text()?,
        };
        let news = self.world.ask(&note).await;
        let news = news.map_err(|fault| self.fault(&fault))?;
        self.forget_statuses();
        let mut reply = Reply::json(200, &json!({"received": true, "repeated": news.is_none()}));
        if let Some((jti, status)) = news.and_then(|noted| noted.grant) {
            let (kind, detail) = change(&note.fact, status);
            let grant = self.own_grant_hash(&jti);
            self.receipt_of_change(kind, grant, None, detail, &mut reply)?;
        }
        Ok(reply)
    }

    /// What an event comes to; `None` if it is not about a purchase here.
    fn fact(&self, event: &Value, at: u64) -> Result<Option<Fact>, Problem> {
        let null = Value::Null;
        let object = event.pointer("/data/object").unwrap_or(&null);
        let name = |pointer: &str| string(object, pointer).map(|id| self.config.salt.request(id));
        Ok(match string(event, "/type").unwrap_or_default() {
            "checkout.session.completed" | "checkout.session.async_payment_succeeded" => self
                .purchase(object)?
                .map(|purchase| Fact::Paid(Box::new(purchase))),
            // `refunded` is true once all of it went back.
            "charge.refunded" if object.get("refunded") == Some(&Value::Bool(true)) => {
                name("/payment_intent").map(|payment| Fact::Refunded { payment })
            }
            "charge.dispute.created" | "charge.dispute.updated" | "charge.dispute.closed" => {
                let dispute = match string(object, "/status") {
                    Some("lost") => Dispute::Lost,
                    Some("won" | "warning_closed") => Dispute::Won,
                    _ => Dispute::Open,
                };
                name("/payment_intent").map(|payment| Fact::Disputed { payment, dispute })
            }
            "invoice.paid" | "invoice.payment_succeeded" => {
                let lines = object.pointer("/lines/data").and_then(Value::as_array);
                let ends = lines.into_iter().flatten();
                let until = ends.filter_map(|line| whole(line, "/period/end")).max();
                let subscription = name("/parent/subscription_details/subscription")
                    .or_else(|| name("/subscription"));
                subscription
                    .zip(until)
                    .map(|(subscription, until)| Fact::Renewed {
                        subscription,
                        until,
                        payment: name("/payment_intent"),
                    })
            }
            "customer.subscription.deleted" => name("/id").map(|subscription| Fact::Ended {
                subscription,
                at: whole(object, "/ended_at").unwrap_or(at),
            }),
            _ => None,
        })
    }

    fn purchase(&self, session: &Value) -> Result<Option<Purchase>, Problem> {
        let metadata = |name: &str| string(session, &format!("/metadata/dropgate_{name}"));
        let is_paid = matches!(
            string(session, "/payment_status"),
            Some("paid" | "no_payment_required")
        );
        let (Some(paths), Some(id), true) = (metadata("paths"), string(session, "/id"), is_paid)
        else {
            return Ok(None);
        };
        let wrong = |name: &str| {
            Problem::new(
                422,
                "stripe-metadata",
                "The session does not say what was bought",
                format!(
                    "The metadata dropgate_{name} cannot be read; fix it and send the event again."
                ),
            )
        };
        let number = |name: &str| {
            let parsed = metadata(name).map(str::parse::<u64>).transpose();
            parsed.map_err(|_| wrong(name))
        };
        let patterns = paths.split(',').map(|path| Pattern::parse(path.trim()));
        let tier = metadata("tier").map(Name::parse).transpose();
        let days = number("days")?.filter(|days| *days > 0);
        let hash = |text: &str| -> RequestHash { self.config.salt.request(text) };
        let email = string(session, "/customer_details/email")
            .or_else(|| string(session, "/customer_email"));
        Ok(Some(Purchase {
            order: hash(id),
            number: string(session, "/client_reference_id").map(hash),
            email: email.map(|email| self.config.salt.email(email)),
            offer: Offer {
                paths: patterns
                    .collect::<Result<_, _>>()
                    .map_err(|_| wrong("paths"))?,
                tier: tier
                    .map_err(|_| wrong("tier"))?
                    .map(|tier| tier.to_string()),
                lim: Limits {
                    downloads: number("downloads")?,
                    bytes: None,
                },
                lasts: days.map_or(GRANT_SECONDS, |days| days.saturating_mul(DAY)),
                grace: 0,
            },
            payment: string(session, "/payment_intent").map(hash),
            subscription: string(session, "/subscription").map(hash),
        }))
    }
}

/// What a fact about an order comes to, for the log.
fn change(fact: &Fact, status: u8) -> (Kind, &'static str) {
    let kind = if status == status::VALID {
        Kind::Grant
    } else {
        Kind::Revoke
    };
    let detail = match fact {
        Fact::Paid(_) => "order-paid",
        Fact::Refunded { .. } => "order-refunded",
        Fact::Disputed { .. } => "order-disputed",
        Fact::Renewed { .. } => "order-renewed",
        Fact::Ended { .. } => "subscription-ended",
    };
    (kind, detail)
}

fn string<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn whole(value: &Value, pointer: &str) -> Option<u64> {
    value.pointer(pointer).and_then(Value::as_u64)
}
