//! A broker process with a folder and a port of its own.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rand::RngExt;
use tempfile::TempDir;

use super::run::{Said, binary, mq, said, said_with};

/// Long enough for a debug build on a busy machine; a broker that needs it has failed.
const START_MAX: Duration = Duration::from_secs(30);
const STOP_MAX: Duration = Duration::from_secs(30);
const LOG_MAX: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(5);

/// A running (or killed, not yet restarted) broker. Dropping it ends the process and removes the folder.
pub struct Broker {
    /// `127.0.0.1:PORT`.
    pub address: String,
    folder: TempDir,
    overrides: Vec<String>,
    process: Option<Child>,
}

impl Broker {
    /// A broker with default settings.
    pub fn start() -> Broker {
        Broker::with(&[])
    }

    /// A broker with settings of its own: `["num.partitions=3"]`.
    pub fn with(overrides: &[&str]) -> Broker {
        Broker::of(format!("127.0.0.1:{}", free_port()), overrides)
    }

    /// A broker that listens at this address.
    pub fn at(address: &str) -> Broker {
        Broker::of(address.to_owned(), &[])
    }

    fn of(address: String, overrides: &[&str]) -> Broker {
        let folder = TempDir::new().expect("a temporary folder");
        let overrides = overrides.iter().map(|&text| text.to_owned()).collect();
        let mut broker = Broker { address, folder, overrides, process: None };
        broker.restart();
        broker
    }

    /// The log directory.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What the broker logged since its first start.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("broker.log")).unwrap_or_default()
    }

    /// Waits until the broker has logged `text`, which may be a moment after what the test saw of it.
    pub fn logs(&self, text: &str) {
        let start = Instant::now();
        while !self.log().contains(text) {
            assert!(start.elapsed() < LOG_MAX, "the log does not say '{text}':\n{}", self.log());
            std::thread::sleep(POLL);
        }
    }

    /// The process id of the running broker.
    pub fn id(&self) -> u32 {
        self.process.as_ref().expect("the broker runs").id()
    }

    /// Starts the broker on the data that is there and waits until it accepts connections.
    pub fn restart(&mut self) {
        assert!(self.process.is_none(), "stop or kill it first");
        let mut process = self.spawn();
        let start = Instant::now();
        while TcpStream::connect(&self.address).is_err() {
            if let Some(status) = process.try_wait().expect("a child can be asked") {
                panic!("the broker ended with {status}:\n{}", self.log());
            }
            assert!(start.elapsed() < START_MAX, "the broker does not come up:\n{}", self.log());
            std::thread::sleep(POLL);
        }
        self.process = Some(process);
    }

    /// Starts a process with this broker's settings and some that replace them, which must fail.
    pub fn refused(&self, overrides: &[&str]) -> Said {
        let mut command = self.command();
        for setting in overrides {
            command.args(["--override", setting]);
        }
        command.output().expect("the binary under test starts").into()
    }

    fn spawn(&self) -> Child {
        let path = self.folder.path().join("broker.log");
        let log = fs::OpenOptions::new().create(true).append(true).open(path).expect("a log file");
        let copy = log.try_clone().expect("a second handle");
        self.command().stdout(log).stderr(copy).spawn().expect("the binary under test starts")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(binary());
        command.arg("server-start").stdin(Stdio::null());
        let own = [
            format!("listeners=PLAINTEXT://{}", self.address),
            format!("log.dirs={}", self.data().display()),
            "group.initial.rebalance.delay.ms=0".to_owned(),
        ];
        for setting in own.iter().chain(&self.overrides) {
            command.args(["--override", setting]);
        }
        command
    }

    /// Ends the broker as an operator does, and returns how it ended.
    pub fn stop(&mut self) -> ExitStatus {
        signal(self.id(), "TERM");
        self.stopped()
    }

    /// Waits until the broker, which was asked to stop, has ended, and returns how.
    pub fn stopped(&mut self) -> ExitStatus {
        let mut process = self.process.take().expect("the broker runs");
        let start = Instant::now();
        loop {
            if let Some(status) = process.try_wait().expect("a child can be asked") {
                return status;
            }
            if start.elapsed() > STOP_MAX {
                process.kill().expect("a child can be killed");
                panic!("the broker does not stop:\n{}", self.log());
            }
            std::thread::sleep(POLL);
        }
    }

    /// Ends the broker at once, as a crash does.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("the broker runs");
        process.kill().expect("a child can be killed");
        process.wait().expect("a child can be waited for");
    }

    /// Runs `mq TOOL --bootstrap-server ADDRESS REST`.
    pub fn said(&self, tool: &str, rest: &[&str]) -> Said {
        said(&[&[tool, "--bootstrap-server", &self.address], rest].concat())
    }

    /// The same with `input` on stdin.
    pub fn said_with(&self, tool: &str, rest: &[&str], input: &[u8]) -> Said {
        said_with(mq(&[&[tool, "--bootstrap-server", &self.address], rest].concat()), input)
    }

    /// Writes lines to a topic, which is created by that, and checks that it worked.
    pub fn produce(&self, topic: &str, rest: &[&str], input: &[u8]) {
        let said = self.said_with("console-producer", &[&["--topic", topic], rest].concat(), input);
        assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (0, "", ""), "{rest:?}");
    }

    /// Reads a topic to its end from the beginning, as a group where one is named by `rest`.
    pub fn consume(&self, topic: &str, rest: &[&str]) -> String {
        let said =
            self.said("console-consumer", &[&["--topic", topic, "--from-beginning", "--until-end"], rest].concat());
        assert_eq!(said.code, 0, "{said:?}");
        assert!(said.err.starts_with("Processed a total of "), "{said:?}");
        said.out
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
        if std::thread::panicking() {
            eprintln!("the broker at {} logged:\n{}", self.address, self.log());
        }
    }
}

/// Sends a signal by its name.
pub fn signal(process: u32, name: &str) {
    let status = Command::new("kill").args([format!("-{name}"), process.to_string()]).status().expect("kill runs");
    assert!(status.success(), "process {process} cannot be signalled");
}

/// A port that nobody listened on a moment ago, below the range that outgoing connections are given (32768 on Linux): a
/// broker that is killed and restarted finds its port free, and a client that tries it meanwhile cannot meet itself.
pub fn free_port() -> u16 {
    loop {
        let port = rand::rng().random_range(10_000..32_768);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
