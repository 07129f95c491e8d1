//! The admin client itself, and how each of its calls reaches its broker.

use std::time::Duration;

use crate::client::retry::{Deadline, retrying};
use crate::client::settings::millis;
use crate::client::{ClientError, Cluster, ClusterOptions, CoordinatorKind};
use crate::config::AdminConfig;
use crate::model::{ErrorCode, NodeId};
use crate::net::Lane;
use crate::net::peer::Peer;
use crate::protocol::Request;

/// An admin client. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Admin {
    pub(super) cluster: Cluster,
    timeout: Duration,
    request_timeout: Duration,
}

/// Where a request belongs.
#[derive(Debug, Clone)]
pub(super) enum Target {
    /// Any broker.
    Any,
    /// The broker that takes requests for the controller.
    Controller,
    /// One broker.
    Broker(NodeId),
    /// The coordinator of a group.
    Group(String),
}

/// What an attempt found: the answer and the version it came in.
pub(super) struct Answered<R: Request> {
    pub(super) response: R::Response,
    pub(super) version: i16,
}

impl Admin {
    /// An admin client; it connects when first asked for something.
    ///
    /// # Errors
    /// `bootstrap.servers` is empty or holds no address.
    pub fn new(config: &AdminConfig) -> Result<Admin, ClientError> {
        let cluster = Cluster::new(ClusterOptions::of_admin(config)?);
        Ok(Admin::on(cluster, millis(config.default_api_timeout_ms)))
    }

    /// An admin client on a cluster that is shared with others.
    #[must_use]
    pub fn on(cluster: Cluster, timeout: Duration) -> Admin {
        let request_timeout = cluster.options().peer.request_timeout;
        Admin { cluster, timeout, request_timeout }
    }

    /// The same client with another time for each call in place of `default.api.timeout.ms`.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Admin {
        Admin { timeout, ..self.clone() }
    }

    /// The cluster that this client talks to.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Closes the connections.
    pub fn close(&self) {
        self.cluster.close();
    }

    pub(super) fn deadline(&self) -> Deadline {
        self.cluster.deadline(self.timeout)
    }

    /// The time that a broker is given for one request, as its `TimeoutMs` field says.
    pub(super) fn broker_timeout_ms(&self) -> i32 {
        i32::try_from(self.request_timeout.min(self.timeout).as_millis()).unwrap_or(i32::MAX)
    }

    /// Sends a request, built for the version that both ends know, until `check` is content with the answer.
    pub(super) async fn ask<R, B, C>(&self, target: Target, build: B, check: C) -> Result<Answered<R>, ClientError>
    where
        R: Request,
        B: Fn(i16) -> Result<R, ClientError>,
        C: Fn(&R::Response) -> Result<(), ClientError>,
    {
        self.ask_at_most(i16::MAX, target, build, check).await
    }

    /// The same with a bound on the version, for requests that name topics and not their ids.
    pub(super) async fn ask_at_most<R, B, C>(
        &self,
        version_max: i16,
        target: Target,
        build: B,
        check: C,
    ) -> Result<Answered<R>, ClientError>
    where
        R: Request,
        B: Fn(i16) -> Result<R, ClientError>,
        C: Fn(&R::Response) -> Result<(), ClientError>,
    {
        let what = || format!("Timed out waiting for a node assignment. Call: {}", call_name::<R>());
        retrying(what, &self.deadline(), &self.cluster.pauses(), || async {
            let attempt = self.attempt(version_max, &target, &build, &check).await;
            if let Err(error) = &attempt {
                self.note(&target, error);
            }
            attempt
        })
        .await
    }

    async fn attempt<R: Request>(
        &self,
        version_max: i16,
        target: &Target,
        build: &impl Fn(i16) -> Result<R, ClientError>,
        check: &impl Fn(&R::Response) -> Result<(), ClientError>,
    ) -> Result<Answered<R>, ClientError> {
        let peer = self.reach(target).await?;
        let version = peer.version::<R>(version_max)?;
        let response = peer.start(&build(version)?, version, None).await?.answer().await?;
        check(&response)?;
        Ok(Answered { response, version })
    }

    pub(super) async fn reach(&self, target: &Target) -> Result<Peer, ClientError> {
        match target {
            Target::Any => self.cluster.any().await,
            Target::Controller => self.cluster.controller().await,
            Target::Broker(id) => {
                if !self.cluster.metadata().brokers.contains_key(id) {
                    self.cluster.refresh().await?;
                }
                self.cluster.broker(*id, Lane::Requests).await
            }
            Target::Group(group) => self.cluster.coordinator(CoordinatorKind::Group, group, Lane::Requests).await,
        }
    }

    /// Forgets what the error shows to be out of date.
    fn note(&self, target: &Target, error: &ClientError) {
        match target {
            Target::Group(group) => self.cluster.note_coordinator_error(CoordinatorKind::Group, group, error),
            Target::Controller => self.cluster.forget_controller(),
            Target::Any | Target::Broker(_) => {}
        }
    }
}

/// The name that Kafka's admin client gives a call: `listTopics` and the like; here that of the request.
fn call_name<R: Request>() -> String {
    let name = R::KEY.name();
    let (first, rest) = name.split_at(1);
    format!("{}{rest}", first.to_ascii_lowercase())
}

/// An answer's code as a result.
pub(super) fn check(code: i16, message: Option<&str>) -> Result<(), ClientError> {
    match ErrorCode::from_wire(code) {
        ErrorCode::NONE => Ok(()),
        code => Err(ClientError::answer(code, message)),
    }
}

/// Fails where one of the codes says that the whole request went to the wrong place or came too early.
pub(super) fn misplaced(codes: impl Iterator<Item = i16>) -> Result<(), ClientError> {
    for code in codes {
        let code = ErrorCode::from_wire(code);
        let is_misplaced = matches!(
            code,
            ErrorCode::NOT_CONTROLLER
                | ErrorCode::NOT_COORDINATOR
                | ErrorCode::COORDINATOR_NOT_AVAILABLE
                | ErrorCode::COORDINATOR_LOAD_IN_PROGRESS
                | ErrorCode::THROTTLING_QUOTA_EXCEEDED
        );
        if is_misplaced {
            return Err(ClientError::code(code));
        }
    }
    Ok(())
}
