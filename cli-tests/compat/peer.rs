//! The real Apache Kafka on this machine, for tests that compare.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::install;
use crate::support::broker::free_port;
use crate::support::run::{Said, said_with};

/// A real Kafka node with a folder of its own. Dropping it stops the node.
pub struct Peer {
    /// `127.0.0.1:PORT`.
    pub address: String,
    folder: TempDir,
}

impl Peer {
    /// A fresh single node, ready to answer.
    pub fn start(settings: &[&str]) -> Peer {
        Peer::start_by(&mut script(), settings)
    }

    /// A fresh single node whose voters stand in its metadata log instead of its settings (KIP-853).
    pub fn start_with_voters_in_the_log() -> Peer {
        Peer::start_by(script().env("VOTERS", "log"), &[])
    }

    /// A node on the files that another broker of that cluster id has left.
    pub fn take_over(data: &Path, cluster_id: &str) -> Peer {
        Peer::start_by(script().env("CLUSTER_ID", cluster_id), &[&format!("log.dirs={}", data.display())])
    }

    /// What a node says that cannot start on these files.
    pub fn refused(data: &Path, cluster_id: &str) -> String {
        let folder = TempDir::new().expect("a temporary folder");
        let mut command = script();
        command.env("CLUSTER_ID", cluster_id).arg("start").arg(folder.path()).arg(free_port().to_string());
        command.arg(format!("log.dirs={}", data.display()));
        let output = command.output().expect("the script starts");
        let log = std::fs::read_to_string(folder.path().join("server.log")).unwrap_or_default();
        assert!(!output.status.success(), "it started: {log}");
        log
    }

    fn start_by(script: &mut Command, settings: &[&str]) -> Peer {
        let folder = TempDir::new().expect("a temporary folder");
        // The node takes the port after it for its controller.
        let port = free_port();
        install::run(script.arg("start").arg(folder.path()).arg(port.to_string()).args(settings));
        Peer { address: format!("127.0.0.1:{port}"), folder }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        let text = std::fs::read_to_string(self.folder.path().join("pid")).expect("the script writes it");
        text.trim().parse().expect("a process id")
    }

    /// Its log directory.
    pub fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// Starts it again on the files that are there.
    pub fn start_again(&self) {
        let port = self.address.rsplit(':').next().expect("an address has a port");
        install::run(script().env("KEEP", "1").arg("start").arg(self.folder.path()).arg(port));
    }

    /// Stops the node; its files stay until the value goes.
    pub fn stop(&self) {
        install::run(script().arg("stop").arg(self.folder.path()));
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = script().arg("stop").arg(self.folder.path()).output();
    }
}

/// Runs a tool of the real Kafka to its end: `tool("kafka-topics", ["--list", ...])`.
pub fn tool(name: &str, arguments: &[&str], input: &[u8]) -> Said {
    let mut command = script();
    command.args(["tool", name]).args(arguments).env("KAFKA_HEAP_OPTS", "-Xmx256m");
    said_with(command, input)
}

/// Runs a program of ours against the jars of the real Kafka, and returns what it prints.
pub fn program(source: &str, arguments: &[&str]) -> String {
    install::run(program_command(source).args(arguments))
}

/// The command that runs a program of ours against those jars.
pub fn program_command(source: &str) -> Command {
    let mut command = script();
    command.arg("class").arg(install::sources().join("java").join(source));
    command
}

/// Starts a program of ours against the jars of the real Kafka, with pipes to and from it.
pub fn start_program(source: &str, arguments: &[&str]) -> std::process::Child {
    let mut command = script();
    command.arg("class").arg(install::sources().join("java").join(source)).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the script starts")
}

fn script() -> Command {
    let mut command = Command::new(install::sources().join("peer.sh"));
    command.env("PEER_HOME", install::home().join("peer"));
    command
}
