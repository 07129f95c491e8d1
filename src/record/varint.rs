//! Zigzag variable-length integers, as records use them (at most 5 bytes for 32 bits, 10 for 64).

use super::RecordError;

const CUT: RecordError = RecordError::Structure("Found invalid record structure");
const TOO_LONG: RecordError = RecordError::Structure("Found invalid record structure");

/// Reads a 32-bit varint from the front of `bytes` and moves past it.
///
/// # Errors
/// The bytes end within it, or it is longer than five bytes.
#[inline]
pub fn read_varint(bytes: &mut &[u8]) -> Result<i32, RecordError> {
    // Nearly every length and delta in a record is one or two bytes long.
    match **bytes {
        [first, ref rest @ ..] if first < 0x80 => {
            *bytes = rest;
            Ok(unzigzag_32(u32::from(first)))
        }
        [first, second, ref rest @ ..] if second < 0x80 => {
            *bytes = rest;
            Ok(unzigzag_32(u32::from(first & 0x7f) | u32::from(second) << 7))
        }
        _ => read_long_varint(bytes),
    }
}

#[cold]
fn read_long_varint(bytes: &mut &[u8]) -> Result<i32, RecordError> {
    let mut value: u32 = 0;
    for (index, byte) in bytes.iter().enumerate() {
        if index == 5 {
            return Err(TOO_LONG);
        }
        value |= u32::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            *bytes = &bytes[index + 1..];
            return Ok(unzigzag_32(value));
        }
    }
    Err(CUT)
}

/// Reads a 64-bit varint from the front of `bytes` and moves past it.
///
/// # Errors
/// The bytes end within it, or it is longer than ten bytes.
#[inline]
pub fn read_varlong(bytes: &mut &[u8]) -> Result<i64, RecordError> {
    if let [first, rest @ ..] = *bytes
        && *first < 0x80
    {
        *bytes = rest;
        return Ok(unzigzag_64(u64::from(*first)));
    }
    let mut value: u64 = 0;
    for (index, byte) in bytes.iter().enumerate() {
        if index == 10 {
            return Err(TOO_LONG);
        }
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            *bytes = &bytes[index + 1..];
            return Ok(unzigzag_64(value));
        }
    }
    Err(CUT)
}

/// Appends a 32-bit varint.
pub fn write_varint(out: &mut Vec<u8>, value: i32) {
    let mut rest = ((value << 1) ^ (value >> 31)).cast_unsigned();
    while rest >= 0x80 {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Appends a 64-bit varint.
pub fn write_varlong(out: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while rest >= 0x80 {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// How many bytes [`write_varint`] takes for `value`.
#[must_use]
pub fn varint_size(value: i32) -> usize {
    varlong_size(i64::from(value))
}

/// How many bytes [`write_varlong`] takes for `value`.
#[must_use]
pub fn varlong_size(value: i64) -> usize {
    let bits = u64::BITS - (((value << 1) ^ (value >> 63)).cast_unsigned() | 1).leading_zeros();
    bits.div_ceil(7) as usize
}

#[inline]
pub(super) fn unzigzag_32(value: u32) -> i32 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

#[inline]
pub(super) fn unzigzag_64(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_number_survives_and_takes_its_size(long in any::<i64>(), int in any::<i32>()) {
            let mut bytes = Vec::new();
            write_varlong(&mut bytes, long);
            prop_assert_eq!(bytes.len(), varlong_size(long));
            write_varint(&mut bytes, int);
            prop_assert_eq!(bytes.len(), varlong_size(long) + varint_size(int));
            let mut rest = &bytes[..];
            prop_assert_eq!(read_varlong(&mut rest), Ok(long));
            prop_assert_eq!(read_varint(&mut rest), Ok(int));
            prop_assert!(rest.is_empty());
        }
    }

    /// Fault F4: a varint of 11 bytes.
    #[test]
    fn a_varint_that_is_too_long_or_cut_is_refused() {
        assert!(read_varint(&mut &[0x80; 6][..]).is_err());
        assert!(read_varlong(&mut &[0x80; 11][..]).is_err());
        assert!(read_varint(&mut &[0x80][..]).is_err());
        assert!(read_varlong(&mut &[][..]).is_err());
    }
}
