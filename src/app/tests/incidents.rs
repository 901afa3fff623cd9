//! What must leave a trace: metadata that does not stand.

use super::market::{Market, get};
use crate::{
    ports::LogName,
    trust::{TrustClass, TrustError},
};

/// Whoever is refused with this error finds an incident in the open log that
/// names it, once, unless it is nobody's fault.
pub(crate) fn is_noted(error: &TrustError) {
    let market = Market::empty();
    let problem = market.desk().refused(error);
    market.desk().refused(error);
    market.world.settle();
    let noted = market.world.receipts(LogName::Publish);
    match error.class() {
        TrustClass::BadBytes => assert_eq!(problem.status, 502, "{error:?}"),
        TrustClass::Stale => assert_eq!(problem.status, 503, "{error:?}"),
        _ => return assert!(noted.is_empty(), "{error:?}: {noted:?}"),
    }
    let [note] = noted.as_slice() else {
        panic!("{error:?}: {noted:?}");
    };
    let role = error.role().unwrap_or("chain");
    let wanted = format!("metadata-{};role={role}", error.slug());
    assert!(
        note.contains("incident") && note.contains(&wanted),
        "{note}"
    );
}

#[test]
fn incidents_are_noted_once_in_a_while() {
    let market = Market::open();
    market.world.lose("metadata/");
    for (seconds, count) in [(0, 1), (1, 1), (300, 1), (300, 2)] {
        market.world.pass(seconds);
        let _ = market.ask(get("/metadata/1.root.json"));
        market.world.settle();
        let noted = market.world.receipts(LogName::Publish);
        let incidents = noted.iter().filter(|note| note.contains("incident"));
        assert_eq!(incidents.count(), count, "{seconds}");
    }
}
