//! Tests of whole logs and log directories.

mod appending;
mod crashes;
mod directories;
mod faults;
#[path = "../../cli-tests/support/memory_disk.rs"]
#[allow(dead_code, unreachable_pub, reason = "tests outside of the library use it as well")]
mod memory_disk;
mod model;
mod reading;
mod retention;
mod support;
mod truncation;
