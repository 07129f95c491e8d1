//! Other clients, the real tools and the side-by-side benchmark; needs more than Rust, so `.ci/run` runs it.

fn main() {}
