//! `consensus-state`: what an engine with several voters has to find beside Kafka's own files.
//!
//! Kafka's `quorum-state` has no place for two facts: which directory of a node the vote went to together with whether that vote won,
//! and the base of the log, that is the entry that the newest snapshot ends with. An entry's index is the number of batches
//! up to it, counted from 1 over the whole life of the log; entries behind the base are counted from it.

use serde_json::{Value, json};

use crate::model::{LeaderEpoch, NodeId, Offset, Uuid};

/// The name of the file in the metadata log's directory.
pub(super) const FILE: &str = "consensus-state";
const VERSION: i64 = 1;

/// The vote of this node and the base of its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ConsensusState {
    /// The term of the vote: the leader epoch of the batches written in it.
    pub(super) term: LeaderEpoch,
    /// Whom the vote went to.
    pub(super) node: NodeId,
    /// Which directory of that node.
    pub(super) directory: Uuid,
    /// The last entry of the newest snapshot.
    pub(super) base: Base,
}

/// An entry of the consensus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Base {
    /// Its index; 0 before the first entry.
    pub(super) index: u64,
    /// Its term.
    pub(super) term: LeaderEpoch,
    /// The offset of its last record; -1 before the first entry.
    pub(super) offset: Offset,
}

impl ConsensusState {
    /// The content of the file. A leader of its term has a committed vote; a restart takes it back, because the leader that
    /// comes up again has to win a new term.
    pub(super) fn to_json(self) -> String {
        json!({
            "version": VERSION,
            "vote": {
                "term": self.term.0,
                "nodeId": self.node.0,
                "directoryId": self.directory.to_string(),
                "committed": true,
            },
            "base": { "index": self.base.index, "term": self.base.term.0, "offset": self.base.offset.0 },
        })
        .to_string()
    }

    /// The term of the vote in the file: the next term is above it, whatever else is in it.
    pub(super) fn term_of_json(text: &str) -> Result<LeaderEpoch, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match value.get("version").and_then(Value::as_i64) {
            Some(VERSION) => {}
            Some(other) => return Err(format!("its version {other} is newer than this program")),
            None => return Err("it has no version".to_owned()),
        }
        let term = value.pointer("/vote/term").and_then(Value::as_i64);
        let term = term.and_then(|term| i32::try_from(term).ok()).ok_or("it has no vote")?;
        Ok(LeaderEpoch(term))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_term_survives_the_file_and_nonsense_is_refused() {
        let base = Base { index: 7, term: LeaderEpoch(2), offset: Offset(40) };
        let state = ConsensusState { term: LeaderEpoch(3), node: NodeId(1), directory: Uuid([1; 16]), base };
        assert_eq!(ConsensusState::term_of_json(&state.to_json()), Ok(LeaderEpoch(3)));
        for text in ["", "{}", r#"{"version":2,"vote":{"term":1}}"#, r#"{"version":1}"#] {
            assert!(ConsensusState::term_of_json(text).is_err(), "{text}");
        }
    }
}
