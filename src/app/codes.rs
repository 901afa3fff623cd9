//! `/admin/codes`: campaigns of redemption codes.

use serde_json::{Map, Value, json};

use super::{
    Answer, Desk,
    admin::{number, text},
    http::{Reply, Request},
    problem::Problem,
};
use crate::{
    evidence::Kind,
    gate::{
        Limits, Offer, Pattern,
        book::{AddCampaign, CampaignOf, CampaignRecord, Hour, Tally},
        code::{Campaign, Code},
    },
    ports::World,
    trust::{DropPath, Name, format_time},
};

/// A campaign's terms are a few lines.
const BODY_LIMIT: usize = 4 * 1024;
/// How long a grant is good for when the operator says nothing.
pub(super) const GRANT_SECONDS: u64 = 30 * 86_400;
/// A hundred years: whoever means "for ever" should say so by renewing.
const LONGEST_GRANT: u64 = 36_500 * 86_400;
/// What one request may make; more are made by asking again.
const MOST_CODES: u64 = 1000;

impl<W: World> Desk<'_, W> {
    /// `POST /admin/codes`: makes a campaign. The codes are shown this once.
    pub(super) async fn create_codes(&self, request: Request<W::Body>) -> Answer<W> {
        self.operator(&request)?;
        let body = self.json_body(request, BODY_LIMIT).await?;
        let (drop, offer) = self.offer(&body).await?;
        let count = number(&body, "count")?.unwrap_or(1);
        if !(1..=MOST_CODES).contains(&count) {
            return Err(Problem::bad_request(format!(
                "\"count\" must be 1 to {MOST_CODES}."
            )));
        }
        let (from, until) = (number(&body, "from")?, number(&body, "until")?);
        if from.zip(until).is_some_and(|(from, until)| from >= until) {
            return Err(Problem::bad_request("\"from\" must be before \"until\"."));
        }
        // It is typed on command lines: it must not begin with a hyphen.
        let id = format!("c{}", self.random_text()?);
        let codes = (0..count)
            .map(|_| self.world.entropy().map(Code::from_random))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|fault| self.fault(&fault))?;
        let hash = |code: &Code| code.hash(&self.config.pepper);
        let draft = AddCampaign {
            record: CampaignRecord {
                rules: Campaign {
                    id: id.clone(),
                    offer,
                    from,
                    until,
                    per_device: number(&body, "per_device")?,
                    voided: false,
                },
                label: label(&body)?,
                drop: drop.to_string(),
            },
            codes: codes.iter().map(hash).collect(),
        };
        self.world
            .ask(&draft)
            .await
            .map_err(|fault| self.fault(&fault))?;
        let codes: Vec<String> = codes.iter().map(Code::reveal).collect();
        Ok(Reply::json(201, &json!({"campaign": id, "codes": codes})))
    }

    /// `GET /admin/codes/{campaign}`: how it goes. `POST .../void`: ends it for
    /// every code that was not redeemed.
    pub(super) async fn campaign(
        &self,
        request: &Request<W::Body>,
        id: &str,
        void: bool,
    ) -> Answer<W> {
        self.operator(request)?;
        let id = id.to_owned();
        let found = self.world.ask(&CampaignOf { id, void }).await;
        let found = found.map_err(|fault| self.fault(&fault))?;
        let (record, tally) =
            found.ok_or_else(|| Problem::not_found("There is no such campaign."))?;
        let mut reply = Reply::json(200, &report(&record, &tally));
        if void {
            let drop = DropPath::parse(&record.drop).ok();
            self.receipt_of_change(Kind::Revoke, None, drop, "campaign-voided", &mut reply)?;
        }
        Ok(reply)
    }

    /// The terms that an operator gives a campaign or a link.
    pub(super) async fn offer(&self, body: &Value) -> Result<(DropPath, Offer), Problem> {
        let drop = text(body, "drop")?
            .ok_or_else(|| Problem::bad_request("The member \"drop\" is missing."))?;
        let drop =
            DropPath::parse(&drop).map_err(|error| Problem::bad_request(format!("{error}.")))?;
        self.manifest(&drop).await?;
        let tier = text(body, "tier")?
            .map(|tier| Name::parse(&tier))
            .transpose();
        let tier = tier.map_err(|error| Problem::bad_request(format!("\"tier\": {error}.")))?;
        let path = Pattern::parse(&format!("{drop}/*"))
            .map_err(|error| Problem::bad_request(format!("{error}.")))?;
        let lasts = number(body, "lasts")?.unwrap_or(GRANT_SECONDS);
        if !(1..=LONGEST_GRANT).contains(&lasts) {
            return Err(Problem::bad_request(format!(
                "\"lasts\" must be 1 to {LONGEST_GRANT} seconds."
            )));
        }
        let offer = Offer {
            paths: vec![path],
            tier: tier.map(|tier| tier.to_string()),
            lim: Limits {
                downloads: number(body, "downloads")?,
                bytes: number(body, "bytes")?,
            },
            lasts,
            grace: 0,
        };
        Ok((drop, offer))
    }
}

/// What the operator calls a thing.
pub(super) fn label(body: &Value) -> Result<String, Problem> {
    let label = text(body, "label")?.unwrap_or_default();
    Ok(label
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect())
}

fn report(record: &CampaignRecord, tally: &Tally) -> Value {
    let rules = &record.rules;
    let hour = |(hour, of): (&u64, &Hour)| {
        let counts = json!({"opened": of.opened, "redeemed": of.redeemed});
        (format_time(hour.saturating_mul(3600)), counts)
    };
    let hours: Map<String, Value> = tally.hours.iter().map(hour).collect();
    json!({
        "campaign": rules.id,
        "label": record.label,
        "drop": record.drop,
        "tier": rules.offer.tier,
        "from": rules.from.map(format_time),
        "until": rules.until.map(format_time),
        "voided": rules.voided,
        "issued": tally.issued,
        "opened": tally.opened,
        "redeemed": tally.redeemed,
        "hours": hours,
    })
}
