//! The options of `dump-log`, and which printer a file goes to.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Parser;

use super::decoder::{Decoder, Primitive};
use super::files::{base_offset, read_small};
use super::{index, log, time_index};
use crate::io::disk::Disk;
use crate::log::{AbortedTxn, SnapshotError, decode_snapshot};

/// The size of an entry in a transaction index.
const TXN_ENTRY_SIZE: usize = 34;

/// Parses log files and dumps their contents to the console, useful for debugging a seemingly corrupt log segment.
#[derive(Debug, Clone, Parser)]
#[command(name = "dump-log")]
pub struct Args {
    /// The comma separated list of data and index log files to be dumped.
    #[arg(long, required = true, value_name = "file1, file2, ...", value_delimiter = ',')]
    pub files: Vec<PathBuf>,
    /// Print the contents of the messages when dumping data logs. Set by itself if any decoder option is given.
    #[arg(long)]
    pub print_data_log: bool,
    /// Use deep instead of shallow iteration. Set by itself if print-data-log is.
    #[arg(long)]
    pub deep_iteration: bool,
    /// Just verify the index against its log without printing its content.
    #[arg(long)]
    pub verify_index_only: bool,
    /// Just check the sanity of the index without printing its content: the check that a broker makes when it starts.
    #[arg(long)]
    pub index_sanity_check: bool,
    /// Size of the largest message.
    #[arg(long, value_name = "Integer: size", default_value_t = 5 * 1024 * 1024)]
    pub max_message_size: i32,
    /// Read no more than this many bytes of each log file, in whole batches.
    #[arg(long, value_name = "Integer: size", default_value_t = i32::MAX)]
    pub max_bytes: i32,
    /// Skip metadata when printing records. This also skips control records.
    #[arg(long)]
    pub skip_record_metadata: bool,
    /// Read log data as offset data from the __consumer_offsets topic.
    #[arg(long)]
    pub offsets_decoder: bool,
    /// Read log data as transaction metadata from the __transaction_state topic.
    #[arg(long)]
    pub transaction_log_decoder: bool,
    /// Read log data as cluster metadata records.
    #[arg(long)]
    pub cluster_metadata_decoder: bool,
    /// Read log data as metadata records of the TopicBasedRemoteLogMetadataManager.
    #[arg(long)]
    pub remote_log_metadata_decoder: bool,
    /// Read log data as share group state data from the __share_group_state topic.
    #[arg(long)]
    pub share_group_state_decoder: bool,
    /// Decode keys with this class: the String, Integer, Long or Double decoder of org.apache.kafka.tools.api.
    #[arg(long, value_name = "String", num_args = 0..=1, default_missing_value = "org.apache.kafka.tools.api.StringDecoder")]
    pub key_decoder_class: Option<String>,
    /// Decode values with this class: the String, Integer, Long or Double decoder of org.apache.kafka.tools.api.
    #[arg(long, value_name = "String", num_args = 0..=1, default_missing_value = "org.apache.kafka.tools.api.StringDecoder")]
    pub value_decoder_class: Option<String>,
}

impl Args {
    /// Whether the contents of records are printed.
    pub(super) fn prints_contents(&self) -> bool {
        self.print_data_log
            || self.offsets_decoder
            || self.transaction_log_decoder
            || self.cluster_metadata_decoder
            || self.remote_log_metadata_decoder
            || self.share_group_state_decoder
            || self.key_decoder_class.is_some()
            || self.value_decoder_class.is_some()
    }

    /// What reads the records. Of several decoders the first in this order counts, as in Kafka's tool.
    pub(super) fn decoder(&self) -> Result<Decoder> {
        Ok(if self.offsets_decoder {
            Decoder::Offsets
        } else if self.transaction_log_decoder {
            Decoder::TransactionLog
        } else if self.cluster_metadata_decoder {
            Decoder::ClusterMetadata
        } else if self.remote_log_metadata_decoder {
            Decoder::RemoteLogMetadata
        } else if self.share_group_state_decoder {
            Decoder::ShareGroupState
        } else {
            let primitive =
                |class: &Option<String>| class.as_deref().map_or(Ok(Primitive::String), Primitive::of_class);
            Decoder::Plain { key: primitive(&self.key_decoder_class)?, value: primitive(&self.value_decoder_class)? }
        })
    }
}

/// What is said at the end, on the error stream, of files that disagree with their index or themselves.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Per index: the offset of an entry, and the last offset of the batch that it points at.
    pub(super) index_mismatches: BTreeMap<PathBuf, BTreeMap<i64, i64>>,
    /// Per log: an offset, and the one that follows it although it is not the next.
    pub(super) gaps: BTreeMap<PathBuf, BTreeMap<i64, i64>>,
    pub(super) time: time_index::TimeFindings,
}

