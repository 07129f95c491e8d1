//! What `mq generate` writes lies in the repository, and must be what it would write today.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::support::run::said;

fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let read = |entry: fs::DirEntry| {
        let text = fs::read_to_string(entry.path()).expect("generated files are text");
        (entry.file_name().to_string_lossy().into_owned(), text)
    };
    entries.map(|entry| read(entry.expect("the folder can be listed"))).collect()
}

fn check(kind: &str) {
    let folder = TempDir::new().expect("a temporary folder");
    let said = said(&["generate", kind, folder.path().to_str().expect("a text")]);
    assert_eq!(said.code, 0, "{said:?}");
    let fresh = files(folder.path());
    let kept = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(kind));
    for (name, text) in &fresh {
        assert!(kept.get(name) == Some(text), "{kind}/{name} is stale: run `mq generate {kind} {kind}`");
    }
    assert_eq!(kept.len(), fresh.len(), "{kind}/ holds a file that nothing generates");
}

#[test]
fn completions_are_fresh() {
    check("completions");
}

#[test]
fn manual_pages_are_fresh() {
    check("man");
}

#[test]
fn sample_files_are_fresh() {
    check("config");
}

#[test]
fn links_are_relative_and_work() {
    let folder = TempDir::new().expect("a temporary folder");
    let bin = folder.path().to_str().expect("a text");
    for _ in 0..2 {
        assert_eq!(said(&["generate", "links", bin]).code, 0);
    }
    let target = fs::read_link(folder.path().join("kafka-topics.sh")).expect("a link");
    assert_eq!(target, Path::new("mq"));
}
