//! The tests that look at `mq` from outside the library and need Rust alone.

mod tidy;
