//! `/consent/{receipt}`: what was agreed to, for whoever has the receipt's
//! address, and the way to take it back.

use serde_json::json;

use super::{
    Answer, Desk,
    http::{Reply, Request},
    link::pressed,
    order::without_body_for_head,
    problem::Problem,
};
use crate::{
    evidence::{Detail, Kind, ReceiptId},
    gate::{
        book::ConsentOf,
        consent::{ConsentRecord, Parties, told_scope},
    },
    pages::ConsentView,
    ports::{LogName, World},
    trust::DropPath,
};

impl<W: World> Desk<'_, W> {
    /// `GET /consent/{receipt}`: the receipt, with a button that withdraws.
    pub(super) async fn consent_receipt(&self, request: &Request<W::Body>, key: &str) -> Answer<W> {
        let id = self.config.consents.linked(key).ok_or_else(no_consent)?;
        let record = self.consent_record(id, false).await?;
        let reply = self.shown_consent(request, key, id, &record);
        Ok(without_body_for_head(request, reply))
    }

    /// `POST /consent/{receipt}`: takes it back.
    pub(super) async fn end_consent(&self, request: Request<W::Body>, key: &str) -> Answer<W> {
        let id = self.config.consents.linked(key).ok_or_else(no_consent)?;
        // A page that was only loaded presses no button.
        let is_browser = request.header("sec-fetch-site").is_some();
        let withdraw = !is_browser || pressed(&request);
        let record = if withdraw {
            self.withdraw_consent(id).await?
        } else {
            self.consent_record(id, false).await?
        };
        Ok(self.shown_consent(&request, key, id, &record))
    }

    /// Takes a consent back: what relied on it ends within a minute. Doing it
    /// again changes nothing.
    pub(super) async fn withdraw_consent(&self, receipt: &str) -> Result<ConsentRecord, Problem> {
        self.consent_record(receipt, true).await
    }

    async fn consent_record(&self, id: &str, withdraw: bool) -> Result<ConsentRecord, Problem> {
        let question = ConsentOf {
            receipt: id.to_owned(),
            withdraw,
        };
        let found = self.world.ask(&question).await;
        let found = found.map_err(|fault| self.fault(&fault))?;
        let (record, news) = found.ok_or_else(no_consent)?;
        if news {
            self.forget_statuses();
            let mut receipt = self.new_receipt(Kind::Revoke)?;
            receipt.drop = DropPath::parse(&record.drop).ok();
            receipt.about = ReceiptId::parse(id);
            receipt.detail = Detail::parse("consent-withdrawn");
            self.log_later(LogName::Deliveries, receipt);
        }
        Ok(record)
    }

    fn shown_consent(
        &self,
        request: &Request<W::Body>,
        key: &str,
        id: &str,
        record: &ConsentRecord,
    ) -> Reply<W::Body> {
        let here = format!("{}/consent/{key}", request.origin);
        let parties = Parties {
            site: &self.config.site,
            origin: &request.origin,
            here: &here,
        };
        if !request.wants_html() {
            return Reply::json(
                200,
                &json!({
                    "receipt": record.receipt(id, parties),
                    "jws": record.signed(id, parties, &self.config.edge),
                }),
            );
        }
        let scopes: Vec<String> = record
            .scopes
            .iter()
            .map(|scope| told_scope(scope))
            .collect();
        self.consented(&ConsentView {
            drop: &record.drop,
            scopes: &scopes,
            given: record.given,
            until: record.until(),
            withdrawn: record.withdrawn,
            action: &format!("/consent/{key}"),
            jws: &record.signed(id, parties, &self.config.edge),
        })
    }
}

fn no_consent() -> Problem {
    Problem::not_found("There is no such consent; use the address in your receipt.")
}
