//! Flags that several tools share: which cluster, how long to wait, in which form to print. Old names work with one line
//! on stderr.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::client_log;
use super::error::ToolError;
use super::output::Format;
use super::settings;
use super::tools::Context;
use crate::config::{AdminConfig, Properties, Settings, Side};
use crate::io::disk::{Disk, SystemDisk};

/// Where the bootstrap server comes from when no flag names one.
const BOOTSTRAP_VARIABLE: &str = "MQ_BOOTSTRAP_SERVER";
/// Where a broker listens that was not told otherwise.
const PORT: u16 = 9092;
/// How long the client library tries where no flag says so (`default.api.timeout.ms`).
const API_TIMEOUT: Duration = Duration::from_secs(60);
/// A file of properties longer than this is none.
const PROPERTIES_LENGTH_MAX: u64 = 16 * 1024 * 1024;

/// Which brokers a tool asks first.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Cluster")]
pub struct ServerFlags {
    /// Brokers to ask first, as host:port with commas between them [default: $MQ_BOOTSTRAP_SERVER, else localhost:9092]
    #[arg(long, value_name = "HOST:PORT")]
    pub bootstrap_server: Option<String>,
    #[arg(long, hide = true)]
    broker_list: Option<String>,
    #[arg(long, hide = true)]
    zookeeper: Option<String>,
    #[arg(long, hide = true)]
    new_consumer: bool,
}

/// Which cluster a tool works on.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Cluster")]
pub struct ClusterFlags {
    /// Which brokers are asked first.
    #[command(flatten)]
    pub servers: ServerFlags,
    /// File of properties for the client
    #[arg(long, value_name = "FILE")]
    pub command_config: Option<PathBuf>,
    /// How long the command may take in all, in milliseconds
    #[arg(long, value_name = "MS")]
    pub timeout: Option<u64>,
}

/// In which form a tool prints.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputFlags {
    /// Form of the output [default: table on a terminal, else text as Kafka's scripts print it]
    #[arg(long, value_enum, value_name = "FORM")]
    pub output: Option<Format>,
}

impl ClusterFlags {
    /// The client's properties: the file's, with the bootstrap server and the timeout of the flags over them.
    ///
    /// # Errors
    /// The file cannot be read, or a script was called without a server.
    pub fn settings(&self, context: &mut Context) -> Result<Settings, ToolError> {
        client_log::start(&context.style, "AdminClient", Some(self.deadline().unwrap_or(API_TIMEOUT)));
        let mut settings = settings::of_file(self.command_config.as_deref(), Side::Admin, context)?;
        if !self.servers.settle(&mut settings, context)? {
            return Err(ToolError::usage("Missing required argument \"[bootstrap-server]\"").with_help());
        }
        if let Some(timeout) = self.timeout {
            let timeout = timeout.min(u64::from(u32::MAX >> 1)).to_string();
            for name in ["default.api.timeout.ms", "request.timeout.ms"] {
                settings.insert(name.to_owned(), timeout.clone());
            }
        }
        Ok(settings)
    }

    /// The properties of an admin client.
    ///
    /// # Errors
    /// As [`ClusterFlags::settings`], and a value that is wrong.
    pub fn admin(&self, context: &mut Context) -> Result<AdminConfig, ToolError> {
        Ok(AdminConfig::read(&self.settings(context)?)?)
    }

    /// How long the command may take, where the flag says so.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.timeout.map(Duration::from_millis)
    }
}

impl ServerFlags {
    /// Puts `bootstrap.servers` into a client's properties: what was typed, else what is there, else the environment's, else
    /// this machine's. False where a script was called without any.
    ///
    /// # Errors
    /// `--zookeeper` names no host.
    pub fn settle(&self, settings: &mut Settings, context: &mut Context) -> Result<bool, ToolError> {
        if self.new_consumer {
            context.output.warn("--new-consumer is the only kind there is; it can be left out");
        }
        if let Some(servers) = self.typed(context)? {
            settings.insert("bootstrap.servers".to_owned(), servers);
        } else if !settings.contains_key("bootstrap.servers") {
            let servers = std::env::var(BOOTSTRAP_VARIABLE).ok().filter(|servers| !servers.trim().is_empty());
            if context.style.is_script() && servers.is_none() {
                return Ok(false);
            }
            let servers = servers.unwrap_or_else(|| format!("localhost:{PORT}"));
            settings.insert("bootstrap.servers".to_owned(), servers);
        }
        Ok(true)
    }

