//! The tools.

pub mod dump_log;
pub mod dump_offsets;
pub mod offsets_formatter;
