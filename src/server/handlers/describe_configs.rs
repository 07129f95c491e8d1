//! DescribeConfigs, key 32, v0..=4.
//!
//! Behaviour: the rows of `config` for a topic, this broker or all brokers, with their sources. v1: synonyms. v3: types and
//! documentation. v0 has one field more and says only whether a value is the default.

use crate::config::{ConfigEntry, ConfigError, ConfigSource, Settings};
use crate::metadata::{ConfigResource, Image, ResourceType};
use crate::model::{ErrorCode, validate_topic_name};
use crate::protocol::messages::describe_configs_request::DescribeConfigsResource;
use crate::protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult, DescribeConfigsSynonym,
};
use crate::protocol::messages::{DescribeConfigsRequest, DescribeConfigsResponse};
use crate::server::context::{Broker, Call};
use crate::server::dispatch::Response;

pub(in crate::server) fn handle(call: Call<'_, DescribeConfigsRequest>) -> Response<DescribeConfigsResponse> {
    let Call { broker, request, .. } = call;
    let image = broker.image();
    let detail = Detail { synonyms: request.include_synonyms, documentation: request.include_documentation };
    let results = request.resources.into_iter().map(|resource| match entries(&broker, &image, &resource) {
        Ok(entries) => described(resource, entries, detail),
        Err(refusal) => refused(resource, refusal),
    });
    Response::Now(DescribeConfigsResponse { throttle_time_ms: 0, results: results.collect() })
}

#[derive(Debug, Clone, Copy)]
struct Detail {
    synonyms: bool,
    documentation: bool,
}

/// Why a resource is not described.
struct Refusal(ErrorCode, String);

impl From<ConfigError> for Refusal {
    fn from(error: ConfigError) -> Refusal {
        Refusal(ErrorCode::INVALID_CONFIG, error.to_string())
    }
}

fn entries(broker: &Broker, image: &Image, resource: &DescribeConfigsResource) -> Result<Vec<ConfigEntry>, Refusal> {
    let name = resource.resource_name.as_str();
    match ResourceType::from_wire(resource.resource_type) {
        Some(ResourceType::Topic) => topic_entries(broker, image, name),
        Some(ResourceType::Broker) => broker_entries(broker, name),
        Some(ResourceType::Group | ResourceType::ClientMetrics | ResourceType::BrokerLogger) => Ok(Vec::new()),
        None => {
            Err(Refusal(ErrorCode::INVALID_REQUEST, format!("Unsupported resource type: {}", resource.resource_type)))
        }
    }
}

fn topic_entries(broker: &Broker, image: &Image, name: &str) -> Result<Vec<ConfigEntry>, Refusal> {
    validate_topic_name(name).map_err(|message| Refusal(ErrorCode::INVALID_TOPIC_EXCEPTION, message))?;
    if image.topic(name).is_none() {
        let error = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
        return Err(Refusal(error, error.text().to_owned()));
    }
    let own = image.config(&ConfigResource::topic(name)).map(|map| Settings::clone(map)).unwrap_or_default();
    Ok(broker.settings.load().describe_topic(&own)?)
}

fn broker_entries(broker: &Broker, name: &str) -> Result<Vec<ConfigEntry>, Refusal> {
    let settings = broker.settings.load();
    if name.is_empty() {
        return Ok(settings.describe_default_broker());
    }
    let unexpected = |said: String| Refusal(ErrorCode::INVALID_REQUEST, said);
    let id: i32 = name.parse().map_err(|_| unexpected(format!("Broker id must be an integer, but it is: {name}")))?;
    if id != broker.node_id.0 {
        let expected = broker.node_id;
        return Err(unexpected(format!(
            "Unexpected broker id, expected {expected} or empty string, but received {name}"
        )));
    }
    Ok(settings.describe_broker()?)
}

fn described(resource: DescribeConfigsResource, entries: Vec<ConfigEntry>, detail: Detail) -> DescribeConfigsResult {
    let keys = resource.configuration_keys.filter(|keys| !keys.is_empty());
    let is_wanted = |entry: &ConfigEntry| keys.as_ref().is_none_or(|keys| keys.contains(&entry.name));
    let configs = entries.into_iter().filter(is_wanted).map(|entry| row(entry, detail));
    DescribeConfigsResult {
        error_code: ErrorCode::NONE.wire(),
        error_message: None,
        resource_type: resource.resource_type,
        resource_name: resource.resource_name,
        configs: configs.collect(),
    }
}

fn refused(resource: DescribeConfigsResource, refusal: Refusal) -> DescribeConfigsResult {
    DescribeConfigsResult {
        error_code: refusal.0.wire(),
        error_message: Some(refusal.1),
        resource_type: resource.resource_type,
        resource_name: resource.resource_name,
        configs: Vec::new(),
    }
}

fn row(entry: ConfigEntry, detail: Detail) -> DescribeConfigsResourceResult {
    let synonyms = entry.synonyms.into_iter().filter(|_| detail.synonyms).map(|synonym| DescribeConfigsSynonym {
        name: synonym.name,
        value: synonym.value,
        source: synonym.source.wire(),
    });
    DescribeConfigsResourceResult {
        name: entry.name,
        value: entry.value,
        read_only: entry.is_read_only,
        is_default: entry.source == ConfigSource::Default,
        config_source: entry.source.wire(),
        is_sensitive: entry.is_sensitive,
        synonyms: synonyms.collect(),
        config_type: entry.config_type,
        documentation: detail.documentation.then(|| entry.documentation.to_owned()),
    }
}
