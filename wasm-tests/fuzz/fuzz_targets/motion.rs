//! Any bytes as an animation: no panic, nothing endless, and what is made of it can
//! be read again with as many frames.
#![no_main]

use dropgate_engine::{
    Budget, Packets, Transform,
    job::{Job, OutputFormat},
    motion::{Animation, census},
    probe::probe,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&[shape], file)) = data.split_first_chunk::<1>() else {
        return;
    };
    let job = |output| {
        let mut job = Job::new(output);
        job.moving = true;
        job.geometry.width = Some(1 + u32::from(shape));
        job.budget = Budget {
            max_pixels: 1 << 18,
            max_bytes: 4 << 20,
            max_moving_pixels: 1 << 20,
        };
        let mut transform = Transform::new(job);
        transform.push(file).ok()?;
        transform.compose().ok()?;
        Some(transform)
    };
    if let Some(transform) = job(OutputFormat::Gif)
        && let Ok(made) = transform.finish()
    {
        let found = probe(&made.bytes).unwrap().unwrap();
        assert_eq!((found.width, found.height), (made.width, made.height));
        assert!(census(&made.bytes, &found).frames > 0);
    }
    let Some(mut transform) = job(OutputFormat::Rgba) else {
        return;
    };
    let mut animation = Animation::default();
    let mut frames = 0;
    while let Ok(Some((piece, pixels))) = transform.frame() {
        let area = u64::from(piece.width) * u64::from(piece.height);
        assert_eq!(pixels.len() as u64, area * 4);
        animation.push(&piece, b"RIFF\x0e\0\0\0WEBPVP8 \x02\0\0\0xy").unwrap();
        frames += 1;
        assert!(frames <= piece.frames);
    }
    if frames > 0 {
        let file = animation.finish((1, 1), 0, &Packets::default());
        let found = probe(&file).unwrap().unwrap();
        assert_eq!(census(&file, &found).frames, frames);
    }
});
