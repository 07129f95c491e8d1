//! What the members of a consumer group tell each other through JoinGroup and SyncGroup (KIP-429, KIP-792): a version of
//! two bytes, then the message.
//!
//! A version newer than the newest that is known is read as that one: later versions only append (`ConsumerProtocol`).

use bytes::Bytes;

use super::coordinator_frame::encode_versioned;
use super::messages::{ConsumerProtocolAssignment, ConsumerProtocolSubscription};
use super::{DecodeError, EncodeError, Message, Reader};

/// The protocol type of consumer groups.
pub const PROTOCOL_TYPE: &str = "consumer";

/// A subscription as the metadata of a JoinGroup protocol.
///
/// # Errors
/// The version cannot carry it.
pub fn encode_subscription(subscription: &ConsumerProtocolSubscription, version: i16) -> Result<Bytes, EncodeError> {
    encode_versioned(subscription, version)
}

/// The subscription in the metadata of a JoinGroup protocol.
///
/// # Errors
/// The bytes are no subscription.
pub fn decode_subscription(bytes: Bytes) -> Result<ConsumerProtocolSubscription, DecodeError> {
    decode(bytes)
}

/// An assignment as SyncGroup carries it.
///
/// # Errors
/// The version cannot carry it.
pub fn encode_assignment(assignment: &ConsumerProtocolAssignment, version: i16) -> Result<Bytes, EncodeError> {
    encode_versioned(assignment, version)
}

/// The assignment that SyncGroup carries.
///
/// # Errors
/// The bytes are no assignment.
pub fn decode_assignment(bytes: Bytes) -> Result<ConsumerProtocolAssignment, DecodeError> {
    decode(bytes)
}

fn decode<M: Message>(bytes: Bytes) -> Result<M, DecodeError> {
    let mut reader = Reader::new(bytes);
    let version = reader.i16("version")?;
    M::decode(&mut reader, version.min(M::STABLE_MAX))
}
