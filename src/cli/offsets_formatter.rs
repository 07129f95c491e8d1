//! The committed offsets in records of `__consumer_offsets`, in the texts of three generations of Kafka's
//! `OffsetsMessageFormatter`. `dump-offsets` prints with it, and so does a console consumer with such a formatter.

use anyhow::{Result, bail};

use crate::protocol::Json;
use crate::protocol::Reader;
use crate::protocol::outline::{Family, OutlineKind};
use crate::record::Record;

/// The oldest record type of a committed offset, and the newest. They differ in nothing but that.
const OFFSET_COMMIT_TYPES: [i16; 2] = [0, 1];

/// The formatters by their classes, oldest first.
const CLASSES: [&str; 3] = [
    "kafka.coordinator.GroupMetadataManager$OffsetsMessageFormatter",
    "kafka.coordinator.group.GroupMetadataManager$OffsetsMessageFormatter",
    "org.apache.kafka.tools.consumer.OffsetsMessageFormatter",
];

/// Which generation's text is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OffsetsFormatter {
    /// `[group,topic,0]::[OffsetMetadata[3,NO_METADATA],CommitTime ..,ExpirationTime ..]`: up to 0.11.
    Kafka011,
    /// `[group,topic,0]::OffsetAndMetadata(offset=3, ..)`: up to 3.9.
    #[default]
    Kafka3,
    /// `{"key":{..},"value":{..}}`: from 4.0 on.
    Kafka4,
}

/// A committed offset as a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The group that committed.
    pub group: String,
    /// The topic.
    pub topic: String,
    /// The partition of the topic.
    pub partition: i64,
    /// What was committed; none where the record deletes it.
    pub commit: Option<Commit>,
}

/// What a group committed for one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The offset of the next record to read.
    pub offset: i64,
    /// The leader epoch of the last record read, where it is known.
    pub leader_epoch: Option<i64>,
    /// The application's own text.
    pub metadata: String,
    /// When it was committed, in milliseconds.
    pub commit_timestamp: i64,
    /// When it expires, where the record says so (before 2.1).
    pub expire_timestamp: Option<i64>,
}

/// A record of a committed offset, read.
#[derive(Debug, Clone, PartialEq)]
struct Message {
    record_type: i16,
    key: Json,
    value: Option<(i16, Json)>,
}

impl OffsetsFormatter {
    /// The formatter of a class. The second name stood for the text of 0.11 at first and of 3.9 at last: it is 3.9's here,
    /// and a consumer that is started in the way of 0.11 takes [`OffsetsFormatter::Kafka011`] instead.
    ///
    /// # Errors
    /// The class is no such formatter.
    pub fn of_class(class: &str) -> Result<OffsetsFormatter> {
        Ok(match class {
            class if class == CLASSES[0] => OffsetsFormatter::Kafka011,
            class if class == CLASSES[1] => OffsetsFormatter::Kafka3,
            class if class == CLASSES[2] => OffsetsFormatter::Kafka4,
            other => bail!("{other} is no formatter of committed offsets; there are {}", CLASSES.join(", ")),
        })
    }

    /// The text of a record, without a line end; none where it is no committed offset.
    ///
    /// # Errors
    /// The record is one but cannot be read.
    pub fn text(self, record: &Record) -> Result<Option<String>> {
        let Some(message) = Message::read(record)? else { return Ok(None) };
        if self == OffsetsFormatter::Kafka4 {
            return Ok(Some(message.json()));
        }
        let row = message.row();
        let value = row.commit.as_ref().map_or_else(|| "NULL".to_owned(), |commit| self.commit_text(commit));
        Ok(Some(format!("[{},{},{}]::{value}", row.group, row.topic, row.partition)))
    }

    fn commit_text(self, commit: &Commit) -> String {
        let Commit { offset, metadata, commit_timestamp, .. } = commit;
        if self == OffsetsFormatter::Kafka011 {
            // 0.11 kept every commit for a day unless the record said otherwise.
            const DAY_MS: i64 = 24 * 60 * 60 * 1000;
            let expires = commit.expire_timestamp.unwrap_or(commit_timestamp.saturating_add(DAY_MS));
            let metadata = if metadata.is_empty() { "NO_METADATA" } else { metadata };
            return format!(
                "[OffsetMetadata[{offset},{metadata}],CommitTime {commit_timestamp},ExpirationTime {expires}]"
            );
        }
        let epoch =
            commit.leader_epoch.map_or_else(|| "Optional.empty".to_owned(), |epoch| format!("Optional[{epoch}]"));
        let expires = commit.expire_timestamp.map_or_else(|| "None".to_owned(), |time| format!("Some({time})"));
        format!(
            "OffsetAndMetadata(offset={offset}, leaderEpoch={epoch}, metadata={metadata}, \
             commitTimestamp={commit_timestamp}, expireTimestamp={expires})"
        )
    }
}

/// The committed offset in a record, as a row; none where it is no committed offset.
///
/// # Errors
/// The record is one but cannot be read.
pub fn committed_offset(record: &Record) -> Result<Option<CommittedOffset>> {
    Ok(Message::read(record)?.map(|message| message.row()))
}