    /// Whether a server was typed, under any name.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.bootstrap_server.is_some() || self.broker_list.is_some() || self.zookeeper.is_some()
    }

    /// Whether an old-era flag was typed: some texts of that era differ.
    #[must_use]
    pub fn is_old_style(&self) -> bool {
        self.zookeeper.is_some()
    }

    /// The servers that were typed, under any name; a host that was typed always counts.
    fn typed(&self, context: &mut Context) -> Result<Option<String>, ToolError> {
        if let Some(servers) = &self.bootstrap_server {
            if self.zookeeper.is_some() || self.broker_list.is_some() {
                context.output.warn("--bootstrap-server counts; --zookeeper and --broker-list are ignored");
            }
            return Ok(Some(servers.clone()));
        }
        if let Some(servers) = &self.broker_list {
            context.output.warn("--broker-list is now called --bootstrap-server");
            return Ok(Some(servers.clone()));
        }
        let Some(zookeeper) = &self.zookeeper else { return Ok(None) };
        let servers = servers_of_zookeeper(zookeeper)?;
        context.output.warn(&format!("there is no ZooKeeper; asking the brokers at {servers} (--bootstrap-server)"));
        Ok(Some(servers))
    }
}

/// `h1:2181,h2:2181/chroot` stands for the brokers on the same hosts.
fn servers_of_zookeeper(connect: &str) -> Result<String, ToolError> {
    let hosts = connect.split('/').next().unwrap_or_default();
    let host = |entry: &str| {
        let entry = entry.trim();
        let host = entry.rsplit_once(':').map_or(entry, |(host, _)| host);
        (!host.is_empty()).then(|| format!("{host}:{PORT}"))
    };
    let servers: Option<Vec<_>> = hosts.split(',').map(host).collect();
    servers
        .map(|servers| servers.join(","))
        .ok_or_else(|| ToolError::usage(format!("--zookeeper {connect}: expected host:port,host:port/chroot")))
}

/// Reads `name=value` words; a name alone has the empty value.
#[must_use]
pub fn pairs(words: &[String]) -> Settings {
    let pair = |word: &String| match word.split_once('=') {
        Some((name, value)) => (name.to_owned(), value.to_owned()),
        None => (word.clone(), String::new()),
    };
    words.iter().map(pair).collect()
}

/// Reads a file of properties.
///
/// # Errors
/// The file is missing, unreadable, or not in the syntax of properties; named with path and line.
pub fn read_properties(path: &Path) -> Result<Properties, ToolError> {
    let shown = path.display();
    let disk: &dyn Disk = &SystemDisk;
    let bytes = disk
        .read_file(path, PROPERTIES_LENGTH_MAX)
        .map_err(|error| ToolError::setup(format!("{shown}: {error}")))?
        .ok_or_else(|| ToolError::setup(format!("{shown}: no such file; mq generate config DIR writes samples")))?;
    Properties::parse(&bytes).map_err(|error| {
        let line = error.line.unwrap_or_default();
        ToolError::setup(format!("{shown}, line {line}: {}", error.message))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zookeepers_hosts_stand_for_brokers() {
        let check = |connect: &str, expected: Option<&str>| {
            assert_eq!(servers_of_zookeeper(connect).ok().as_deref(), expected, "{connect}");
        };
        check("hadoop102:2181", Some("hadoop102:9092"));
        check("h1:2181,h2:2181/chroot", Some("h1:9092,h2:9092"));
        check("h1, h2", Some("h1:9092,h2:9092"));
        check("", None);
        check("/x", None);
    }
}
