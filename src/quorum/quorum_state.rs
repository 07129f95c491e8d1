//! Kafka's `quorum-state` file: who led and who was voted for, in the newest epoch that this node knows (KIP-595).
//!
//! Version 0 is written with static voters, version 1 where the log names the voters (KIP-853); both are read.

use serde_json::{Value, json};

use crate::model::{LeaderEpoch, NodeId, Uuid};

/// The name of the file in the metadata log's directory.
pub(super) const FILE: &str = "quorum-state";

/// The newest epoch that this node knows, and its part in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct QuorumState {
    /// The leader of the epoch.
    pub(super) leader: NodeId,
    /// The epoch.
    pub(super) epoch: LeaderEpoch,
    /// The candidate that this node voted for.
    pub(super) voted: NodeId,
    /// The candidate's directory; zero in version 0.
    pub(super) voted_directory: Uuid,
}

/// The voters that `quorum-state` of version 0 lists.
pub(super) type StaticVoters<'a> = &'a [NodeId];

impl QuorumState {
    /// The content of the file: version 0 with these static voters, or version 1.
    pub(super) fn to_json(self, static_voters: Option<StaticVoters<'_>>) -> String {
        let value = match static_voters {
            Some(voters) => json!({
                "clusterId": "",
                "leaderId": self.leader.0,
                "leaderEpoch": self.epoch.0,
                "votedId": self.voted.0,
                "appliedOffset": 0,
                "currentVoters": voters.iter().map(|id| json!({ "voterId": id.0 })).collect::<Vec<_>>(),
                "data_version": 0,
            }),
            None => json!({
                "leaderId": self.leader.0,
                "leaderEpoch": self.epoch.0,
                "votedId": self.voted.0,
                "votedDirectoryId": self.voted_directory.to_string(),
                "data_version": 1,
            }),
        };
        value.to_string()
    }

    /// Reads the file; the second value is the voters that it lists.
    pub(super) fn of_json(text: &str) -> Result<(QuorumState, Vec<NodeId>), String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let number = |name: &str| {
            let found = value.get(name).and_then(Value::as_i64).and_then(|number| i32::try_from(number).ok());
            found.ok_or_else(|| format!("it has no number {name}"))
        };
        let version = number("data_version")?;
        if !(0..=1).contains(&version) {
            return Err(format!("its version {version} is newer than this program"));
        }
        let voted_directory = match value.get("votedDirectoryId").and_then(Value::as_str) {
            Some(text) => text.parse().map_err(|error| format!("votedDirectoryId: {error}"))?,
            None => Uuid::ZERO,
        };
        let state = QuorumState {
            leader: NodeId(number("leaderId")?),
            epoch: LeaderEpoch(number("leaderEpoch")?),
            voted: NodeId(number("votedId")?),
            voted_directory,
        };
        let rows = value.get("currentVoters").and_then(Value::as_array).into_iter().flatten();
        let ids = rows.filter_map(|row| i32::try_from(row.get("voterId")?.as_i64()?).ok()).map(NodeId);
        Ok((state, ids.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_are_kafkas_to_the_letter() {
        // Written by Kafka 4.3.1.
        let of_static = r#"{"clusterId":"","leaderId":1,"leaderEpoch":1,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}"#;
        let of_dynamic = r#"{"leaderId":1,"leaderEpoch":1,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}"#;
        let state = QuorumState { leader: NodeId(1), epoch: LeaderEpoch(1), ..QuorumState::default() };
        assert_eq!(QuorumState::of_json(of_static), Ok((state, vec![NodeId(1)])));
        assert_eq!(QuorumState::of_json(of_dynamic), Ok((state, Vec::new())));
        assert_eq!(state.to_json(Some(&[NodeId(1)])), of_static);
        assert_eq!(state.to_json(None), of_dynamic);
    }

    #[test]
    fn what_is_no_quorum_state_is_refused_with_a_reason() {
        for text in ["", "{}", "[]", r#"{"leaderId":1,"leaderEpoch":1,"votedId":-1,"data_version":7}"#] {
            assert!(QuorumState::of_json(text).is_err(), "{text}");
        }
    }
}
