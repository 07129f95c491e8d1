//! Leader and follower of a partition, and waiting for the high watermark.
//!
//! What is in sync is decided in `isr`; `pending` holds who waits, and for what.

pub mod isr;
pub mod pending;
