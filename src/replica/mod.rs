//! Leader and follower.
