//! What precedes the body of a request or a response.

use super::{ApiKey, DecodeError, DecodeFault, EncodeError, Reader, Writer};

/// The bytes of key, version and correlation id, which every request begins with.
const FIXED_LENGTH: usize = 8;

/// The header of a request: v1, or v2 (with tagged fields) for a flexible version of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestHeader {
    /// Which API.
    pub api_key: ApiKey,
    /// The version of the body.
    pub api_version: i16,
    /// The number that the response carries back.
    pub correlation_id: i32,
    /// What the client calls itself.
    pub client_id: Option<String>,
}

impl RequestHeader {
    /// Reads the header in the version that its first four bytes ask for. The version of the body is not judged here:
    /// ApiVersions is answered in every version.
    ///
    /// # Errors
    /// The bytes end, no API has the key, or the client id is no UTF-8.
    pub fn decode(reader: &mut Reader) -> Result<RequestHeader, DecodeError> {
        let remaining = reader.remaining();
        if remaining < FIXED_LENGTH {
            return Err(reader.fault("RequestHeader", DecodeFault::Truncated { needed: FIXED_LENGTH, remaining }));
        }
        let api_key = ApiKey::require(reader.i16("RequestApiKey")?)?;
        let api_version = reader.i16("RequestApiVersion")?;
        let correlation_id = reader.i32("CorrelationId")?;
        let client_id = reader.nullable_short_string("ClientId")?;
        reader.set_flexible(api_key.request_header_version(api_version) >= 2);
        reader.skip_tags()?;
        Ok(RequestHeader { api_key, api_version, correlation_id, client_id })
    }

    /// Writes the header.
    ///
    /// # Errors
    /// The client id is longer than 32,767 bytes.
    pub fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.i16(self.api_key.wire());
        writer.i16(self.api_version);
        writer.i32(self.correlation_id);
        writer.nullable_short_string("ClientId", &self.client_id);
        writer.set_flexible(self.api_key.request_header_version(self.api_version) >= 2);
        writer.no_tags();
        writer.take_error().map_or(Ok(()), |error| Err(error.in_message("RequestHeader", self.api_version)))
    }
}

/// The header of a response: v0, or v1 (with tagged fields) for a flexible version of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseHeader {
    /// The number of the request that is answered.
    pub correlation_id: i32,
}

impl ResponseHeader {
    /// Reads the header of an answer to `api_key` in `version`.
    ///
    /// # Errors
    /// The bytes end.
    pub fn decode(reader: &mut Reader, api_key: ApiKey, version: i16) -> Result<ResponseHeader, DecodeError> {
        let correlation_id = reader.i32("CorrelationId")?;
        reader.set_flexible(api_key.response_header_version(version) >= 1);
        reader.skip_tags()?;
        Ok(ResponseHeader { correlation_id })
    }

    /// Writes the header of an answer to `api_key` in `version`.
    pub fn encode(self, writer: &mut Writer, api_key: ApiKey, version: i16) {
        writer.i32(self.correlation_id);
        writer.set_flexible(api_key.response_header_version(version) >= 1);
        writer.no_tags();
    }
}
