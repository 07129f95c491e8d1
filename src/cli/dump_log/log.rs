//! `.log` and `.checkpoint` files: batches, and their records.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::decoder::Decoder;
use super::files::{Entry, LogFile, base_offset};
use super::tool::{Args, Findings, absolute, optional_long};
use crate::io::disk::Disk;
use crate::protocol::outline::Outline;
use crate::record::legacy::LegacyMessage;
use crate::record::{Batch, ControlKind, ControlRecord, DECOMPRESSED_BYTES_MAX, Record, TransactionResult};

/// Prints a log or a snapshot of the metadata log.
pub(super) fn dump(
    args: &Args,
    disk: &dyn Disk,
    path: &Path,
    findings: &mut Findings,
    out: &mut dyn Write,
) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let decoder = args.decoder()?;
    print_heading(path, &name, out)?;
    let file = LogFile::open(disk, path)?;
    let mut printer = Printer {
        decoder,
        prints_metadata: !args.skip_record_metadata,
        prints_contents: args.prints_contents(),
        last_offset: -1,
        gaps: Vec::new(),
    };
    let end = u64::try_from(args.max_bytes).context("Invalid size: it is negative")?;
    let mut position = 0;
    let outcome = (|| {
        for entry in file.entries(0, end) {
            let entry = entry?;
            print_entry(&entry, position, out)?;
            if args.deep_iteration || printer.prints_contents {
                printer.records(&entry, out)?;
            }
            position += entry.size_in_bytes() as u64;
        }
        anyhow::Ok(())
    })();
    if !printer.gaps.is_empty() {
        findings.gaps.entry(absolute(path)).or_default().extend(printer.gaps);
    }
    outcome?;
    let trailing = file.length() - position;
    if trailing > 0 && args.max_bytes == i32::MAX {
        writeln!(out, "Found {trailing} invalid bytes at the end of {name}")?;
    }
    Ok(())
}

fn print_heading(path: &Path, name: &str, out: &mut dyn Write) -> Result<()> {
    if name.ends_with(".log") {
        writeln!(out, "Log starting offset: {}", base_offset(path)?)?;
    } else if name == "bootstrap.checkpoint" {
        writeln!(out, "KRaft bootstrap snapshot")?;
    } else {
        let (offset, epoch) = snapshot_id(name).with_context(|| format!("{name} is no name of a snapshot"))?;
        writeln!(out, "Snapshot end offset: {offset}, epoch: {epoch}")?;
    }
    Ok(())
}

/// The end offset and epoch in `OFFSET-EPOCH.checkpoint`.
fn snapshot_id(name: &str) -> Option<(i64, i32)> {
    let (offset, epoch) = name.strip_suffix(".checkpoint")?.split_once('-')?;
    Some((offset.parse().ok()?, epoch.parse().ok()?))
}

fn print_entry(entry: &Entry, position: u64, out: &mut dyn Write) -> Result<()> {
    match entry {
        Entry::Batch(batch) => {
            let horizon = batch.delete_horizon().map(|horizon| horizon.0);
            writeln!(
                out,
                "baseOffset: {} lastOffset: {} count: {} baseSequence: {} lastSequence: {} producerId: {} producerEpoch: {} \
                 partitionLeaderEpoch: {} isTransactional: {} isControl: {} deleteHorizonMs: {} position: {position} {}: {} \
                 size: {} magic: {} compresscodec: {} crc: {} isvalid: {}",
                batch.base_offset,
                batch.last_offset(),
                batch.records_count,
                batch.base_sequence,
                batch.last_sequence(),
                batch.producer_id,
                batch.producer_epoch,
                batch.leader_epoch,
                batch.attributes.is_transactional(),
                batch.attributes.is_control(),
                optional_long(horizon),
                batch.attributes.timestamp_type().name(),
                batch.max_timestamp,
                batch.size_in_bytes(),
                batch.magic,
                batch.attributes.codec()?.name(),
                batch.crc,
                batch.view().check_crc().is_ok()
            )?;
        }
        Entry::Message(message) => writeln!(
            out,
            "offset: {} position: {position} {}: {} size: {} magic: {} compresscodec: {} crc: {} isvalid: {}",
            message.offset,
            timestamp_type(message),
            message.timestamp,
            message.size_in_bytes,
            message.magic,
            message.codec()?.name(),
            message.crc,
            message.is_valid
        )?,
    }
    Ok(())
}

fn timestamp_type(message: &LegacyMessage) -> &'static str {
    message.timestamp_type().map_or("NoTimestampType", |kind| kind.name())
}

/// Prints records, and remembers where offsets are missing.
struct Printer {
    decoder: Decoder,
    prints_metadata: bool,
    prints_contents: bool,
    last_offset: i64,
    gaps: Vec<(i64, i64)>,
}

