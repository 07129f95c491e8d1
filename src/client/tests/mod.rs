//! What the unit tests of this room share.

pub(in crate::client) mod scripted;
