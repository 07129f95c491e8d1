//! Partition assignment.
