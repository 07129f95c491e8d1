//! The tools.

pub mod dump_log;
