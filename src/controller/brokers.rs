//! Registration of brokers and controllers, and the heartbeats that keep a broker in the cluster (KIP-631).

use std::collections::BTreeSet;

use super::Outcome;
use super::elections::{Event, LOST, TopicRules, UNASSIGNED, on_broker};
use crate::metadata::{Broker, Image, METADATA_VERSION, MetadataRecord};
use crate::model::{BrokerEpoch, ErrorCode, Failure, NodeId, Offset, Uuid};
use crate::protocol::messages::broker_registration_request::Feature;
use crate::protocol::messages::register_broker_record::{BrokerEndpoint, BrokerFeature};
use crate::protocol::messages::register_controller_record::{ControllerEndpoint, ControllerFeature};
use crate::protocol::messages::{
    BrokerHeartbeatRequest, BrokerRegistrationChangeRecord, BrokerRegistrationRequest, ControllerRegistrationRequest,
    RegisterBrokerRecord, RegisterControllerRecord, UnregisterBrokerRecord,
};

/// From this `metadata.version` on (3.7-IV2) brokers register their log directories.
const DIRECTORIES_SINCE: i16 = 17;

/// What the controller knows besides the image when a broker registers.
#[derive(Debug, Clone, Copy)]
pub struct Registering<'a> {
    /// `cluster.id`.
    pub cluster_id: &'a str,
    /// The offset that the first record of the decision will have.
    pub next_offset: Offset,
    /// Whether the broker of this id has a live session.
    pub has_session: bool,
}

/// Refuses what comes from an earlier life of a broker.
///
/// # Errors
/// The broker is not registered, or with another epoch.
pub fn check_epoch(image: &Image, id: NodeId, epoch: BrokerEpoch) -> Result<(), Failure> {
    let Some(broker) = image.broker(id) else {
        let text = format!("No broker registration found for broker id {id}");
        return Err(Failure::new(ErrorCode::STALE_BROKER_EPOCH, text));
    };
    if broker.epoch != epoch {
        let text = format!("Expected broker epoch {epoch}, but got broker epoch {}", broker.epoch);
        return Err(Failure::new(ErrorCode::STALE_BROKER_EPOCH, text));
    }
    Ok(())
}

/// Decides a BrokerRegistration request; the reply is the broker's epoch. A broker starts fenced.
///
/// # Errors
/// The broker belongs to another cluster, its id is taken by a live broker, or it lacks what the cluster uses.
pub fn register(
    image: &Image,
    request: &BrokerRegistrationRequest,
    registering: Registering<'_>,
    topic_rules: &dyn Fn(&str) -> TopicRules,
) -> Result<Outcome<BrokerEpoch>, Failure> {
    let id = NodeId(request.broker_id);
    let known = image.broker(id);
    check_identity(request, known.map(|known| &**known), registering)?;
    let metadata_version = image.features().metadata_version().unwrap_or(0);
    if metadata_version >= DIRECTORIES_SINCE {
        check_directories(image, request)?;
    }
    let same_life = known.filter(|known| known.incarnation_id == request.incarnation_id);
    let mut records = Vec::new();
    let clean = known.is_some_and(|known| known.epoch == BrokerEpoch(request.previous_broker_epoch));
    if same_life.is_none() && known.is_some() {
        let event = if clean { Event::Leaves(id) } else { Event::CameBackUnclean(id) };
        records = on_broker(image, event, topic_rules);
    }
    let epoch = match same_life {
        Some(known) => known.epoch,
        None => BrokerEpoch(registering.next_offset.plus(i64::try_from(records.len()).unwrap_or(i64::MAX)).0),
    };
    let record = RegisterBrokerRecord {
        broker_id: request.broker_id,
        is_migrating_zk_broker: false,
        incarnation_id: request.incarnation_id,
        broker_epoch: epoch.0,
        end_points: request
            .listeners
            .iter()
            .map(|listener| BrokerEndpoint {
                name: listener.name.clone(),
                host: listener.host.clone(),
                port: listener.port,
                security_protocol: listener.security_protocol,
            })
            .collect(),
        features: checked_features(image, request)?,
        rack: request.rack.clone(),
        fenced: same_life.is_none_or(|known| known.fenced),
        in_controlled_shutdown: same_life.is_some_and(|known| known.in_controlled_shutdown),
        log_dirs: if metadata_version >= DIRECTORIES_SINCE { request.log_dirs.clone() } else { Vec::new() },
        cordoned_log_dirs: None,
    };
    records.push(record.into());
    Ok(Outcome { records, reply: epoch })
}

