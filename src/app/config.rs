//! The worker's settings, parsed once per isolate.

use std::{collections::BTreeMap, fmt};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    delivery::plan::Verify,
    gate::Issuers,
    media::{KeyRing, PresetBook},
};