impl Message {
    fn read(record: &Record) -> Result<Option<Message>> {
        let Some(key) = record.key.clone() else { return Ok(None) };
        let Some(record_type) = key.first_chunk().map(|number| i16::from_be_bytes(*number)) else { return Ok(None) };
        let outlines = (
            Family::Group.outline(OutlineKind::Key, record_type),
            Family::Group.outline(OutlineKind::Value, record_type),
        );
        let (true, (Some(keys), Some(values))) = (OFFSET_COMMIT_TYPES.contains(&record_type), outlines) else {
            return Ok(None);
        };
        let key = keys.read(&mut Reader::new(key.slice(2..)), 0)?;
        let value = match record.value.clone() {
            None => None,
            Some(value) => {
                let mut reader = Reader::new(value);
                let version = reader.i16("version")?;
                Some((version, values.read(&mut reader, version)?))
            }
        };
        Ok(Some(Message { record_type, key, value }))
    }

    fn json(&self) -> String {
        let value = self
            .value
            .as_ref()
            .map_or_else(|| "null".to_owned(), |(version, data)| format!("{{\"version\":{version},\"data\":{data}}}"));
        format!("{{\"key\":{{\"type\":{},\"data\":{}}},\"value\":{value}}}", self.record_type, self.key)
    }

    fn row(&self) -> CommittedOffset {
        let word = |json: &Json, field: &str| json.get(field).and_then(Json::as_text).unwrap_or_default().to_owned();
        let known = |json: &Json, field: &str| json.get(field).and_then(Json::as_int).filter(|number| *number >= 0);
        let number = |json: &Json, field: &str| json.get(field).and_then(Json::as_int).unwrap_or_default();
        CommittedOffset {
            group: word(&self.key, "group"),
            topic: word(&self.key, "topic"),
            partition: number(&self.key, "partition"),
            commit: self.value.as_ref().map(|(_, data)| Commit {
                offset: number(data, "offset"),
                leader_epoch: known(data, "leaderEpoch"),
                metadata: word(data, "metadata"),
                commit_timestamp: number(data, "commitTimestamp"),
                expire_timestamp: known(data, "expireTimestamp"),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::model::{Offset, Timestamp};
    use crate::protocol::coordinator_frame::encode_versioned;
    use crate::protocol::messages::OffsetCommitValue;

    fn record(value: Option<Bytes>) -> Record {
        Record {
            offset: Offset(0),
            timestamp: Timestamp(0),
            sequence: -1,
            attributes: 0,
            key: Some(Bytes::from_static(b"\0\x01\0\x04test\0\x05first\0\0\0\0")),
            value,
            headers: Vec::new(),
            size_in_bytes: 0,
        }
    }

    fn commit(leader_epoch: i32) -> Option<Bytes> {
        let value = OffsetCommitValue {
            offset: 2,
            leader_epoch,
            commit_timestamp: 1_795_230_793_184,
            ..OffsetCommitValue::default()
        };
        Some(encode_versioned(&value, 3).unwrap())
    }

    /// The texts were printed by the console consumers of 0.11.0.0, 3.9.1 and 4.3.1.
    #[test]
    fn each_generation_has_its_text() {
        use OffsetsFormatter::{Kafka3, Kafka4, Kafka011};
        let cases = [
            (
                Kafka011,
                commit(0),
                "[test,first,0]::[OffsetMetadata[2,NO_METADATA],CommitTime 1795230793184,ExpirationTime 1795317193184]",
            ),
            (
                Kafka3,
                commit(0),
                "[test,first,0]::OffsetAndMetadata(offset=2, leaderEpoch=Optional[0], metadata=, commitTimestamp=1795230793184, expireTimestamp=None)",
            ),
            (
                Kafka3,
                commit(-1),
                "[test,first,0]::OffsetAndMetadata(offset=2, leaderEpoch=Optional.empty, metadata=, commitTimestamp=1795230793184, expireTimestamp=None)",
            ),
            (Kafka3, None, "[test,first,0]::NULL"),
            (
                Kafka4,
                commit(0),
                r#"{"key":{"type":1,"data":{"group":"test","topic":"first","partition":0}},"value":{"version":3,"data":{"offset":2,"leaderEpoch":0,"metadata":"","commitTimestamp":1795230793184}}}"#,
            ),
            (Kafka4, None, r#"{"key":{"type":1,"data":{"group":"test","topic":"first","partition":0}},"value":null}"#),
        ];
        for (formatter, value, text) in cases {
            assert_eq!(formatter.text(&record(value)).unwrap().as_deref(), Some(text));
        }
    }

    #[test]
    fn other_records_of_the_topic_are_passed_over() {
        for key in [None, Some(&b"\0"[..]), Some(b"\0\x02\0\x01g"), Some(b"\x7f\xff")] {
            let other = Record { key: key.map(Bytes::copy_from_slice), ..record(None) };
            assert_eq!(OffsetsFormatter::default().text(&other).unwrap(), None);
        }
        assert!(OffsetsFormatter::default().text(&record(Some(Bytes::from_static(b"\0\x03\0")))).is_err());
    }
}