fn check_identity(
    request: &BrokerRegistrationRequest,
    known: Option<&Broker>,
    registering: Registering<'_>,
) -> Result<(), Failure> {
    let expected = registering.cluster_id;
    if request.cluster_id != expected {
        let text = format!("Expected cluster ID {expected}, but got cluster ID {}", request.cluster_id);
        return Err(Failure::new(ErrorCode::INCONSISTENT_CLUSTER_ID, text));
    }
    let other_life = known.is_some_and(|known| known.incarnation_id != request.incarnation_id);
    if other_life && registering.has_session {
        let text = "Another broker is registered with that broker id. If the broker was recently restarted this should \
                    self-resolve once the heartbeat manager expires the broker's session.";
        return Err(Failure::new(ErrorCode::DUPLICATE_BROKER_REGISTRATION, text));
    }
    if request.is_migrating_zk_broker {
        let text = "Controller does not support registering ZK brokers.";
        return Err(Failure::new(ErrorCode::BROKER_ID_NOT_REGISTERED, text));
    }
    Ok(())
}

fn check_directories(image: &Image, request: &BrokerRegistrationRequest) -> Result<(), Failure> {
    let refuse = |text: String| Err(Failure::new(ErrorCode::INVALID_REGISTRATION, text));
    if request.log_dirs.is_empty() {
        return refuse("No directories specified in request".to_owned());
    }
    if request.log_dirs.iter().any(|directory| is_reserved(*directory)) {
        return refuse("Reserved directory ID in request".to_owned());
    }
    let single: BTreeSet<&Uuid> = request.log_dirs.iter().collect();
    if single.len() != request.log_dirs.len() {
        return refuse("Duplicate directory ID in request".to_owned());
    }
    let others = image.brokers().iter().filter(|broker| broker.id != NodeId(request.broker_id));
    for broker in others {
        if let Some(taken) = broker.log_dirs.iter().find(|directory| single.contains(directory)) {
            return refuse(format!("Broker {} is already registered with directory {taken}", broker.id));
        }
    }
    Ok(())
}

/// The first hundred ids are Kafka's own: lost, unassigned and the like.
fn is_reserved(directory: Uuid) -> bool {
    debug_assert!(u128::from_be_bytes(LOST.0) < 100 && u128::from_be_bytes(UNASSIGNED.0) < 100);
    u128::from_be_bytes(directory.0) < 100
}

/// What the broker supports, once it is clear that it supports all that the cluster uses.
fn checked_features(image: &Image, request: &BrokerRegistrationRequest) -> Result<Vec<BrokerFeature>, Failure> {
    let check = |name: &str, min: i16, max: i16, finalized: i16| {
        if min <= finalized && finalized <= max {
            return Ok(BrokerFeature { name: name.to_owned(), min_supported_version: min, max_supported_version: max });
        }
        let text = format!(
            "Unable to register because the broker does not support finalized version {finalized} of {name}. The broker \
             wants a version between {min} and {max}, inclusive."
        );
        Err(Failure::new(ErrorCode::UNSUPPORTED_VERSION, text))
    };
    let named = |name: &str| request.features.iter().find(|feature| feature.name == name);
    if named(METADATA_VERSION).is_none() {
        let text = "Request features do not contain 'metadata.version'";
        return Err(Failure::new(ErrorCode::INVALID_REGISTRATION, text));
    }
    let mut features = Vec::new();
    for Feature { name, min_supported_version, max_supported_version } in &request.features {
        let finalized = image.features().level(name);
        features.push(check(name, *min_supported_version, *max_supported_version, finalized)?);
    }
    // A broker that does not speak of a feature supports the level at which it does nothing.
    for (name, finalized) in image.features().iter().filter(|(name, _)| named(name).is_none()) {
        check(name, 0, 0, finalized)?;
    }
    Ok(features)
}

/// Decides a ControllerRegistration request (KIP-919).
#[must_use]
pub fn register_controller(request: &ControllerRegistrationRequest) -> Outcome<()> {
    let record = RegisterControllerRecord {
        controller_id: request.controller_id,
        incarnation_id: request.incarnation_id,
        zk_migration_ready: false,
        end_points: request
            .listeners
            .iter()
            .map(|listener| ControllerEndpoint {
                name: listener.name.clone(),
                host: listener.host.clone(),
                port: listener.port,
                security_protocol: listener.security_protocol,
            })
            .collect(),
        features: request
            .features
            .iter()
            .map(|feature| ControllerFeature {
                name: feature.name.clone(),
                min_supported_version: feature.min_supported_version,
                max_supported_version: feature.max_supported_version,
            })
            .collect(),
    };
    Outcome { records: vec![record.into()], reply: () }
}

/// Where a broker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Out of the cluster, but it may come in.
    Fenced,
    /// In the cluster.
    Unfenced,
    /// Handing its partitions over.
    InControlledShutdown,
    /// Out of the cluster, and it may stop.
    MayStop,
}

/// What a heartbeat learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    /// Whether the broker has read the log up to its own registration.
    pub is_caught_up: bool,
    /// Whether it is kept out of the cluster.
    pub is_fenced: bool,
    /// Whether it may stop now.
    pub should_shut_down: bool,
}

/// What the controller knows besides the image when a heartbeat comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beating {
    /// Where the log ended when the broker began its controlled shutdown; `None` where it has not.
    pub shutdown_offset: Option<Offset>,
    /// The lowest offset that an active broker has read, this one apart.
    pub lowest_active_offset: Option<Offset>,
}

