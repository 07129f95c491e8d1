//! Brings the other clients onto this machine by their package names, once per checkout.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Where the clients are kept.
pub fn home() -> PathBuf {
    root().join("target/interop")
}

/// The folder of the clients' programs.
pub fn sources() -> PathBuf {
    root().join("cli-tests/compat")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs a step of an installation and fails with what it said.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{out}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    out
}

/// The Python interpreter that has confluent-kafka, kafka-python and aiokafka.
pub fn python() -> &'static PathBuf {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let folder = home().join("python");
        let python = folder.join("bin/python");
        once(&folder, || {
            run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
            let requirements = sources().join("python/requirements.txt");
            run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(requirements));
        });
        python
    })
}

/// The program of the Go clients.
pub fn go() -> &'static PathBuf {
    static GO: OnceLock<PathBuf> = OnceLock::new();
    GO.get_or_init(|| {
        let program = home().join("go/compat");
        run(Command::new("go").arg("build").arg("-o").arg(&program).arg(".").current_dir(sources().join("go")));
        program
    })
}

/// The folder where `node roundtrip.js` finds kafkajs.
pub fn node() -> &'static PathBuf {
    static NODE: OnceLock<PathBuf> = OnceLock::new();
    NODE.get_or_init(|| {
        let folder = home().join("node");
        once(&folder, || {
            fs::create_dir_all(&folder).expect("target is writable");
            fs::copy(sources().join("node/package.json"), folder.join("package.json")).expect("target is writable");
            run(Command::new("npm").args(["install", "--silent", "--no-audit", "--no-fund"]).current_dir(&folder));
        });
        fs::copy(sources().join("node/roundtrip.js"), folder.join("roundtrip.js")).expect("target is writable");
        folder
    })
}

/// The class path of `Roundtrip` compiled against one version of the Java client.
pub fn java(version: &str) -> String {
    let jars = run(Command::new(sources().join("peer.sh")).args(["client-classpath", version]));
    let classes = home().join("java").join(version);
    fs::create_dir_all(&classes).expect("target is writable");
    let source = sources().join("java/Roundtrip.java");
    run(Command::new("javac").args(["-nowarn", "-cp", jars.trim(), "-d"]).arg(&classes).arg(source));
    format!("{}:{}", classes.display(), jars.trim())
}

/// Fills a folder unless a complete one is there.
fn once(folder: &Path, fill: impl FnOnce()) {
    let mark = folder.join(".complete");
    if !mark.exists() {
        let _ = fs::remove_dir_all(folder);
        fill();
        fs::write(mark, "").expect("target is writable");
    }
}
