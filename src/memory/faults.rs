//! Faults that can be switched on, call by call.

use std::cell::RefCell;

use crate::ports::PortError;

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing happened.
    Before,
    /// What was asked happened; only its answer was lost.
    After,
}

#[derive(Default)]
pub(super) struct Faults {
    rules: RefCell<Vec<Rule>>,
    calls: RefCell<Vec<&'static str>>,
}

struct Rule {
    port: &'static str,
    /// Which call counted from here fails; every one when absent.
    nth: Option<usize>,
    fault: Fault,
}

impl Faults {
    pub fn every(&self, port: &'static str, fault: Fault) {
        let nth = None;
        self.rules.borrow_mut().push(Rule { port, nth, fault });
    }

    pub fn nth(&self, port: &'static str, nth: usize, fault: Fault) {
        let nth = Some(nth);
        self.rules.borrow_mut().push(Rule { port, nth, fault });
    }

    pub fn heal(&self) {
        self.rules.borrow_mut().clear();
        self.calls.borrow_mut().clear();
    }

    pub fn calls(&self, port: &str) -> usize {
        let calls = self.calls.borrow();
        calls.iter().filter(|call| concerns(port, call)).count()
    }

    pub fn call<T>(
        &self,
        name: &'static str,
        work: impl FnOnce() -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        self.calls.borrow_mut().push(name);
        let port = name.split('.').next().unwrap_or(name);
        let failed = |why: &str| PortError::new(port, format!("{name} {why}"));
        match self.next(name) {
            None => work(),
            Some(Fault::Before) => Err(failed("was switched to fail")),
            Some(Fault::After) => {
                work()?;
                Err(failed("was switched to fail after it happened"))
            }
        }
    }

    fn next(&self, name: &str) -> Option<Fault> {
        let mut found = None;
        for rule in self.rules.borrow_mut().iter_mut() {
            if !concerns(rule.port, name) {
                continue;
            }
            let is_due = match &mut rule.nth {
                None => true,
                Some(left) => {
                    let due = *left == 1;
                    *left = left.saturating_sub(1);
                    due
                }
            };
            if is_due {
                found = found.or(Some(rule.fault));
            }
        }
        found
    }
}

/// Whether a rule for `port` is about the call `name`.
fn concerns(port: &str, name: &str) -> bool {
    port.is_empty()
        || name
            .strip_prefix(port)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
