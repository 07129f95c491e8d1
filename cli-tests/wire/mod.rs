//! Bytes in and bytes out: what a broker answers to single frames, good and bad.

mod connection;
mod frames;
mod hostile;
