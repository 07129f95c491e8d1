//! The settings with which a node starts: its file, the command line, and what is made up where both are silent.

use super::broker;
use super::former::{Fate, Side, former};
use super::notice::{Notice, notices_of_file, notices_of_names};
use super::overlay::BrokerSettings;
use super::properties::Properties;
use super::value::{ConfigError, Settings};

/// The id of a node that was given none.
const NODE_ID_ALONE: &str = "1";

/// What a node is started with.
#[derive(Debug, Clone, Default)]
pub struct Given<'a> {
    /// Its file, or none: then it is a node of its own on 127.0.0.1:9092.
    pub file: Option<&'a Properties>,
    /// `--override name=value`, in order.
    pub overrides: &'a [(String, String)],
    /// The data folder of a node without a file.
    pub data_folder: &'a str,
}

impl BrokerSettings {
    /// Lays the command line over the file and makes up what both leave out.
    ///
    /// # Errors
    /// Kafka's sentence about the first value that is wrong, with its line where it stands in the file.
    pub fn start(given: &Given<'_>) -> Result<(BrokerSettings, Vec<Notice>), ConfigError> {
        let mut fixed = match given.file {
            Some(file) => file.settings(),
            None => alone(given.data_folder),
        };
        fixed.extend(given.overrides.iter().cloned());
        let notices = notices(given);
        complete(&mut fixed)?;
        let settings = BrokerSettings { fixed, ..BrokerSettings::default() };
        settings.broker().map_err(|error| with_line(error, given))?;
        Ok((settings, notices))
    }
}

