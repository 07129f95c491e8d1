//! The tests that look at `mq` from outside the library and need Rust alone.
#![allow(
    unreachable_pub,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test target has no outside, and speaks to its reader"
)]
#![allow(clippy::disallowed_methods, reason = "tests use the real clock, files and threads")]

mod cli;
mod client;
mod crash;
#[allow(dead_code, reason = "each of the two targets uses its part of it")]
mod support;
mod tidy;
mod wire;
