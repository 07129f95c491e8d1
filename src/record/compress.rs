//! The codecs of record batches: gzip, snappy in Java's framing, LZ4 frames, zstd.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::str::FromStr;

use super::RecordError;

/// The format in which a batch's records are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Codec {
    /// As they are.
    #[default]
    None,
    /// Gzip (RFC 1952).
    Gzip,
    /// Snappy blocks in the framing of the Java library; a bare block is read too, as other clients write it.
    Snappy,
    /// An LZ4 frame.
    Lz4,
    /// Zstandard frames (KIP-110).
    Zstd,
}

impl Codec {
    /// Every codec.
    pub const ALL: [Codec; 5] = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];

    /// The codec with a number in the attributes of a batch.
    ///
    /// # Errors
    /// No codec has it.
    pub fn from_id(id: u8) -> Result<Codec, RecordError> {
        Codec::ALL.get(usize::from(id)).copied().ok_or(RecordError::UnknownCodec(id))
    }

    /// The number in the attributes of a batch.
    #[must_use]
    pub fn id(self) -> u8 {
        self as u8
    }

    /// The name, as `compression.type` gives it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Codec::None => "none",
            Codec::Gzip => "gzip",
            Codec::Snappy => "snappy",
            Codec::Lz4 => "lz4",
            Codec::Zstd => "zstd",
        }
    }
}

impl FromStr for Codec {
    type Err = String;

    fn from_str(name: &str) -> Result<Codec, String> {
        let known = |codec: &Codec| codec.name() == name;
        Codec::ALL.into_iter().find(known).ok_or_else(|| format!("Unknown compression name: {name}"))
    }
}

/// A codec with the effort to spend (KIP-390).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Compression {
    /// The codec.
    pub codec: Codec,
    /// `compression.gzip.level` (-1, 1 to 9) or `compression.zstd.level` (-131072 to 22); `None` is the codec's default.
    /// Snappy has no levels. LZ4 has one here: `compression.lz4.level` (1 to 17) is accepted and makes no difference,
    /// because the codec in use writes the fast form only.
    pub level: Option<i32>,
}

impl From<Codec> for Compression {
    fn from(codec: Codec) -> Compression {
        Compression { codec, level: None }
    }
}

const GZIP_LEVEL_DEFAULT: u32 = 6;
const ZSTD_LEVEL_DEFAULT: i32 = 3;

/// Compresses `bytes` as a batch's records are, by the same codec parameters as Kafka's own writer.
#[must_use]
pub fn compress(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    const IN_MEMORY: &str = "a writer into memory cannot fail";
    match compression.codec {
        Codec::None => bytes.to_vec(),
        Codec::Gzip => {
            let level = compression.level.and_then(|level| u32::try_from(level).ok()).unwrap_or(GZIP_LEVEL_DEFAULT);
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level.clamp(1, 9)));
            writer.write_all(bytes).and_then(|()| writer.finish()).expect(IN_MEMORY)
        }
        Codec::Snappy => snappy::compress(bytes),
        Codec::Lz4 => {
            // Independent blocks of 64 KiB: the only form that Kafka's own reader takes.
            let info = lz4_flex::frame::FrameInfo::new()
                .block_size(lz4_flex::frame::BlockSize::Max64KB)
                .block_mode(lz4_flex::frame::BlockMode::Independent);
            let mut writer = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
            writer.write_all(bytes).expect(IN_MEMORY);
            writer.finish().expect(IN_MEMORY)
        }
        Codec::Zstd => {
            let level = compression.level.unwrap_or(ZSTD_LEVEL_DEFAULT);
            zstd::bulk::compress(bytes, level).expect(IN_MEMORY)
        }
    }
}

