//! Our engine, fed in chunks as the worker feeds it.

#![allow(static_mut_refs, reason = "a module of the benchmark has one thread")]

use dropgate_bench::{input, keep};
use dropgate_engine::{
    MediaError, Transform,
    job::{Effort, Job, OutputFormat},
};

static mut TRANSFORM: Option<Transform> = None;

/// Begins a derivative `width` pixels wide: a JPEG, or with `png` a PNG.
#[unsafe(no_mangle)]
pub extern "C" fn begin(width: u32, quality: u8, refined: bool, png: bool) {
    let format = if png {
        OutputFormat::Png
    } else {
        OutputFormat::Jpeg
    };
    let mut job = Job::new(format);
    job.geometry.width = Some(width);
    job.quality = quality;
    if refined {
        job.effort = Effort::Refined;
    }
    unsafe { TRANSFORM = Some(Transform::new(job)) };
}

/// Begins an animation `width` pixels wide: a GIF, or frames.
#[unsafe(no_mangle)]
pub extern "C" fn begin_moving(width: u32, gif: bool) {
    let mut job = Job::new(if gif {
        OutputFormat::Gif
    } else {
        OutputFormat::Rgba
    });
    job.moving = true;
    job.geometry.width = Some(width);
    unsafe { TRANSFORM = Some(Transform::new(job)) };
}

/// Makes all frames, and says how many there are.
#[unsafe(no_mangle)]
pub extern "C" fn frames() -> i32 {
    let transform = unsafe { TRANSFORM.as_mut() }.unwrap();
    transform.compose().unwrap();
    let mut count = 0;
    while transform.frame().unwrap().is_some() {
        count += 1;
    }
    count
}

/// Takes the chunk that was written into the room; not 0 if it was refused.
#[unsafe(no_mangle)]
pub extern "C" fn push(length: usize) -> i32 {
    let transform = unsafe { TRANSFORM.as_mut() }.unwrap();
    match transform.push(input(length)) {
        Ok(()) => 0,
        Err(error) => keep(Err::<Vec<u8>, MediaError>(error)),
    }
}

/// Makes the derivative.
#[unsafe(no_mangle)]
pub extern "C" fn finish() -> i32 {
    let transform = unsafe { TRANSFORM.take() }.unwrap();
    keep(transform.finish().map(|derivative| derivative.bytes))
}
