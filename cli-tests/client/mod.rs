//! The client library against a broker process.

mod admin;
mod consumer;
mod group;
mod producer;