impl Findings {
    fn print(&self, err: &mut dyn Write) -> Result<()> {
        for (file, pairs) in &self.index_mismatches {
            writeln!(err, "Mismatches in :{}", file.display())?;
            for (index, log) in pairs.iter().rev() {
                writeln!(err, "  Index offset: {index}, log offset: {log}")?;
            }
        }
        self.time.print(err)?;
        for (file, pairs) in &self.gaps {
            writeln!(err, "Non-consecutive offsets in {}", file.display())?;
            for (first, second) in pairs {
                writeln!(err, "  {first} is followed by {second}")?;
            }
        }
        Ok(())
    }
}

/// Prints the files in their order.
///
/// # Errors
/// A file cannot be read or is no such file; what was printed before stays printed.
pub fn run(args: &Args, disk: &dyn Disk, out: &mut dyn Write, err: &mut dyn Write) -> Result<()> {
    let mut findings = Findings::default();
    for file in &args.files {
        writeln!(out, "Dumping {}", file.display())?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        match name.rfind('.').map(|dot| &name[dot..]) {
            Some(".log" | ".checkpoint") => log::dump(args, disk, file, &mut findings, out)?,
            Some(".index") => index::dump(args, disk, file, &mut findings, out)?,
            Some(".timeindex") => time_index::dump(args, disk, file, &mut findings.time, out)?,
            Some(".snapshot") => dump_producers(disk, file, out, err)?,
            Some(".txnindex") => dump_txn_index(disk, file, out)?,
            _ => writeln!(err, "Ignoring unknown file {}", file.display())?,
        }
    }
    findings.print(err)
}

fn dump_producers(disk: &dyn Disk, file: &Path, out: &mut dyn Write, err: &mut dyn Write) -> Result<()> {
    let producers = match decode_snapshot(&read_small(disk, file)?) {
        Ok(producers) => producers,
        Err(SnapshotError::Checksum { stored, computed }) => {
            writeln!(
                err,
                "Snapshot is corrupt (CRC is no longer valid). Stored crc: {stored}. Computed crc: {computed}"
            )?;
            return Ok(());
        }
        Err(SnapshotError::Version(version)) => {
            writeln!(err, "Snapshot contained an unknown file version {version}")?;
            return Ok(());
        }
        Err(error) => {
            writeln!(err, "Snapshot failed schema validation: {error}")?;
            return Ok(());
        }
    };
    for producer in producers {
        let entry = &producer.entry;
        let first = entry.current_txn_first_offset.map(|offset| offset.0);
        write!(
            out,
            "producerId: {} producerEpoch: {} coordinatorEpoch: {} currentTxnFirstOffset: {} lastTimestamp: {}",
            producer.producer_id,
            entry.epoch,
            entry.coordinator_epoch,
            optional_long(first),
            entry.last_timestamp
        )?;
        if let Some(batch) = entry.batches.front() {
            write!(
                out,
                " firstSequence: {} lastSequence: {} lastOffset: {} offsetDelta: {} timestamp: {}",
                batch.first_sequence(),
                batch.last_sequence,
                batch.last_offset,
                batch.offset_delta,
                batch.timestamp
            )?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn dump_txn_index(disk: &dyn Disk, file: &Path, out: &mut dyn Write) -> Result<()> {
    base_offset(file)?;
    let bytes = read_small(disk, file)?;
    let (entries, rest) = bytes.as_chunks::<TXN_ENTRY_SIZE>();
    for bytes in entries {
        let version = i16::from_be_bytes([bytes[0], bytes[1]]);
        let txn = AbortedTxn::decode(bytes).with_context(|| {
            format!(
                "Unexpected aborted transaction version {version} in transaction index {}, current version is 0",
                file.display()
            )
        })?;
        writeln!(
            out,
            "version: {version} producerId: {} firstOffset: {} lastOffset: {} lastStableOffset: {}",
            txn.producer_id, txn.first_offset, txn.last_offset, txn.last_stable_offset
        )?;
    }
    anyhow::ensure!(
        rest.is_empty(),
        "Failed to read from the transaction index {}: {} bytes after the last entry",
        file.display(),
        rest.len()
    );
    Ok(())
}

/// A number that may be missing, as Java prints it.
pub(super) fn optional_long(value: Option<i64>) -> String {
    value.map_or_else(|| "OptionalLong.empty".to_owned(), |value| format!("OptionalLong[{value}]"))
}

/// The path from the root, without looking at the disk.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
