//! Orders and subscriptions. An order's state is what its facts come to, and not
//! the last thing that was heard: webhooks come twice and in any order.

use serde::{Deserialize, Serialize};

use super::{
    BookError, Question, Rows,
    codes::{fail, ready},
    count_exactly, load, save,
    status::{place_of, set},
};
use crate::gate::{AddressHash, EmailHash, Offer, RequestHash, status};

/// The payment processor gives up repeating an event long before.
const EVENTS_KEPT: u64 = 60 * 86_400;
/// A subscription's payments whose refunds and disputes count.
const MOST_PAYMENTS: usize = 36;

/// What an event says. Every name of the processor's is hashed: an order's id
/// opens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// A purchase was paid.
    Paid(Box<Purchase>),
    /// A payment was refunded in full.
    Refunded {
        /// Which.
        payment: RequestHash,
    },
    /// A payment is or was disputed.
    Disputed {
        /// Which.
        payment: RequestHash,
        /// How it stands.
        dispute: Dispute,
    },
    /// A subscription was paid until a second.
    Renewed {
        /// Which.
        subscription: RequestHash,
        /// Until when.
        until: u64,
        /// By which payment, if that is told.
        payment: Option<RequestHash>,
    },
    /// A subscription has ended for good.
    Ended {
        /// Which.
        subscription: RequestHash,
        /// When.
        at: u64,
    },
}

/// How a dispute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dispute {
    /// Undecided: the grant is suspended.
    Open,
    /// The shopper has their money back.
    Lost,
    /// The payment stands.
    Won,
}

/// What was bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purchase {
    /// The order: who knows its id may have the files.
    pub order: RequestHash,
    /// The number that the shopper was told.
    pub number: Option<RequestHash>,
    /// The shopper's e-mail address.
    pub email: Option<EmailHash>,
    /// What it opens.
    pub offer: Offer,
    /// How it was paid.
    pub payment: Option<RequestHash>,
    /// The subscription it began.
    pub subscription: Option<RequestHash>,
}

/// An event that was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteFact {
    /// The processor's id of the event.
    pub event: String,
    /// When it happened there.
    pub at: u64,
    /// What it says.
    pub fact: Fact,
    /// A fresh random id for a grant.
    pub jti: String,
}

#[derive(Default, Serialize, Deserialize)]
struct Payment {
    refunded: bool,
    dispute: Option<(u64, Dispute)>,
    order: Option<RequestHash>,
}

#[derive(Default, Serialize, Deserialize)]
struct Subscription {
    until: u64,
    ended: Option<u64>,
    order: Option<RequestHash>,
    payments: Vec<RequestHash>,
}

/// An order in the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What was bought.
    pub purchase: Purchase,
    /// The id of its grant.
    pub jti: String,
    /// When it was bought.
    pub at: u64,
}

/// What a fact has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// The order's grant and its status now, if an order is concerned.
    pub grant: Option<(String, u8)>,
}

impl Question for NoteFact {
    const NAME: &'static str = "gate.note-fact";
    /// `None` if it was heard of before.
    type Answer = Option<Noted>;

    fn answer(&self, rows: &dyn Rows, now: u64) -> Result<Self::Answer, BookError> {
        if rows.get("event", &self.event)?.is_some() {
            return Ok(None);
        }
        save(
            rows,
            "event",
            &self.event,
            &1,
            Some(now.saturating_add(EVENTS_KEPT)),
        )?;
        let order = match &self.fact {
            Fact::Paid(purchase) => self.paid(rows, purchase)?,
            Fact::Refunded { payment } => {
                let mut is_first = false;
                let order = payment_is(rows, *payment, |row| {
                    is_first = !std::mem::replace(&mut row.refunded, true);
                })?;
                count_exactly(rows, "orders;refunded", u64::from(is_first))?;
                order
            }
            Fact::Disputed { payment, dispute } => {
                let mut is_first = false;
                let order = payment_is(rows, *payment, |row| {
                    is_first = row.dispute.is_none();
                    // What was decided is not undone by older news that comes late.
                    let decides = *dispute != Dispute::Open;
                    let (later, known) = match row.dispute {
                        None => (true, Dispute::Open),
                        Some((at, known)) => (self.at >= at, known),
                    };
                    if later && (decides || known == Dispute::Open)
                        || decides && known == Dispute::Open
                    {
                        row.dispute = Some((self.at, *dispute));
                    }
                })?;
                count_exactly(rows, "orders;disputed", u64::from(is_first))?;
                order
            }
            Fact::Renewed {
                subscription,
                until,
                payment,
            } => {
                let order = subscription_is(rows, *subscription, |row| {
                    row.until = row.until.max(*until);
                    row.payments
                        .extend(payment.filter(|new| !row.payments.contains(new)));
                    let many = row.payments.len().saturating_sub(MOST_PAYMENTS);
                    row.payments.drain(..many);
                })?;
                if let (Some(payment), Some(order)) = (payment, order) {
                    payment_is(rows, *payment, |row| row.order = Some(order))?;
                }
                order
            }
            Fact::Ended { subscription, at } => {
                subscription_is(rows, *subscription, |row| row.ended = Some(*at))?
            }
        };
        let grant = match order {
            Some(order) => settle(rows, order)?,
            None => None,
        };
        Ok(Some(Noted { grant }))
    }
}

