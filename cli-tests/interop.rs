//! Other clients, the real tools and the side-by-side benchmark; needs more than Rust, so `.ci/run` runs it:
//! `cargo build --release && cargo test --test interop -- --test-threads=1 --nocapture`.
#![allow(
    unreachable_pub,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test target has no outside, and speaks to its reader"
)]
#![allow(clippy::disallowed_methods, reason = "tests use the real clock, files and threads")]

mod compat;
mod perf;
#[allow(dead_code, reason = "each of the two targets uses its part of it")]
mod support;