impl Printer {
    fn records(&mut self, entry: &Entry, out: &mut dyn Write) -> Result<()> {
        match entry {
            Entry::Batch(batch) => {
                for record in Entry::records(batch)? {
                    self.record(batch, &record, out)?;
                }
            }
            Entry::Message(message) => {
                for inner in message.inner(DECOMPRESSED_BYTES_MAX)? {
                    self.message(inner, out)?;
                }
            }
        }
        Ok(())
    }

    fn record(&mut self, batch: &Batch, record: &Record, out: &mut dyn Write) -> Result<()> {
        self.note_offset(record.offset.0);
        if self.prints_metadata {
            let keys: Vec<_> = record.headers.iter().map(|header| String::from_utf8_lossy(&header.key)).collect();
            write!(
                out,
                "| offset: {} {}: {} keySize: {} valueSize: {} sequence: {} headerKeys: [{}]",
                record.offset,
                batch.attributes.timestamp_type().name(),
                record.timestamp,
                size_of(record.key.as_deref()),
                size_of(record.value.as_deref()),
                record.sequence,
                keys.join(",")
            )?;
            if batch.attributes.is_control() {
                write!(out, "{}", control_text(record)?)?;
            }
        }
        if self.prints_contents && !batch.attributes.is_control() {
            self.contents(record, out)?;
        }
        writeln!(out)?;
        Ok(())
    }

    fn message(&mut self, message: LegacyMessage, out: &mut dyn Write) -> Result<()> {
        self.note_offset(message.offset.0);
        if self.prints_metadata {
            write!(
                out,
                "| offset: {} {}: {} keySize: {} valueSize: {} isValid: {} crc: {}",
                message.offset,
                timestamp_type(&message),
                message.timestamp,
                size_of(message.key.as_deref()),
                size_of(message.value.as_deref()),
                message.is_valid,
                message.crc
            )?;
        }
        if self.prints_contents {
            let record = Record {
                offset: message.offset,
                timestamp: message.timestamp,
                sequence: -1,
                attributes: 0,
                key: message.key,
                value: message.value,
                headers: Vec::new(),
                size_in_bytes: message.size_in_bytes,
            };
            self.contents(&record, out)?;
        }
        writeln!(out)?;
        Ok(())
    }

    fn contents(&self, record: &Record, out: &mut dyn Write) -> Result<()> {
        let decoded = self.decoder.decode(record)?;
        let mut prefix = if self.prints_metadata { " " } else { "| " };
        if let Some(key) = decoded.key {
            write!(out, "{prefix}key: {key}")?;
            prefix = " ";
        }
        if let Some(payload) = decoded.payload {
            write!(out, "{prefix}payload: {payload}")?;
        }
        Ok(())
    }

    /// Kafka's tool counts from -1 on, so a log that does not begin at 0 shows its first offset here.
    fn note_offset(&mut self, offset: i64) {
        if offset != self.last_offset.wrapping_add(1) {
            self.gaps.push((self.last_offset, offset));
        }
        self.last_offset = offset;
    }
}

fn size_of(bytes: Option<&[u8]>) -> i64 {
    bytes.map_or(-1, |bytes| bytes.len() as i64)
}

/// What a control record says, as text behind its metadata.
fn control_text(record: &Record) -> Result<String> {
    let control = ControlRecord::of(record)?;
    let json = |name: &str| -> Result<String> {
        let outline = Outline::named(name).context("the schema has every control record")?;
        Ok(outline.read_self_versioned(control.value.clone())?.to_string())
    };
    Ok(match control.kind {
        ControlKind::Abort | ControlKind::Commit => {
            let Some(marker) = control.end_transaction()? else { bail!("the marker of a transaction has no value") };
            let name = match marker.result {
                TransactionResult::Abort => "ABORT",
                TransactionResult::Commit => "COMMIT",
            };
            format!(" endTxnMarker: {name} coordinatorEpoch: {}", marker.coordinator_epoch)
        }
        ControlKind::LeaderChange => format!(" LeaderChange: {}", json("LeaderChangeMessage")?),
        ControlKind::SnapshotHeader => format!(" SnapshotHeader {}", json("SnapshotHeaderRecord")?),
        ControlKind::SnapshotFooter => format!(" SnapshotFooter {}", json("SnapshotFooterRecord")?),
        ControlKind::KRaftVersion => format!(" KRaftVersion {}", json("KRaftVersionRecord")?),
        ControlKind::KRaftVoters => format!(" KRaftVoters {}", json("VotersRecord")?),
        ControlKind::Unknown(id) => format!(" controlType: UNKNOWN({id})"),
    })
}
