//! Bytes in and bytes out: what a broker answers to single frames, good and bad.

mod api_versions;
mod batches;
mod common;
mod configs;
mod every_version;
mod fetch;
mod frames;
mod groups;
mod hostile;
mod idempotence;
mod limits;
mod member;
mod metadata;
mod produce;
mod refusals;
mod sessions;
mod statics;
mod stop;
mod torn;
mod versions;
