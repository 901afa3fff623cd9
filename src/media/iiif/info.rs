//! `info.json`: what a viewer has to know before it asks for pixels.

use serde_json::{Value, json};

use super::{CONTEXT, Level, MAX_AREA, Pyramid, TILE};

/// What is told of a picture.
pub struct About<'a> {
    /// Its address, without `/info.json`.
    pub id: &'a str,
    /// Its size, upright.
    pub size: (u32, u32),
    /// What may be asked of it.
    pub level: Level,
    /// The licence in force, as the manifest names it.
    pub license: Option<&'a str>,
}

/// The document.
#[must_use]
pub fn info(about: &About<'_>) -> Value {
    let pyramid = Pyramid::of(about.size);
    let sizes: Vec<Value> = pyramid
        .sizes()
        .into_iter()
        .map(|(width, height)| json!({ "width": width, "height": height }))
        .collect();
    let factors: Vec<u32> = pyramid.scale_factors().collect();
    let features: &[&str] = match about.level {
        Level::Zero => &["baseUriRedirect", "cors", "jsonldMediaType"],
        Level::Two => &["mirroring"],
    };
    let mut document = json!({
        "@context": CONTEXT,
        "id": about.id,
        "type": "ImageService3",
        "protocol": "http://iiif.io/api/image",
        "profile": about.level.word(),
        "width": about.size.0,
        "height": about.size.1,
        "maxArea": MAX_AREA,
        "sizes": sizes,
        "tiles": [{ "width": TILE, "scaleFactors": factors }],
        "preferredFormats": ["jpg"],
        "extraFeatures": features,
    });
    if let (Some(rights), Some(members)) =
        (about.license.and_then(rights), document.as_object_mut())
    {
        members.insert("rights".to_owned(), rights.into());
    }
    document
}

/// The specification wants an address of Creative Commons or RightsStatements.org.
fn rights(license: &str) -> Option<String> {
    const COMMONS: &str = "http://creativecommons.org";
    if license == "CC0-1.0" {
        return Some(format!("{COMMONS}/publicdomain/zero/1.0/"));
    }
    if let Some(name) = license.strip_prefix("CC-") {
        let (kind, version) = name.rsplit_once('-')?;
        let kind = kind.to_ascii_lowercase();
        return Some(format!("{COMMONS}/licenses/{kind}/{version}/"));
    }
    let rest = license
        .strip_prefix("https://")
        .or(license.strip_prefix("http://"))?;
    let known =
        rest.starts_with("creativecommons.org/") || rest.starts_with("rightsstatements.org/");
    known.then(|| format!("http://{rest}"))
}
