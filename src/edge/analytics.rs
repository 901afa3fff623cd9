//! Sampled numbers to Analytics Engine, for looking closer than `/metrics` does.
//!
//! One data point for each series of a batch: the index is the family,
//! `blob1`... its labels, `double1` the count. Analytics Engine keeps a sample
//! when there are many: weigh by `_sample_interval`. Without the binding
//! `METRICS` nothing is written.

use worker::{AnalyticsEngineDataPointBuilder, Env};

use crate::metrics::{BETWEEN, Counts};

/// One invocation may write so many.
const MOST_POINTS: usize = 250;

pub fn write(env: &Env, counts: &Counts) {
    let Ok(dataset) = env.analytics_engine("METRICS") else {
        return;
    };
    for (series, count) in counts.iter().take(MOST_POINTS) {
        let mut parts = series.split(BETWEEN);
        let family = parts.next().unwrap_or_default();
        let labels: Vec<String> = parts.map(str::to_owned).collect();
        #[allow(clippy::cast_precision_loss)]
        let point = AnalyticsEngineDataPointBuilder::new()
            .indexes([family])
            .blobs(labels)
            .doubles([*count as f64])
            .build();
        // Numbers for analysis are not worth failing for.
        let _ = dataset.write_data_point(&point);
    }
}
