//! Membership and administration: one method for each request, from the wire's form to the shard's and back.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::IpAddr;

use super::{GroupCoordinator, post};
use crate::coordinator::group::{Caller, GroupRequest};
use crate::coordinator::outcome::Reply;
use crate::io::rng::Rng;
use crate::model::ErrorCode;
use crate::protocol::messages::delete_groups_response::DeletableGroupResult;
use crate::protocol::messages::leave_group_request::MemberIdentity;
use crate::protocol::messages::{
    DeleteGroupsRequest, DeleteGroupsResponse, DescribeGroupsRequest, DescribeGroupsResponse, HeartbeatRequest,
    HeartbeatResponse, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest, LeaveGroupResponse, ListGroupsRequest,
    ListGroupsResponse, SyncGroupRequest, SyncGroupResponse,
};

impl Caller {
    /// A client at that address.
    #[must_use]
    pub fn new(client_id: &str, address: IpAddr, api_version: i16) -> Caller {
        Caller { client_id: client_id.to_owned(), client_host: java_address(address), api_version }
    }
}

/// An address as Java prints one without a name: a slash, and IPv6 without any abbreviation.
fn java_address(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("/{address}"),
        IpAddr::V6(address) => {
            let groups: Vec<String> = address.segments().iter().map(|group| format!("{group:x}")).collect();
            format!("/{}", groups.join(":"))
        }
    }
}

impl GroupCoordinator {
    /// JoinGroup, v0 to v9. The answer comes when the join phase ends.
    pub fn join_group(
        &self,
        mut request: JoinGroupRequest,
        caller: Caller,
    ) -> impl Future<Output = JoinGroupResponse> + Send + 'static + use<> {
        let version = caller.api_version;
        if version == 0 {
            // There was one timeout for both.
            request.rebalance_timeout_ms = request.session_timeout_ms;
        }
        let config = &self.shared.config;
        let allowed = config.group_min_session_timeout_ms..=config.group_max_session_timeout_ms;
        let refused = if request.group_id.is_empty() {
            Some(ErrorCode::INVALID_GROUP_ID)
        } else if !allowed.contains(&request.session_timeout_ms) {
            Some(ErrorCode::INVALID_SESSION_TIMEOUT)
        } else {
            None
        };
        let group_id = request.group_id.clone();
        let request = GroupRequest::Join { request, new_id_suffix: random_uuid_text(&*self.shared.rng) };
        let answer = self.ask_unless(refused, &group_id, request, caller);
        async move {
            let mut response = match answer.await {
                Reply::Join(response) => response,
                other => JoinGroupResponse { error_code: error_of(&other), ..JoinGroupResponse::default() },
            };
            if version < 7 && response.protocol_name.is_none() {
                // Before v7 the name cannot be null.
                response.protocol_name = Some(String::new());
            }
            response
        }
    }

    /// SyncGroup, v0 to v5. The answer comes when the leader's assignment is stored.
    pub fn sync_group(
        &self,
        request: SyncGroupRequest,
        caller: Caller,
    ) -> impl Future<Output = SyncGroupResponse> + Send + 'static + use<> {
        let lacks_protocol = request.protocol_type.is_none() || request.protocol_name.is_none();
        let refused = if caller.api_version >= 5 && lacks_protocol {
            Some(ErrorCode::INCONSISTENT_GROUP_PROTOCOL)
        } else {
            without_group(&request.group_id)
        };
        let group_id = request.group_id.clone();
        let answer = self.ask_unless(refused, &group_id, GroupRequest::Sync(request), caller);
        async move {
            match answer.await {
                Reply::Sync(response) => response,
                other => SyncGroupResponse { error_code: error_of(&other), ..SyncGroupResponse::default() },
            }
        }
    }

    /// Heartbeat, v0 to v4.
    pub fn heartbeat(
        &self,
        request: HeartbeatRequest,
        caller: Caller,
    ) -> impl Future<Output = HeartbeatResponse> + Send + 'static + use<> {
        let group_id = request.group_id.clone();
        let refused = without_group(&group_id);
        let answer = self.ask_unless(refused, &group_id, GroupRequest::Heartbeat(request), caller);
        async move {
            match answer.await {
                Reply::Heartbeat(response) => response,
                other => HeartbeatResponse { error_code: error_of(&other), ..HeartbeatResponse::default() },
            }
        }
    }

    /// LeaveGroup, v0 to v5. Before v3 one member leaves, and its error is the answer's.
    pub fn leave_group(
        &self,
        mut request: LeaveGroupRequest,
        caller: Caller,
    ) -> impl Future<Output = LeaveGroupResponse> + Send + 'static + use<> {
        let is_single = caller.api_version < 3;
        if is_single {
            let member_id = std::mem::take(&mut request.member_id);
            request.members = vec![MemberIdentity { member_id, ..MemberIdentity::default() }];
        }
        let group_id = request.group_id.clone();
        let refused = without_group(&group_id);
        let answer = self.ask_unless(refused, &group_id, GroupRequest::Leave(request), caller);
        async move {
            let mut response = match answer.await {
                Reply::Leave(response) => response,
                other => LeaveGroupResponse { error_code: error_of(&other), ..LeaveGroupResponse::default() },
            };
            if is_single {
                if let (0, Some(member)) = (response.error_code, response.members.first()) {
                    response.error_code = member.error_code;
                }
                response.members.clear();
            }
            response
        }
    }

    /// DescribeGroups, v0 to v6, without authorized operations.
    pub fn describe_groups(
        &self,
        request: DescribeGroupsRequest,
        caller: Caller,
    ) -> impl Future<Output = DescribeGroupsResponse> + Send + 'static + use<> {
        let answers = self.ask_each_partition(request.groups, &caller, GroupRequest::DescribeGroups);
        async move {
            let mut groups = Vec::new();
            for answer in answers {
                if let Reply::DescribeGroups(described) = answer.await {
                    groups.extend(described);
                }
            }
            DescribeGroupsResponse { groups, ..DescribeGroupsResponse::default() }
        }
    }

    /// ListGroups, v0 to v5: the groups whose coordinator this node is.
    pub fn list_groups(
        &self,
        request: ListGroupsRequest,
        caller: Caller,
    ) -> impl Future<Output = ListGroupsResponse> + Send + 'static + use<> {
        let ListGroupsRequest { states_filter: states, types_filter: types } = request;
        let answers: Vec<_> = self
            .mailboxes()
            .iter()
            .map(|mailbox| {
                let request = GroupRequest::ListGroups { states: states.clone(), types: types.clone() };
                post(mailbox, request, caller.clone())
            })
            .collect();
        async move {
            let mut response = ListGroupsResponse::default();
            for answer in answers {
                match answer.await {
                    Reply::ListGroups(groups) => response.groups.extend(groups),
                    // The partition moved on; its new leader lists its groups.
                    Reply::Done(ErrorCode::NOT_COORDINATOR) => {}
                    other => return ListGroupsResponse { error_code: error_of(&other), ..Default::default() },
                }
            }
            response
        }
    }

    /// DeleteGroups, v0 to v2.
    pub fn delete_groups(
        &self,
        request: DeleteGroupsRequest,
        caller: Caller,
    ) -> impl Future<Output = DeleteGroupsResponse> + Send + 'static + use<> {
        let mut groups = request.groups_names;
        let mut seen = std::collections::HashSet::new();
        groups.retain(|group| seen.insert(group.clone()));
        let answers = self.ask_each_partition(groups, &caller, GroupRequest::DeleteGroups);
        async move {
            let mut results: Vec<DeletableGroupResult> = Vec::new();
            for answer in answers {
                if let Reply::DeleteGroups(deleted) = answer.await {
                    results.extend(deleted);
                }
            }
            DeleteGroupsResponse { results, ..DeleteGroupsResponse::default() }
        }
    }

    /// Sends each shard the groups that it holds.
    fn ask_each_partition(
        &self,
        groups: Vec<String>,
        caller: &Caller,
        request: fn(Vec<String>) -> GroupRequest,
    ) -> Vec<impl Future<Output = Reply> + Send + 'static + use<>> {
        let mut by_partition: BTreeMap<i32, Vec<String>> = BTreeMap::new();
        for group in groups {
            by_partition.entry(self.partition_of(&group)).or_default().push(group);
        }
        by_partition
            .into_iter()
            .map(|(partition, groups)| self.ask_partition(partition, request(groups), caller.clone()))
            .collect()
    }

    /// Asks the shard, unless the request is refused already.
    pub(super) fn ask_unless(
        &self,
        refused: Option<ErrorCode>,
        group_id: &str,
        request: GroupRequest,
        caller: Caller,
    ) -> impl Future<Output = Reply> + Send + 'static + use<> {
        let answer = match refused {
            Some(error) => Err(request.refusal(error)),
            None => Ok(self.ask(group_id, request, caller)),
        };
        async move {
            match answer {
                Ok(answer) => answer.await,
                Err(refusal) => refusal,
            }
        }
    }
}

