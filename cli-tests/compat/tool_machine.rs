//! The real tools, one after another in one Java machine: its start takes longer than most of them run.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use super::peer;
use crate::support::run::Said;

/// A running machine. Dropping it ends it.
pub struct ToolMachine {
    process: Child,
    requests: Option<ChildStdin>,
    answers: ChildStdout,
}

impl ToolMachine {
    pub fn start() -> ToolMachine {
        let mut process = peer::program_command("Tools.java")
            .env("KAFKA_HEAP_OPTS", "-Xmx512m -XX:TieredStopAtLevel=1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the peer script starts");
        let requests = process.stdin.take();
        let answers = process.stdout.take().expect("it is piped");
        ToolMachine { process, requests, answers }
    }

    /// Runs a tool by its script's name to its end.
    pub fn said(&mut self, script: &str, arguments: &[String], input: &[u8]) -> Said {
        let class = CLASSES.iter().find(|(name, _)| *name == script).map(|(_, class)| *class);
        let class = class.unwrap_or_else(|| panic!("no class is known for {script}"));
        let words: Vec<&str> = std::iter::once(class).chain(arguments.iter().map(String::as_str)).collect();
        let mut request = number(words.len()).to_vec();
        for part in words.iter().map(|word| word.as_bytes()).chain([input]) {
            request.extend(number(part.len()));
            request.extend(part);
        }
        self.requests.as_mut().expect("it is piped").write_all(&request).expect("the machine lives");
        let code = i32::from_be_bytes(self.number());
        let (out, err) = (self.text(), self.text());
        Said { code, out, err }
    }

    fn number(&mut self) -> [u8; 4] {
        let mut number = [0; 4];
        self.answers.read_exact(&mut number).expect("the machine lives");
        number
    }

    fn text(&mut self) -> String {
        let length = u32::from_be_bytes(self.number());
        let mut bytes = vec![0; usize::try_from(length).expect("a length")];
        self.answers.read_exact(&mut bytes).expect("the machine lives");
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for ToolMachine {
    fn drop(&mut self) {
        // It ends with its input, unless a tool has left something running.
        drop(self.requests.take());
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn number(length: usize) -> [u8; 4] {
    u32::try_from(length).expect("a short text").to_be_bytes()
}

const CLASSES: &[(&str, &str)] = &[
    ("kafka-broker-api-versions", "org.apache.kafka.tools.BrokerApiVersionsCommand"),
    ("kafka-configs", "kafka.admin.ConfigCommand"),
    ("kafka-console-consumer", "org.apache.kafka.tools.consumer.ConsoleConsumer"),
    ("kafka-console-producer", "org.apache.kafka.tools.ConsoleProducer"),
    ("kafka-consumer-groups", "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"),
    ("kafka-dump-log", "org.apache.kafka.tools.DumpLogSegments"),
    ("kafka-features", "org.apache.kafka.tools.FeatureCommand"),
    ("kafka-get-offsets", "org.apache.kafka.tools.GetOffsetShell"),
    ("kafka-topics", "org.apache.kafka.tools.TopicCommand"),
];
