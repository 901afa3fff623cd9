//! The `Cleaner` port: `drawings.mjs` runs the module that makes SVG harmless.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use super::js::fault;
use crate::{media::recipe::Metadata, ports::PortError};

#[wasm_bindgen(raw_module = "./drawings.mjs")]
extern "C" {
    #[wasm_bindgen(js_name = clean, catch)]
    fn clean_js(drawing: Uint8Array, metadata: u32) -> Result<Promise, JsValue>;
}

/// The drawing without what could run or call out, if it is one.
pub async fn clean(drawing: &[u8], metadata: Metadata) -> Result<Option<Vec<u8>>, PortError> {
    let metadata = match metadata {
        Metadata::None => 0,
        Metadata::Copyright => 1,
        Metadata::Keep => 2,
    };
    let promise = clean_js(Uint8Array::from(drawing), metadata).map_err(fault("drawings"))?;
    let cleaned = wasm_bindgen_futures::JsFuture::from(promise)
        .await
        .map_err(fault("drawings"))?;
    let cleaned = cleaned.dyn_into::<Uint8Array>().ok();
    Ok(cleaned.map(|cleaned| cleaned.to_vec()))
}
