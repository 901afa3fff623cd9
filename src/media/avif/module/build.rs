//! Has the linker leave the memory to the host (`src/edge/arena.mjs`), and its first
//! two megabytes to the picture engine, which works beside this module: the stack,
//! which comes first, grows down from 4 MiB, and all else lies above.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo::rustc-link-arg-cdylib=--import-memory");
        println!("cargo::rustc-link-arg-cdylib=-zstack-size=4194304");
    }
}
