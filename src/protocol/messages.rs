//! The messages themselves: one module per message, generated from `schema/*.txt`; the message's own struct is
//! re-exported here.
//!
//! Fields carry Kafka's names in snake case and exist in every version; `Default` holds the schema's defaults, so a
//! message is built by naming what differs. Error codes stay numbers ([`crate::model::ErrorCode::from_wire`]).

#![allow(missing_docs, clippy::all, unused_qualifications)]

/// What the generated modules need.
mod codec {
    pub(super) use std::ops::RangeInclusive;

    pub(super) use bytes::Bytes;

    pub(super) use crate::model::Uuid;
    pub(super) use crate::protocol::{ApiKey, DecodeError, Element, Message, Reader, Records, Request, Tag, Writer};
}

include!(concat!(env!("OUT_DIR"), "/messages.rs"));
