//! The tools from outside: names, exit codes, streams, and the files that they generate.

mod console_consumer;
mod console_producer;
mod consumer_groups;
mod dump_log;
mod dump_offsets;
mod frame;
mod generated;
mod get_offsets;
mod server_start;
mod terminal;
mod topics;
