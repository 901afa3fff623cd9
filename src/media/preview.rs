//! What a shopper without a grant sees of a gated picture: the rule that its
//! creator signed (`x-drop`'s `preview`), bound to the engine's job.

use super::job::{Fit, Geometry, Job, Overlay, Placement, Repeat};
use crate::trust::{Preview, Sha256};

/// Drawn over a preview in rows and columns: see-through, light with a dark rim,
/// so that it can be read on every ground.
const WATERMARK: &[u8] = include_bytes!("watermark.png");

/// What a preview adds to the text of its cache key.
pub(super) fn mark(rule: Preview) -> String {
    let watermark = if rule.watermark {
        Sha256::of(WATERMARK).to_hex()
    } else {
        "plain".to_owned()
    };
    format!("\npreview {} {watermark}", rule.max_edge)
}

/// Holds a job to the rule, now that the size of the source is known. However
/// small the source is, a preview has at most half of its edge: the original is
/// never what is shown.
pub(super) fn bind(job: &mut Job, rule: Preview, size: (u32, u32)) {
    let most = (size.0.max(size.1) / 2).clamp(1, rule.max_edge);
    let within = |edge: Option<u32>| Some(edge.map_or(most, |edge| edge.min(most)));
    job.geometry = Geometry {
        width: within(job.geometry.width),
        height: within(job.geometry.height),
        fit: Fit::ScaleDown,
        ..Geometry::default()
    };
    if rule.watermark {
        job.overlays.push(Overlay {
            source: WATERMARK.to_vec(),
            geometry: Geometry::default(),
            opacity: 1.0,
            repeat: Repeat::Both,
            placement: Placement {
                top: Some(0),
                right: None,
                bottom: None,
                left: Some(0),
            },
            background: None,
        });
    }
}
