//! The only place that prints.
//!
//! A tool hands over lines, or a [`Report`] that can be shown as Kafka's text, as a table, or as data. Text goes to
//! stdout through one buffer; a reader that goes away ends the tool quietly. What a person should know beside the result
//! goes to stderr.

mod data;
mod printer;
mod table;

pub use data::{Grid, Report};
pub use printer::{Format, Output};
