//! The name of the program -> tool -> exit code; nothing else.

use std::process::ExitCode;

/// The system's allocator gives freed pages back late and contends between threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    mq::cli::main(std::env::args_os())
}