/// Decompresses a batch's records.
///
/// # Errors
/// The block is not what the codec writes, or it yields more than `limit` bytes. No more than that is ever allocated for
/// the answer.
pub fn decompress(codec: Codec, bytes: &[u8], limit: usize) -> Result<Vec<u8>, RecordError> {
    let mut out = Vec::new();
    let wanted = limit as u64 + 1;
    reader(codec, bytes)?.take(wanted).read_to_end(&mut out).map_err(|error| broken(&error))?;
    if out.len() > limit { Err(RecordError::TooLarge { limit }) } else { Ok(out) }
}

pub(super) fn broken(error: &io::Error) -> RecordError {
    RecordError::Decompress(error.to_string())
}

/// The decompressed bytes as a stream, from which a walk takes what it needs and holds one buffer.
pub(super) fn reader(codec: Codec, bytes: &[u8]) -> Result<Box<dyn BufRead + '_>, RecordError> {
    Ok(match codec {
        Codec::None => Box::new(bytes),
        Codec::Gzip => Box::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(bytes))),
        Codec::Snappy => Box::new(snappy::Blocks::new(bytes)),
        Codec::Lz4 => Box::new(lz4_flex::frame::FrameDecoder::new(bytes)),
        Codec::Zstd => {
            let decoder = zstd::stream::read::Decoder::with_buffer(bytes).map_err(|error| broken(&error))?;
            Box::new(BufReader::with_capacity(ZSTD_BUFFER, decoder))
        }
    })
}

const ZSTD_BUFFER: usize = 16 << 10;

/// The framing of the Java library: a header, then blocks with their compressed length before them.
mod snappy {
    use std::io::{self, BufRead, Read};

    const MAGIC: &[u8; 8] = b"\x82SNAPPY\0";
    /// The header: the magic, the version and the oldest version that can read it, both 1.
    const HEADER: &[u8; 16] = b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01";
    /// What the Java library writes into one block.
    const BLOCK: usize = 32 << 10;
    /// A copy of 64 bytes takes at least three bytes in the input, so no honest block grows more than this.
    const GROWTH_MAX: usize = 32;

    pub(super) fn compress(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = snap::raw::Encoder::new();
        let mut out = HEADER.to_vec();
        for block in bytes.chunks(BLOCK) {
            let at = out.len() + 4;
            out.resize(at + snap::raw::max_compress_len(block.len()), 0);
            let length = encoder.compress(block, &mut out[at..]).expect("the room is what the codec asks for");
            let field = u32::try_from(length).expect("a block is small").to_be_bytes();
            out[at - 4..at].copy_from_slice(&field);
            out.truncate(at + length);
        }
        out
    }

