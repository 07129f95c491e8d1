//! `--describe --state`: how a group is and who coordinates it.

use serde_json::{Value, json};

use super::describe::View;
use super::text::{Column, block, fixed, growing, lines, or_dash};
use crate::cli::output::{Grid, Report};
use crate::client::admin::GroupDescription;

/// The states of groups.
#[derive(Debug, Default)]
pub(super) struct States {
    groups: Vec<GroupDescription>,
    is_verbose: bool,
}

impl States {
    pub(super) fn of(group: &GroupDescription, is_verbose: bool) -> States {
        States { groups: vec![group.clone()], is_verbose }
    }

    fn columns(&self) -> Vec<Column> {
        let mut columns = vec![growing("GROUP", 15), growing("COORDINATOR (ID)", 25)];
        columns.extend([fixed("ASSIGNMENT-STRATEGY", 20), fixed("STATE", 20)]);
        if self.is_verbose {
            columns.extend([fixed("GROUP-EPOCH", 15), fixed("TARGET-ASSIGNMENT-EPOCH", 25)]);
        }
        columns.push(fixed("#MEMBERS", 0));
        columns
    }

    fn cells(&self) -> Vec<Vec<String>> {
        let cells = |group: &GroupDescription| {
            let coordinator =
                group.coordinator.as_ref().map(|(id, address)| format!("{}:{}  ({id})", address.host, address.port));
            let assignor = Some(&group.assignor).filter(|assignor| !assignor.is_empty());
            let mut cells = vec![group.group_id.clone(), or_dash(coordinator), or_dash(assignor), group.state.clone()];
            if self.is_verbose {
                cells.extend([or_dash(group.epoch), or_dash(group.target_epoch)]);
            }
            cells.push(group.members.len().to_string());
            cells
        };
        self.groups.iter().map(cells).collect()
    }
}

impl View for States {
    fn has_rows(&self) -> bool {
        !self.groups.is_empty()
    }

    fn join(mut self, other: States) -> States {
        self.groups.extend(other.groups);
        self
    }
}

impl Report for States {
    fn text(&self) -> String {
        block(lines(&self.columns(), &self.cells()))
    }

    fn grid(&self) -> Grid {
        Grid { columns: self.columns().iter().map(|column| column.name).collect(), rows: self.cells() }
    }

    fn json(&self) -> Value {
        let group = |group: &GroupDescription| {
            let coordinator = group
                .coordinator
                .as_ref()
                .map(|(id, address)| json!({ "id": id.0, "host": &*address.host, "port": address.port }));
            json!({
                "group": group.group_id,
                "type": group.kind,
                "coordinator": coordinator,
                "assignmentStrategy": Some(&group.assignor).filter(|assignor| !assignor.is_empty()),
                "state": group.state,
                "groupEpoch": group.epoch,
                "targetAssignmentEpoch": group.target_epoch,
                "members": group.members.len(),
            })
        };
        self.groups.iter().map(group).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::consumer_groups::members::Members;
    use crate::client::admin::GroupMember;
    use crate::model::{NodeId, TopicPartition};
    use crate::net::Address;

    fn group() -> GroupDescription {
        let member = GroupMember {
            member_id: "cli1-53fd7380-b776-483b-9d7a-3dc69808e312".to_owned(),
            instance_id: None,
            client_id: "cli1".to_owned(),
            host: "/127.0.0.1".to_owned(),
            assignment: [2, 0, 1].map(|partition| TopicPartition::new("t", partition)).to_vec(),
            target: None,
            epoch: None,
            metadata: bytes::Bytes::new(),
        };
        GroupDescription {
            group_id: "stable-group".to_owned(),
            state: "Stable".to_owned(),
            kind: "Classic",
            protocol_type: "consumer".to_owned(),
            assignor: "range".to_owned(),
            coordinator: Some((NodeId(1), Address { host: "127.0.0.1".into(), port: 29592 })),
            epoch: None,
            target_epoch: None,
            members: vec![member],
        }
    }

    /// The texts are those of Kafka 4.3.1 for the same group.
    #[test]
    fn states_are_printed_as_the_script_does() {
        let plain = "
GROUP           COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE                #MEMBERS
stable-group    127.0.0.1:29592  (1)      range                Stable               1
";
        assert_eq!(States::of(&group(), false).text(), plain);
        let verbose = States::of(&group(), true).text();
        assert!(verbose.ends_with("Stable               -               -                         1\n"), "{verbose}");
    }

    /// The texts are those of Kafka 4.3.1 for the same group, blanks at the ends of lines included.
    #[test]
    fn members_are_printed_as_the_script_does() {
        let plain = [
            "",
            "GROUP           CONSUMER-ID                               HOST            CLIENT-ID       #PARTITIONS     ",
            "stable-group    cli1-53fd7380-b776-483b-9d7a-3dc69808e312 /127.0.0.1      cli1            3               ",
            "",
        ];
        assert_eq!(Members::of(&group(), false).text(), plain.join("\n"));
        let verbose = Members::of(&group(), true).text();
        assert!(
            verbose.ends_with(
                "3               -               t:0,1,2              -               -                   \n"
            ),
            "{verbose}"
        );
    }
}
