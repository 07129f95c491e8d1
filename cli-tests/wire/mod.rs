//! Bytes in and bytes out: what a broker answers to single frames, good and bad.

mod frames;
mod hostile;