/// The settings of a node without a file: small, on this machine only, ready to use.
fn alone(data_folder: &str) -> Settings {
    [
        ("listeners", "PLAINTEXT://127.0.0.1:9092"),
        ("log.dirs", data_folder),
        ("offsets.topic.replication.factor", "1"),
        ("transaction.state.log.replication.factor", "1"),
        ("transaction.state.log.min.isr", "1"),
        ("share.coordinator.state.topic.replication.factor", "1"),
        ("share.coordinator.state.topic.min.isr", "1"),
        // Nobody waits for a second consumer on a machine of one's own.
        ("group.initial.rebalance.delay.ms", "0"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn notices(given: &Given<'_>) -> Vec<Notice> {
    let mut notices = given.file.map(|file| notices_of_file(broker::TABLE, Side::Broker, file)).unwrap_or_default();
    let names = given.overrides.iter().map(|(name, _)| name.as_str());
    notices.extend(notices_of_names(broker::TABLE, Side::Broker, names));
    notices
}

/// Makes up what Kafka 4 demands and older files, or no file, do not say.
fn complete(fixed: &mut Settings) -> Result<(), ConfigError> {
    take_former_names(fixed);
    complete_id(fixed)?;
    complete_listeners(fixed);
    let id = fixed.get("node.id").cloned().unwrap_or_default();
    let voters = fixed.get("controller.quorum.voters").map_or("", String::as_str);
    let is_voter = voters.split(',').any(|voter| voter.trim().split('@').next() == Some(id.as_str()));
    let has_other_quorum = (!voters.trim().is_empty() && !is_voter)
        || (voters.trim().is_empty() && fixed.contains_key("controller.quorum.bootstrap.servers"));
    let roles = if has_other_quorum { "broker" } else { "broker,controller" };
    fixed.entry("process.roles".to_owned()).or_insert_with(|| roles.to_owned());
    fixed.entry("controller.listener.names".to_owned()).or_insert_with(|| "CONTROLLER".to_owned());
    Ok(())
}

fn take_former_names(fixed: &mut Settings) {
    let renamed: Vec<_> = fixed
        .iter()
        .filter_map(|(name, value)| match former(Side::Broker, name)?.fate {
            Fate::Renamed(now) => Some((now.to_owned(), value.clone())),
            Fate::Kept | Fate::Dropped(_) => None,
        })
        .collect();
    for (name, value) in renamed {
        fixed.entry(name).or_insert(value);
    }
}

/// `broker.id` and `node.id` are one value. A negative `broker.id` asked older versions to choose one.
fn complete_id(fixed: &mut Settings) -> Result<(), ConfigError> {
    let is_chosen = |value: &&String| !value.trim().starts_with('-');
    let old = fixed.get("broker.id").filter(is_chosen).cloned();
    let new = fixed.get("node.id").cloned();
    if let (Some(old), Some(new)) = (&old, &new)
        && old.trim() != new.trim()
    {
        let message = "You must set `node.id` to the same value as `broker.id`.";
        return Err(ConfigError::new("broker.id", message));
    }
    let id = new.or(old).unwrap_or_else(|| NODE_ID_ALONE.to_owned());
    fixed.insert("node.id".to_owned(), id.trim().to_owned());
    fixed.insert("broker.id".to_owned(), id.trim().to_owned());
    Ok(())
}

/// `host.name`, `port` and their advertised forms were how Kafka 0.x named its one listener.
fn complete_listeners(fixed: &mut Settings) {
    for (listeners, host, port) in
        [("listeners", "host.name", "port"), ("advertised.listeners", "advertised.host.name", "advertised.port")]
    {
        let is_set = fixed.contains_key(listeners);
        let host = fixed.get(host).cloned();
        let port = fixed.get(port).or_else(|| fixed.get("port")).cloned();
        let is_named = host.is_some() || (port.is_some() && listeners == "listeners");
        if !is_set && is_named {
            let (host, port) = (host.unwrap_or_default(), port.unwrap_or_else(|| "9092".to_owned()));
            fixed.insert(listeners.to_owned(), format!("PLAINTEXT://{}:{}", host.trim(), port.trim()));
        }
    }
}

fn with_line(error: ConfigError, given: &Given<'_>) -> ConfigError {
    let name = error.name.clone().unwrap_or_default();
    let is_overridden = given.overrides.iter().any(|(overridden, _)| *overridden == name);
    let entry = given.file.filter(|_| !is_overridden).and_then(|file| file.get(&name));
    ConfigError { line: error.line.or(entry.map(|entry| entry.line)), ..error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::BrokerConfig;

    fn start(text: &str, overrides: &[(&str, &str)]) -> Result<BrokerConfig, ConfigError> {
        let file = Properties::parse(text.as_bytes())?;
        let overrides: Vec<_> = overrides.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let given = Given { file: Some(&file), overrides: &overrides, data_folder: "" };
        BrokerSettings::start(&given)?.0.broker()
    }

    #[test]
    fn without_a_file_a_node_stands_alone() {
        let given = Given { data_folder: "/data/mq", ..Given::default() };
        let (settings, notices) = BrokerSettings::start(&given).expect("complete");
        let config = settings.broker().expect("valid");
        assert_eq!((config.node_id, notices.len()), (1, 0));
        assert_eq!(config.data_folders(), ["/data/mq"]);
        let listeners = config.listeners().expect("valid");
        assert_eq!(listeners.broker[0].to_string(), "PLAINTEXT://127.0.0.1:9092");
        assert!(config.is_broker() && config.is_controller() && listeners.controller.is_empty());
    }

    /// The file of a tutorial for 0.11 starts a node as it is.
    #[test]
    fn a_tutorials_file_is_enough() {
        let text = "broker.id=0\ndelete.topic.enable=true\nnum.network.threads=3\nsocket.send.buffer.bytes=102400\n\
            log.dirs=/opt/module/kafka/logs\nnum.partitions=1\nlog.retention.hours=168\n\
            zookeeper.connect=hadoop102:2181,hadoop103:2181,hadoop104:2181\n";
        let config = start(text, &[]).expect("complete");
        assert_eq!((config.node_id, config.broker_id, config.num_partitions), (0, 0, 1));
        assert_eq!(config.listeners().expect("valid").broker[0].to_string(), "PLAINTEXT://:9092");
    }

    #[test]
    fn the_command_line_beats_the_file() {
        assert_eq!(start("num.partitions=2", &[("num.partitions", "3")]).expect("valid").num_partitions, 3);
    }

    #[test]
    fn names_of_0_x_name_the_listener() {
        let config = start("host.name=a\nport=9099\nadvertised.host.name=b", &[]).expect("valid");
        assert_eq!(config.listeners, ["PLAINTEXT://a:9099"]);
        assert_eq!(config.advertised_listeners, Some(vec!["PLAINTEXT://b:9099".to_owned()]));
    }

    #[test]
    fn a_node_outside_the_voters_is_a_broker_only() {
        let voters = "controller.quorum.voters=1@a:9093\ncontroller.listener.names=CONTROLLER\n";
        let inside = start(&format!("node.id=1\nlisteners=PLAINTEXT://:9092,CONTROLLER://:9093\n{voters}"), &[]);
        assert!(inside.expect("valid").is_controller());
        let outside = start(&format!("node.id=2\n{voters}"), &[]).expect("valid");
        assert_eq!((outside.is_broker(), outside.is_controller()), (true, false));
    }

    /// Fault G4: a wrong value stops the start with its line and Kafka's sentence.
    #[test]
    fn a_wrong_value_is_refused_with_its_line() {
        for (text, line, message) in [
            (
                "a=b\nnum.partitions=x",
                Some(2),
                "Invalid value x for configuration num.partitions: Not a number of type INT",
            ),
            ("num.io.threads=0", Some(1), "Invalid value 0 for configuration num.io.threads: Value must be at least 1"),
            ("broker.id=1\nnode.id=2", None, "You must set `node.id` to the same value as `broker.id`."),
        ] {
            let file = Properties::parse(text.as_bytes()).expect("plain");
            let given = Given { file: Some(&file), ..Given::default() };
            let error = BrokerSettings::start(&given).expect_err(text);
            assert_eq!((error.line, error.message.as_str()), (line, message));
        }
    }
}
