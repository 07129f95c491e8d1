//! The tools from outside: names, exit codes, streams, and the files that they generate.

mod dump_offsets;
mod frame;
mod generated;
mod topics;
