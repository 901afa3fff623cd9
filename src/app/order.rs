//! Orders: `GET /orders/{id}` is where Stripe sends a shopper after paying
//! (`success_url`), `/orders` is where one who lost the way finds back by order
//! number and e-mail address. What is wrong with a pair is never told.

use serde_json::json;

use super::{
    Answer, Desk,
    config::EDGE_ISSUER,
    http::{Body, Method, Reply, Request},
    issue::BETWEEN,
    problem::Problem,
};
use crate::{
    evidence::Kind,
    gate::{
        Claims, Pattern,
        book::{FindOrder, OrderAnswer, OrderKey},
        standing,
    },
    pages::{AskView, Field},
    ports::World,
    trust::DropPath,
};

/// A renewal that fails is tried again for some days; the files stay open.
const SUBSCRIPTION_GRACE: u64 = 3 * 86_400;
/// A link that was asked for is opened at once.
const LINK_SECONDS: u64 = 3600;

impl<W: World> Desk<'_, W> {
    /// `GET /orders`: asks for what finds an order.
    pub(super) fn order_form(&self, request: &Request<W::Body>) -> Reply<W::Body> {
        let view = AskView {
            heading: "Find my order",
            lead: "We make you a new link to your files.",
            action: "/orders",
            fields: vec![
                Field::Line("order", "Order number", "text"),
                Field::Line("email", "E-mail address you ordered with", "email"),
            ],
            button: "Find my files",
            small: "We compare a keyed hash of the address; the address itself is not kept.",
            ..AskView::default()
        };
        without_body_for_head(request, self.asking(&view))
    }

    /// `POST /orders`: a new link for who knows the number and the address.
    pub(super) async fn find_order(&self, request: Request<W::Body>) -> Answer<W> {
        let (for_a_person, origin) = (request.wants_html(), request.origin.clone());
        let address = self.place(&request.client);
        let form = self.form(request).await?;
        let field = |name: &str| {
            let found = form.iter().find(|(key, _)| key == name);
            found.map_or("", |(_, value)| value.trim())
        };
        let salt = &self.config.salt;
        let by = OrderKey::Number(salt.request(field("order")), salt.email(field("email")));
        let claims = self.order(by, address, &origin).await?;
        let link = self.order_link(&origin, &claims).await?;
        if for_a_person {
            return Ok(Reply::empty(303)
                .with("Location", link)
                .with("Cache-Control", "no-store"));
        }
        Ok(Reply::json(200, &json!({"link": link})))
    }

    /// `GET /orders/{id}`: the page after paying.
    pub(super) fn order_page(&self, request: &Request<W::Body>, id: &str) -> Reply<W::Body> {
        let action = format!("/orders/{id}");
        let view = AskView {
            heading: "Thank you",
            lead: "Press the button, and the files are yours on this device.",
            action: &action,
            button: "Open my files",
            small: "If the payment was made just now, it may take a moment to arrive here.",
            ..AskView::default()
        };
        without_body_for_head(request, self.asking(&view))
    }

    /// `POST /orders/{id}`: the order's grant, the same each time.
    pub(super) async fn open_order(&self, request: Request<W::Body>, id: &str) -> Answer<W> {
        let to = self.receiver(&request)?;
        let address = self.place(&request.client);
        let by = OrderKey::Id(self.config.salt.request(id));
        let claims = self.order(by, address, &to.origin).await?;
        let drop = drop_of(&claims);
        self.hand_grant(&claims, drop.as_ref(), Kind::Grant, false, &to)
            .await
    }

    /// The grant of an order that is paid and stands.
    async fn order(
        &self,
        by: OrderKey,
        address: crate::gate::AddressHash,
        origin: &str,
    ) -> Result<Claims, Problem> {
        let answer = self.world.ask(&FindOrder { by, address }).await;
        let (order, place, status, paid) = match answer.map_err(|fault| self.fault(&fault))? {
            OrderAnswer::Found {
                order,
                place,
                standing,
                paid,
            } => (order, place, standing, paid),
            OrderAnswer::Unknown => {
                return Err(Problem::new(
                    404,
                    "order-unknown",
                    "No such order",
                    "No order fits. Check the number and the e-mail address; after paying it can take a moment until an order is here.",
                ));
            }
            OrderAnswer::Throttled(seconds) => {
                return Err(Problem::new(
                    429,
                    "too-many-tries",
                    "Too many tries",
                    format!("Too many tries came from here; try again in {seconds} seconds."),
                )
                .with("retry-after", seconds.to_string()));
            }
        };
        standing(status).map_err(|error| Problem::from_gate(&error))?;
        let mut claims = self.claims_of(&order.purchase.offer, &order.jti, order.at, place, origin);
        if let Some((until, has_ended)) = paid {
            let grace = if has_ended { 0 } else { SUBSCRIPTION_GRACE };
            claims.exp = until.saturating_add(grace);
        }
        if self.world.now() >= claims.exp {
            return Err(Problem::new(
                410,
                "order-over",
                "This order has run out",
                "What was ordered is over. If it is a subscription, pay or renew it, then come back.",
            ));
        }
        Ok(claims)
    }

    /// A session whose order was paid for again: its grant as it is now, and the
    /// cookie that holds it. Only what this edge has signed is asked about.
    pub(super) async fn paid_again(
        &self,
        request: &Request<W::Body>,
        held: &str,
    ) -> Result<Option<(String, String)>, Problem> {
        let now = self.world.now();
        for token in held.split(BETWEEN) {
            let Ok(grant) = self.config.gate.authenticate(token, now) else {
                continue;
            };
            let claims = &grant.claims;
            let is_over = claims.exp <= now && claims.iss == EDGE_ISSUER;
            let Some(jti) = claims.jti.clone().filter(|_| is_over) else {
                continue;
            };
            let address = self.place(&request.client);
            let by = OrderKey::Grant(jti);
            match self.order(by, address, &request.origin).await {
                Ok(claims) => {
                    let session = self.session(&claims, held);
                    return Ok(Some((self.mint(&claims), session)));
                }
                Err(problem) if problem.status >= 500 => return Err(problem),
                Err(_) => {}
            }
        }
        Ok(None)
    }

    /// A link of one use that opens the order's own grant.
    async fn order_link(&self, origin: &str, claims: &Claims) -> Result<String, Problem> {
        let drop = drop_of(claims);
        self.new_link_to(origin, drop.as_ref(), claims, LINK_SECONDS)
            .await
    }
}

/// The one drop that a grant is for, if it is for one.
pub(super) fn drop_of(claims: &Claims) -> Option<DropPath> {
    match claims.paths.as_slice() {
        [Pattern::Drop(drop)] => Some(drop.clone()),
        _ => None,
    }
}

pub(super) fn without_body_for_head<B>(request: &Request<B>, mut reply: Reply<B>) -> Reply<B> {
    if request.method == Method::Head {
        reply.body = Body::Empty;
    }
    reply
}
