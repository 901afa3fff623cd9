//! The worker's settings from its bindings, parsed once per isolate.

use std::{cell::RefCell, rc::Rc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use worker::Env;

use crate::{
    app::{
        Memo,
        config::{Config, ConfigError},
    },
    ports::PortError,
};

/// What an isolate keeps between requests: data only.
pub struct Isolate {
    /// The settings.
    pub config: Config,
    /// What was verified.
    pub memo: Memo,
}

thread_local! {
    static ISOLATE: RefCell<Option<Rc<Isolate>>> = const { RefCell::new(None) };
}

/// The isolate's settings and memory, made at the first request.
pub fn isolate(env: &Env) -> Result<Rc<Isolate>, ConfigError> {
    let known = ISOLATE.with(|isolate| isolate.borrow().clone());
    if let Some(known) = known {
        return Ok(known);
    }
    let new = Rc::new(Isolate {
        config: Config::read(|name| setting(env, name))?,
        memo: Memo::default(),
    });
    ISOLATE.with(|isolate| *isolate.borrow_mut() = Some(new.clone()));
    Ok(new)
}

/// A variable or secret.
pub fn setting(env: &Env, name: &str) -> Option<String> {
    env.var(name).ok().map(|value| value.to_string())
}

/// A secret of 32 bytes in base64url.
pub fn key(env: &Env, name: &'static str) -> Result<[u8; 32], PortError> {
    setting(env, name)
        .and_then(|text| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok())
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| PortError::new("config", format!("{name} is not 32 bytes in base64url")))
}