    /// Reads the framing block by block, and a bare block as one.
    pub(super) struct Blocks<'a> {
        rest: &'a [u8],
        framed: bool,
        block: Vec<u8>,
        at: usize,
    }

    impl<'a> Blocks<'a> {
        pub(super) fn new(bytes: &'a [u8]) -> Blocks<'a> {
            let framed = bytes.len() >= HEADER.len() && bytes.starts_with(MAGIC);
            Blocks { rest: bytes, framed, block: Vec::new(), at: 0 }
        }

        fn next_block(&mut self) -> io::Result<()> {
            let Some(compressed) = self.next_compressed()? else { return Ok(()) };
            let length = snap::raw::decompress_len(compressed)?;
            if length > compressed.len().saturating_mul(GROWTH_MAX) {
                return Err(invalid("a snappy block claims more than it can hold"));
            }
            self.at = 0;
            self.block.resize(length, 0);
            snap::raw::Decoder::new().decompress(compressed, &mut self.block)?;
            Ok(())
        }

        fn next_compressed(&mut self) -> io::Result<Option<&'a [u8]>> {
            if !self.framed {
                let bare = std::mem::take(&mut self.rest);
                return Ok((!bare.is_empty()).then_some(bare));
            }
            // A header may come again: appended streams are one stream.
            while self.rest.starts_with(MAGIC) {
                self.rest = self.rest.get(HEADER.len()..).ok_or_else(|| invalid("a snappy header is cut"))?;
            }
            if self.rest.is_empty() {
                return Ok(None);
            }
            let (length, rest) = self.rest.split_first_chunk().ok_or_else(|| invalid("a snappy length is cut"))?;
            let length = u32::from_be_bytes(*length) as usize;
            let (compressed, rest) = rest.split_at_checked(length).ok_or_else(|| invalid("a snappy block is cut"))?;
            self.rest = rest;
            Ok(Some(compressed))
        }
    }

    impl BufRead for Blocks<'_> {
        fn fill_buf(&mut self) -> io::Result<&[u8]> {
            while self.at == self.block.len() && !self.rest.is_empty() {
                self.next_block()?;
            }
            Ok(&self.block[self.at..])
        }

        fn consume(&mut self, amount: usize) {
            self.at += amount;
        }
    }

    impl Read for Blocks<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let mut from = self.fill_buf()?;
            let count = from.read(out)?;
            self.consume(count);
            Ok(count)
        }
    }

    fn invalid(text: &'static str) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts() -> [Vec<u8>; 4] {
        let mixed = (0..300_000u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 27) as u8).collect();
        [Vec::new(), b"a".to_vec(), vec![7; 200_000], mixed]
    }

    #[test]
    fn every_codec_gives_back_what_it_took() {
        for codec in Codec::ALL {
            for level in [None, Some(1), Some(9)] {
                for text in texts() {
                    let packed = compress(Compression { codec, level }, &text);
                    assert_eq!(decompress(codec, &packed, text.len()), Ok(text), "{codec:?}");
                }
            }
        }
    }

    /// Fault F5: decompression is bounded.
    #[test]
    fn no_codec_yields_more_than_the_limit() {
        let text = vec![0; 1 << 20];
        for codec in Codec::ALL {
            let packed = compress(codec.into(), &text);
            assert_eq!(decompress(codec, &packed, 1000), Err(RecordError::TooLarge { limit: 1000 }), "{codec:?}");
        }
    }

    #[test]
    fn a_cut_block_is_refused() {
        let text = vec![3; 10_000];
        for codec in [Codec::Gzip, Codec::Snappy, Codec::Zstd] {
            let packed = compress(codec.into(), &text);
            for length in 1..packed.len() - 1 {
                let got = decompress(codec, &packed[..length], 1 << 20);
                assert!(got != Ok(text.clone()) || length >= 16, "{codec:?} {length}");
            }
        }
    }

    #[test]
    fn a_bare_snappy_block_is_read() {
        let packed = snap::raw::Encoder::new().compress_vec(b"bare bare bare").expect("it is small");
        assert_eq!(decompress(Codec::Snappy, &packed, 100).as_deref(), Ok(&b"bare bare bare"[..]));
    }

    #[test]
    fn linked_lz4_blocks_with_size_and_checksums_are_read() {
        use lz4_flex::frame::{BlockMode, FrameEncoder, FrameInfo};
        let text = texts()[3].clone();
        let info = FrameInfo::new()
            .block_mode(BlockMode::Linked)
            .content_size(Some(text.len() as u64))
            .block_checksums(true)
            .content_checksum(true);
        let mut writer = FrameEncoder::with_frame_info(info, Vec::new());
        writer.write_all(&text).expect("memory");
        let packed = writer.finish().expect("memory");
        assert_eq!(decompress(Codec::Lz4, &packed, text.len()), Ok(text));
    }

    proptest! {
        /// Fault F5: hostile bytes.
        #[test]
        fn hostile_blocks_end_in_an_answer(id in 0u8..5, bytes in prop::collection::vec(any::<u8>(), 0..300), keep in 0usize..40) {
            let codec = Codec::from_id(id).expect("five codecs");
            let _ = decompress(codec, &bytes, 1 << 20);
            let mut headed = compress(codec.into(), b"the head of an honest block");
            headed.truncate(keep);
            headed.extend(bytes);
            let _ = decompress(codec, &headed, 1 << 20);
        }
    }
}
