//! Whole frames: a length of four bytes, a header, a body.

use bytes::Bytes;

use super::{
    Answer, ApiKey, DecodeError, EncodeError, Message, Reader, Request, RequestHeader, ResponseHeader, Writer,
};

/// The bytes of a frame's length, which does not count itself.
pub const LENGTH_PREFIX: usize = 4;

/// A request as a frame, its length included. The header's key is that of `R`, and its version is the body's.
///
/// # Errors
/// The version cannot carry the request.
pub fn encode_request<R: Request>(
    version: i16,
    correlation_id: i32,
    client_id: Option<&str>,
    request: &R,
) -> Result<Bytes, EncodeError> {
    write_request(version, correlation_id, client_id, request)?.into_bytes()
}

/// The same in pieces: records are not copied.
///
/// # Errors
/// The version cannot carry the request.
pub fn encode_request_in_pieces<R: Request>(
    version: i16,
    correlation_id: i32,
    client_id: Option<&str>,
    request: &R,
) -> Result<Answer, EncodeError> {
    Ok(write_request(version, correlation_id, client_id, request)?.into_answer())
}

fn write_request<R: Request>(
    version: i16,
    correlation_id: i32,
    client_id: Option<&str>,
    request: &R,
) -> Result<Writer, EncodeError> {
    let header = RequestHeader {
        api_key: R::KEY,
        api_version: version,
        correlation_id,
        client_id: client_id.map(str::to_owned),
    };
    let mut writer = begin();
    header.encode(&mut writer)?;
    request.encode(&mut writer, version)?;
    writer.patch_length()?;
    Ok(writer)
}

/// A response as a frame, its length included, with records left where they are.
///
/// # Errors
/// The version cannot carry the response.
pub fn encode_response<M: Message>(
    api_key: ApiKey,
    version: i16,
    correlation_id: i32,
    response: &M,
) -> Result<Answer, EncodeError> {
    let mut writer = begin();
    ResponseHeader { correlation_id }.encode(&mut writer, api_key, version);
    response.encode(&mut writer, version)?;
    writer.patch_length()?;
    Ok(writer.into_answer())
}

/// Reads a response without its length: the correlation id and the body.
///
/// # Errors
/// The bytes are no answer to `R` in `version`.
pub fn decode_response<R: Request>(frame: Bytes, version: i16) -> Result<(i32, R::Response), DecodeError> {
    let mut reader = Reader::new(frame);
    let header = ResponseHeader::decode(&mut reader, R::KEY, version)?;
    let response = R::Response::decode(&mut reader, version)?;
    Ok((header.correlation_id, response))
}

/// Reads the body of a request, behind its header. Bytes behind the body are ignored, as Kafka does.
///
/// # Errors
/// The bytes are no such request.
pub fn decode_request<R: Request>(reader: &mut Reader, version: i16) -> Result<R, DecodeError> {
    R::decode(reader, version)
}

fn begin() -> Writer {
    let mut writer = Writer::new();
    writer.i32(0);
    writer
}
