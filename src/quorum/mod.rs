//! The metadata log.
