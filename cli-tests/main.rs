//! The tests that look at `mq` from outside the library and need Rust alone.
#![allow(clippy::disallowed_methods, reason = "tests use the real clock, files and threads")]

mod cli;
mod crash;
mod support;
mod tidy;
mod wire;