impl NoteFact {
    fn paid(&self, rows: &dyn Rows, purchase: &Purchase) -> Result<Option<RequestHash>, BookError> {
        let key = purchase.order;
        if rows.get("order", &key.0.to_hex())?.is_some() {
            return Ok(None);
        }
        let order = Order {
            purchase: purchase.clone(),
            jti: self.jti.clone(),
            at: self.at,
        };
        save(rows, "order", &key.0.to_hex(), &order, None)?;
        count_exactly(rows, "orders;paid", 1)?;
        save(rows, "order-grant", &self.jti, &key, None)?;
        if let Some(number) = purchase.number {
            save(rows, "order-number", &number.0.to_hex(), &key, None)?;
        }
        if let Some(payment) = purchase.payment {
            payment_is(rows, payment, |row| row.order = Some(key))?;
        }
        if let Some(subscription) = purchase.subscription {
            subscription_is(rows, subscription, |row| row.order = Some(key))?;
            // Payments that were heard of before the order belong to it too.
            for payment in subscription_of(rows, subscription)?.payments {
                payment_is(rows, payment, |row| row.order = Some(key))?;
            }
        }
        Ok(Some(key))
    }
}

fn payment_is(
    rows: &dyn Rows,
    payment: RequestHash,
    change: impl FnOnce(&mut Payment),
) -> Result<Option<RequestHash>, BookError> {
    let key = payment.0.to_hex();
    let mut row: Payment = load(rows, "payment", &key)?.unwrap_or_default();
    change(&mut row);
    save(rows, "payment", &key, &row, None)?;
    Ok(row.order)
}

fn subscription_of(rows: &dyn Rows, subscription: RequestHash) -> Result<Subscription, BookError> {
    Ok(load(rows, "subscription", &subscription.0.to_hex())?.unwrap_or_default())
}

fn subscription_is(
    rows: &dyn Rows,
    subscription: RequestHash,
    change: impl FnOnce(&mut Subscription),
) -> Result<Option<RequestHash>, BookError> {
    let mut row = subscription_of(rows, subscription)?;
    change(&mut row);
    save(rows, "subscription", &subscription.0.to_hex(), &row, None)?;
    Ok(row.order)
}

/// Sets the status of an order's grant to what its payments come to.
fn settle(rows: &dyn Rows, key: RequestHash) -> Result<Option<(String, u8)>, BookError> {
    let Some(order) = load::<Order>(rows, "order", &key.0.to_hex())? else {
        return Ok(None);
    };
    let standing = standing(rows, &order.purchase)?;
    set(rows, &order.jti, standing)?;
    Ok(Some((order.jti, standing)))
}

fn standing(rows: &dyn Rows, purchase: &Purchase) -> Result<u8, BookError> {
    let mut payments: Vec<RequestHash> = purchase.payment.into_iter().collect();
    if let Some(subscription) = purchase.subscription {
        payments.extend(subscription_of(rows, subscription)?.payments);
    }
    let mut standing = status::VALID;
    for payment in payments {
        let row: Payment = load(rows, "payment", &payment.0.to_hex())?.unwrap_or_default();
        match row.dispute {
            _ if row.refunded => return Ok(status::INVALID),
            Some((_, Dispute::Lost)) => return Ok(status::INVALID),
            Some((_, Dispute::Open)) => standing = status::SUSPENDED,
            Some((_, Dispute::Won)) | None => {}
        }
    }
    Ok(standing)
}

/// Someone asks for an order: by its id, or by what only its shopper knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindOrder {
    /// The id, or the number with the e-mail address.
    pub by: OrderKey,
    /// From where, for the throttle.
    pub address: AddressHash,
}

/// How an order is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderKey {
    /// The processor's id, which nobody can guess.
    Id(RequestHash),
    /// The number and the address.
    Number(RequestHash, EmailHash),
    /// The id of its grant, by one who has shown the grant.
    Grant(String),
}

/// What the book answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderAnswer {
    /// An order.
    Found {
        /// The order.
        order: Box<Order>,
        /// The place of its grant in the status lists.
        place: u64,
        /// The status of its grant.
        standing: u8,
        /// For a subscription: until when it is paid, and whether it has ended.
        paid: Option<(u64, bool)>,
    },
    /// None that fits: which part is wrong is not told.
    Unknown,
    /// Too many wrong tries from one place; seconds to wait.
    Throttled(u64),
}

impl Question for FindOrder {
    const NAME: &'static str = "gate.find-order";
    type Answer = OrderAnswer;

    fn answer(&self, rows: &dyn Rows, now: u64) -> Result<OrderAnswer, BookError> {
        // An id cannot be guessed; a number with an address can be tried.
        let is_guess = matches!(self.by, OrderKey::Number(..));
        if is_guess && let Err(seconds) = ready(rows, self.address, now)? {
            return Ok(OrderAnswer::Throttled(seconds));
        }
        let key = match &self.by {
            OrderKey::Id(id) => Some(*id),
            OrderKey::Number(number, _) => load(rows, "order-number", &number.0.to_hex())?,
            OrderKey::Grant(jti) => load(rows, "order-grant", jti)?,
        };
        let order: Option<Order> = match key {
            Some(key) => load(rows, "order", &key.0.to_hex())?,
            None => None,
        };
        let fits = |order: &Order| match &self.by {
            OrderKey::Id(_) | OrderKey::Grant(_) => true,
            OrderKey::Number(_, email) => order.purchase.email == Some(*email),
        };
        let Some(order) = order.filter(fits) else {
            if is_guess {
                fail(rows, self.address, now)?;
            }
            return Ok(OrderAnswer::Unknown);
        };
        let paid = match order.purchase.subscription {
            None => None,
            Some(subscription) => {
                let row = subscription_of(rows, subscription)?;
                let until = row.ended.map_or(row.until, |ended| ended.min(row.until));
                Some((until, row.ended.is_some()))
            }
        };
        Ok(OrderAnswer::Found {
            place: place_of(rows, &order.jti)?,
            standing: standing(rows, &order.purchase)?,
            paid,
            order: Box::new(order),
        })
    }
}
