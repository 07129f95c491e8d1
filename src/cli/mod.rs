//! The tools: every `kafka-NAME.sh` as `mq NAME`, and as itself where the program is called by that name.
//!
//! A tool is typed flags -> checked plan -> rows -> text. Its flags are Kafka's to the letter; what it prints is Kafka's
//! text where it goes into a pipe or runs under a script's name, a table on a terminal, JSON, CSV or YAML where
//! `--output` asks for it. Only [`output`] prints. A failure has a kind, which fixes exit code and stream ([`error`]).
//!
//! To add a tool: a file or folder here with its `Args` struct and `run`, and a row in [`tools`].

mod ask;
mod client_log;
mod console_consumer;
mod console_producer;
mod consumer_groups;
mod damage;
pub mod dump_log;
mod dump_offsets;
pub mod error;
pub mod flags;
mod generate;
mod get_offsets;
mod invocation;
mod java_hash;
pub mod offsets_formatter;
mod on_files;
mod operands;
pub mod output;
mod reach;
mod runtime;
mod server_start;
mod settings;
mod start;
mod start_node;
mod tools;
mod topics;

pub use invocation::Style;
pub use start::main;
pub use tools::{Context, Tool, command};
