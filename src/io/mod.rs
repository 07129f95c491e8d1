//! The outside world behind small traits, so that a simulation can stand in for it.
//!
//! Time, chance, files, maps, sockets, threads and blocking work enter the program here and nowhere else; `.clippy.toml`
//! refuses them elsewhere. `unsafe` lives here alone. The rooms above receive these traits as `Arc<dyn ...>`.

pub mod clock;
pub mod disk;
pub mod mmap;
pub mod parallel;
pub mod rng;
pub mod sendfile;
pub mod spawn;
pub mod tcp;
