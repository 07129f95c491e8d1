//! Other clients, the real tools and the side-by-side benchmark; needs more than Rust, so `.ci/run` runs it:
//! `cargo build --release && cargo test --test interop -- --test-threads=1 --nocapture`.
#![allow(clippy::disallowed_methods, reason = "tests use the real clock, files and threads")]

mod compat;
mod perf;
mod support;