/// Membership needs a group with a name; offsets do not.
pub(super) fn without_group(group_id: &str) -> Option<ErrorCode> {
    group_id.is_empty().then_some(ErrorCode::INVALID_GROUP_ID)
}

/// The code of an answer that is not the one expected: the node is going down.
pub(super) fn error_of(reply: &Reply) -> i16 {
    match reply {
        Reply::Done(error) => error.wire(),
        _ => ErrorCode::UNKNOWN_SERVER_ERROR.wire(),
    }
}

/// A random UUID in the usual 36 characters, which is how Kafka makes member ids unique.
fn random_uuid_text(rng: &dyn Rng) -> String {
    let bits = (u128::from(rng.bits()) << 64) | u128::from(rng.bits());
    // Version 4, variant 1 (RFC 9562).
    let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_printed_as_java_does() {
        assert_eq!(java_address("127.0.0.1".parse().unwrap()), "/127.0.0.1");
        assert_eq!(java_address("::1".parse().unwrap()), "/0:0:0:0:0:0:0:1");
        assert_eq!(java_address("fe80::a:B".parse().unwrap()), "/fe80:0:0:0:0:0:a:b");
    }

    #[test]
    fn a_random_uuid_has_its_version_and_variant() {
        let text = random_uuid_text(&crate::io::rng::SystemRng);
        let parts: Vec<&str> = text.split('-').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(parts[2].starts_with('4'), "{text}");
        assert!("89ab".contains(&parts[3][..1]), "{text}");
    }
}
