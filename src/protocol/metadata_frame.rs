//! The value of a record in the metadata log (KIP-631): frame version, record type and record version as unsigned
//! variable-length numbers, then the record.

use bytes::Bytes;

use super::union::union_of_messages;
use super::{DecodeError, DecodeFault, EncodeError, Reader, Writer};

/// The only way to frame a metadata record that there is.
const FRAME_VERSION: u32 = 1;

include!(concat!(env!("OUT_DIR"), "/metadata_record.rs"));

/// A record as the value of a log record.
///
/// # Errors
/// The version cannot carry the record.
pub fn encode(record: &MetadataRecord, version: i16) -> Result<Bytes, EncodeError> {
    let mut writer = Writer::new();
    writer.uvarint(FRAME_VERSION);
    writer.uvarint(record.record_type().cast_unsigned().into());
    writer.uvarint(version.cast_unsigned().into());
    record.encode(&mut writer, version)?;
    writer.into_bytes()
}

/// The record in the value of a log record, with its version.
///
/// # Errors
/// The frame, the type or the version is unknown, the record is malformed, or bytes follow it.
pub fn decode(value: Bytes) -> Result<(MetadataRecord, i16), DecodeError> {
    let mut reader = Reader::new(value);
    let frame_version = reader.uvarint("frame version")?;
    if frame_version != FRAME_VERSION {
        return Err(reader.fault("", DecodeFault::FrameVersion(frame_version)));
    }
    let record_type = reader.uvarint("record type")?;
    let version = reader.uvarint("record version")?;
    let unknown = |reader: &Reader| reader.fault("", DecodeFault::RecordType(record_type.into()));
    let known_type = i16::try_from(record_type).map_err(|_| unknown(&reader))?;
    let version = i16::try_from(version).map_err(|_| reader.fault("record version", DecodeFault::Version))?;
    let record = MetadataRecord::decode(&mut reader, known_type, version)?.ok_or_else(|| unknown(&reader))?;
    reader.expect_end()?;
    Ok((record, version))
}
