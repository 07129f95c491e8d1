//! The name of the program -> tool -> exit code; nothing else.

fn main() {}
