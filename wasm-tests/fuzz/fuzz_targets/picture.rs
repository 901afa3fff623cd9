//! Any bytes as a picture of any format, in chunks of any size, through a whole
//! job: no panic, and never more memory than the budget.
#![no_main]

use dropgate_engine::{
    Budget, Transform,
    job::{Effort, Job, Metadata, OutputFormat},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&[shape, chunk], file)) = data.split_first_chunk::<2>() else {
        return;
    };
    let formats = [
        OutputFormat::Jpeg,
        OutputFormat::PalettePng,
        OutputFormat::Png,
        OutputFormat::Rgba,
    ];
    let mut job = Job::new(formats[usize::from(shape & 3)]);
    job.geometry.width = Some(1 + u32::from(shape >> 2));
    job.metadata = [Metadata::Copyright, Metadata::Keep][usize::from(chunk & 1)];
    job.effort = [Effort::First, Effort::Refined][usize::from(chunk >> 1 & 1)];
    job.budget = Budget {
        max_pixels: 1 << 18,
        max_bytes: 4 << 20,
        max_moving_pixels: 1 << 20,
    };
    let mut transform = Transform::new(job);
    for piece in file.chunks(usize::from(chunk) + 1) {
        if transform.push(piece).is_err() {
            return;
        }
    }
    if let Ok(made) = transform.finish() {
        assert!(made.width > 0 && made.height > 0);
    }
});