/// Decides a BrokerHeartbeat request.
///
/// # Errors
/// The broker is not registered, or the heartbeat comes from an earlier life of it.
pub fn heartbeat(
    image: &Image,
    request: &BrokerHeartbeatRequest,
    beating: Beating,
    topic_rules: &dyn Fn(&str) -> TopicRules,
) -> Result<Outcome<(Heartbeat, Standing)>, Failure> {
    let id = NodeId(request.broker_id);
    let Some(broker) = image.broker(id) else {
        let text = format!("Broker ID {id} is not currently registered");
        return Err(Failure::new(ErrorCode::BROKER_ID_NOT_REGISTERED, text));
    };
    check_epoch(image, id, BrokerEpoch(request.broker_epoch))?;
    let is_caught_up = request.current_metadata_offset >= broker.epoch.0;
    let then = next_standing(image, broker, request, beating);
    let records = records_for(image, broker, then, topic_rules);
    let reply = Heartbeat {
        is_caught_up,
        is_fenced: matches!(then, Standing::Fenced | Standing::MayStop),
        should_shut_down: then == Standing::MayStop,
    };
    Ok(Outcome { records, reply: (reply, then) })
}

fn next_standing(image: &Image, broker: &Broker, request: &BrokerHeartbeatRequest, beating: Beating) -> Standing {
    let leads = || leads_any(image, broker.id);
    if broker.fenced {
        let may_join = !request.want_fence && request.current_metadata_offset >= broker.epoch.0;
        return match (request.want_shut_down, may_join) {
            (true, _) => Standing::MayStop,
            (false, true) => Standing::Unfenced,
            (false, false) => Standing::Fenced,
        };
    }
    if broker.in_controlled_shutdown {
        let followed = |offset: Offset| beating.lowest_active_offset.is_none_or(|lowest| lowest >= offset);
        // The others must have heard that its partitions are led elsewhere, or they would still come to it.
        let may_stop = !leads() && beating.shutdown_offset.is_none_or(followed);
        return if may_stop { Standing::MayStop } else { Standing::InControlledShutdown };
    }
    match (request.want_fence, request.want_shut_down) {
        (true, true) => Standing::MayStop,
        (true, false) => Standing::Fenced,
        (false, true) if leads() => Standing::InControlledShutdown,
        (false, true) => Standing::MayStop,
        (false, false) => Standing::Unfenced,
    }
}

/// Whether a broker leads any partition.
#[must_use]
pub fn leads_any(image: &Image, id: NodeId) -> bool {
    image.topics().iter_by_id().any(|(_, topic)| topic.partitions.iter().any(|state| state.leader == id))
}

fn records_for(
    image: &Image,
    broker: &Broker,
    then: Standing,
    topic_rules: &dyn Fn(&str) -> TopicRules,
) -> Vec<MetadataRecord> {
    match then {
        Standing::Unfenced if broker.fenced => {
            let mut records = vec![fencing(broker, -1)];
            records.extend(on_broker(image, Event::Joins(broker.id), topic_rules));
            records
        }
        Standing::Fenced | Standing::MayStop if !broker.fenced => fence(image, broker, topic_rules),
        Standing::InControlledShutdown if !broker.in_controlled_shutdown => {
            let change = BrokerRegistrationChangeRecord {
                broker_id: broker.id.0,
                broker_epoch: broker.epoch.0,
                in_controlled_shutdown: 1,
                ..BrokerRegistrationChangeRecord::default()
            };
            let mut records = vec![change.into()];
            records.extend(on_broker(image, Event::Leaves(broker.id), topic_rules));
            records
        }
        _ => Vec::new(),
    }
}

fn fencing(broker: &Broker, fenced: i8) -> MetadataRecord {
    BrokerRegistrationChangeRecord {
        broker_id: broker.id.0,
        broker_epoch: broker.epoch.0,
        fenced,
        ..BrokerRegistrationChangeRecord::default()
    }
    .into()
}

/// The records that put a broker out of the cluster: its partitions move first.
#[must_use]
pub fn fence(image: &Image, broker: &Broker, topic_rules: &dyn Fn(&str) -> TopicRules) -> Vec<MetadataRecord> {
    let mut records = on_broker(image, Event::Leaves(broker.id), topic_rules);
    records.push(fencing(broker, 1));
    records
}

/// Decides an UnregisterBroker request: the registration goes, and the broker leaves every ISR.
///
/// # Errors
/// No broker has this id.
pub fn unregister(image: &Image, id: NodeId, topic_rules: &dyn Fn(&str) -> TopicRules) -> Result<Outcome<()>, Failure> {
    let Some(broker) = image.broker(id) else {
        let text = format!("Broker ID {id} is not currently registered");
        return Err(Failure::new(ErrorCode::BROKER_ID_NOT_REGISTERED, text));
    };
    let mut records = on_broker(image, Event::Leaves(id), topic_rules);
    records.push(UnregisterBrokerRecord { broker_id: id.0, broker_epoch: broker.epoch.0 }.into());
    Ok(Outcome { records, reply: () })
}
