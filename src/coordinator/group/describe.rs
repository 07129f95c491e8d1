//! DescribeGroups and ListGroups: what an administrator sees.

use super::classic::{ClassicGroup, DEAD, GroupState};
use crate::model::ErrorCode;
use crate::protocol::messages::describe_groups_response::DescribedGroup;
use crate::protocol::messages::list_groups_response::ListedGroup;

/// The version from which the description of a group that is not there is an error.
const GROUP_ID_NOT_FOUND_SINCE: i16 = 6;
const TYPE: &str = "classic";

impl ClassicGroup {
    /// The group as DescribeGroups shows it. What members said is told of a stable group only: before, it may change.
    pub(super) fn describe(&self) -> DescribedGroup {
        let protocol_name = self.protocol_name.as_deref().filter(|_| self.is(GroupState::Stable));
        DescribedGroup {
            group_id: self.group_id.to_string(),
            group_state: self.state.name().to_owned(),
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            protocol_data: protocol_name.unwrap_or_default().to_owned(),
            members: self.members().map(|member| member.describe(protocol_name)).collect(),
            ..DescribedGroup::default()
        }
    }

    /// The group as ListGroups shows it, where it fits the filters. An empty filter fits everything.
    pub(super) fn list(&self, states: &[String], types: &[String]) -> Option<ListedGroup> {
        let fits = |filter: &[String], own: &str| {
            filter.is_empty() || filter.iter().any(|wanted| wanted.trim().eq_ignore_ascii_case(own))
        };
        (fits(states, self.state.name()) && fits(types, TYPE)).then(|| ListedGroup {
            group_id: self.group_id.to_string(),
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            group_state: self.state.name().to_owned(),
            group_type: TYPE.to_owned(),
        })
    }
}

/// A group that is not there.
pub(super) fn missing_group(group_id: &str, api_version: i16) -> DescribedGroup {
    let dead =
        DescribedGroup { group_id: group_id.to_owned(), group_state: DEAD.to_owned(), ..DescribedGroup::default() };
    if api_version < GROUP_ID_NOT_FOUND_SINCE {
        return dead;
    }
    DescribedGroup {
        error_code: ErrorCode::GROUP_ID_NOT_FOUND.wire(),
        error_message: Some(format!("Group {group_id} not found.")),
        ..dead
    }
}

/// A group that could not be looked up.
pub(super) fn group_error(group_id: &str, error: ErrorCode) -> DescribedGroup {
    DescribedGroup { group_id: group_id.to_owned(), error_code: error.wire(), ..DescribedGroup::default() }
}
