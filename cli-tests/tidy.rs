//! The house rules that a program can check, and the measures that are aims.

use mq::config::{Effect, admin, broker, consumer, producer, topic};
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms in the order in which they may import: a room uses those before it and no other.
const ROOMS: [&str; 19] = [
    "model",
    "config",
    "protocol",
    "record",
    "security",
    "assignor",
    "io",
    "quota",
    "net",
    "client",
    "log",
    "metadata",
    "quorum",
    "controller",
    "replica",
    "coordinator",
    "server",
    "cli",
    "main",
];

/// A source file with its path below the repository's root.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The room of a file of `src/`.
    fn room(&self) -> Option<&str> {
        self.path.strip_prefix("src/")?.split_once('/').map(|(room, _)| room)
    }

    /// The lines before the unit tests, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_test_file = self.path.ends_with("/tests.rs") || self.path.contains("/tests/");
        let end = if is_test_file { 0 } else { usize::MAX };
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
            .take(end)
            .take_while(|(_, line)| *line != "#[cfg(test)]")
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(below: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(below)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the repository") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(read(&path));
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn read(path: &Path) -> Source {
    let relative = path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
    Source { path: relative, text: fs::read_to_string(path).expect("a readable source file") }
}

fn fail_on(faults: &[String], rule: &str) {
    assert!(faults.is_empty(), "{rule}:\n{}", faults.join("\n"));
}

#[test]
fn rooms_import_only_rooms_before_them() {
    let place = |room: &str| ROOMS.iter().position(|known| *known == room);
    let mut faults = Vec::new();
    for source in rust_files("src") {
        let Some(here) = source.room() else { continue };
        let Some(limit) = place(here) else {
            faults.push(format!("{}: the room {here} has no place in the order", source.path));
            continue;
        };
        for (number, line) in source.code() {
            let code = line.split("//").next().unwrap_or_default();
            for used in code.split("crate::").skip(1) {
                let room: String = used.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                let Some(there) = place(&room) else { continue };
                if there > limit || (room == "client" && !["client", "cli"].contains(&here)) {
                    faults.push(format!("{}:{number}: {here} imports {room}", source.path));
                }
            }
        }
    }
    fail_on(&faults, "a room may import only rooms before it, and only cli imports client");
}

#[test]
fn the_map_shows_every_room_and_no_other() {
    let map = read(&root().join("src/lib.rs")).text;
    let mut faults = Vec::new();
    for entry in fs::read_dir(root().join("src")).expect("src") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() && !map.contains(&format!("| [`{name}`] |")) {
            faults.push(format!("src/lib.rs lacks the room {name}"));
        }
    }
    for path in paths_in(&map) {
        let file = root().join("src").join(&path);
        if !file.exists() && !file.with_extension("rs").exists() {
            faults.push(format!("src/lib.rs names src/{path}, which does not exist"));
        }
    }
    fail_on(&faults, "the map must be true");
}

/// The texts in backquotes that look like a path: `room/file`.
fn paths_in(map: &str) -> Vec<String> {
    let quoted = map.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    let is_path = |text: &&str| {
        text.split_once('/').is_some_and(|(room, _)| ROOMS.contains(&room))
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'/' | b'_' | b'.'))
    };
    quoted.filter(is_path).map(str::to_owned).collect()
}

#[test]
fn every_room_has_a_door_that_explains_it() {
    const SENTENCES_MIN: usize = 2;
    let mut faults = Vec::new();
    for source in rust_files("src").iter().filter(|source| source.path.ends_with("/mod.rs")) {
        let doc: String = source.text.lines().take_while(|line| line.starts_with("//!")).collect();
        let is_room = source.path.split('/').count() == 3;
        if doc.is_empty() || (is_room && doc.matches(". ").count() + doc.matches(".//!").count() + 1 < SENTENCES_MIN) {
            faults.push(format!("{}: says too little of what is inside", source.path));
        }
    }
    fail_on(&faults, "a mod.rs begins with what the room does and does not do");
}

#[test]
fn every_handler_says_its_key_and_versions() {
    let mut faults = Vec::new();
    for source in rust_files("src").iter().filter(|source| source.path.starts_with("src/server/handlers/")) {
        let header = source.text.lines().next().unwrap_or_default();
        let is_told = header.contains(", key ") && header.contains(", v");
        if !is_told && !source.path.ends_with("/mod.rs") {
            faults.push(format!("{}: its first line is no `//! Name, key N, vA..=vB.`", source.path));
        }
    }
    fail_on(&faults, "a handler's header names the API, its key and its versions");
}

#[test]
fn unsafe_code_lives_in_io_and_says_why_it_is_sound() {
    let mut faults = Vec::new();
    for source in rust_files("src") {
        let mut said = false;
        for (number, line) in source.text.lines().enumerate() {
            said |= line.contains("SAFETY:");
            let is_code = !line.trim_start().starts_with("//");
            if is_code && (line.contains("unsafe {") || line.contains("unsafe impl") || line.contains("unsafe fn")) {
                if source.room() != Some("io") {
                    faults.push(format!("{}:{}: unsafe outside io", source.path, number + 1));
                } else if !said {
                    faults.push(format!("{}:{}: no SAFETY line before it", source.path, number + 1));
                }
                said = false;
            }
        }
    }
    fail_on(&faults, "unsafe code");
}

#[test]
fn marks_of_unfinished_work_say_what_a_user_meets() {
    let mut faults = Vec::new();
    for source in rust_files("src") {
        for (number, line) in source.text.lines().enumerate() {
            let unfinished =
                ["todo!(", "unimplemented!(", "dbg!(", "FIXME", "XXX"].iter().any(|mark| line.contains(mark));
            if unfinished || (line.contains("TODO") && !line.contains("TODO: ")) {
                faults.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    fail_on(&faults, "unfinished work");
}

#[test]
fn every_test_file_belongs_to_a_target() {
    let mut faults = Vec::new();
    let targets = ["main.rs", "interop.rs"].map(|target| root().join("cli-tests").join(target));
    let is_target = |path: &str| targets.iter().any(|target| target.ends_with(path));
    for source in rust_files("cli-tests") {
        let path = PathBuf::from(&source.path);
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if is_target(&source.path) {
            continue;
        }
        let folder = path.parent().expect("a folder");
        let (name, parents) = if stem == "mod" {
            let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
            (name, parents_of(folder.parent().expect("cli-tests")))
        } else {
            (stem, parents_of(folder))
        };
        let listed = parents.iter().any(|parent| {
            fs::read_to_string(parent).is_ok_and(|text| {
                text.lines().any(|line| {
                    line.trim_start_matches("pub ").trim_start_matches("pub(crate) ") == format!("mod {name};")
                })
            })
        });
        if !listed {
            faults.push(format!("{}: no target lists it", source.path));
        }
    }
    fail_on(&faults, "a test file that nobody lists never runs");
}

/// The files that may list the modules of a folder.
fn parents_of(folder: &Path) -> Vec<PathBuf> {
    let folder = root().join(folder);
    if folder.ends_with("cli-tests") {
        return ["main.rs", "interop.rs"].map(|target| folder.join(target)).to_vec();
    }
    vec![folder.join("mod.rs"), folder.with_extension("rs")]
}

/// The aims of the house, printed so that every change sees where it stands: `cargo test tidy -- --nocapture`.
#[test]
fn measures_are_printed_and_no_unwrap_is_left() {
    let sources = rust_files("src");
    let mut files: Vec<usize> = sources.iter().map(|source| source.code().count()).collect();
    let mut functions: Vec<usize> = sources.iter().flat_map(function_lengths).collect();
    let unwraps: Vec<String> = sources
        .iter()
        .flat_map(|source| {
            source
                .code()
                .filter(|(_, line)| line.contains(".unwrap()"))
                .map(|(number, _)| format!("{}:{number}", source.path))
        })
        .collect();
    println!("files: {}", spread(&mut files));
    println!("functions: {}", spread(&mut functions));
    fail_on(&unwraps, "unwrap() outside tests");
}

fn spread(lengths: &mut [usize]) -> String {
    lengths.sort_unstable();
    let at = |part: usize| lengths.get((lengths.len().saturating_sub(1)) * part / 10).copied().unwrap_or_default();
    format!("{} of them, lines: median {}, nine of ten {}, longest {}", lengths.len(), at(5), at(9), at(10))
}

/// The lengths of a formatted file's functions: from `fn` to the closing brace at the same indent.
fn function_lengths(source: &Source) -> Vec<usize> {
    let mut lengths = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    for (number, line) in source.code() {
        let indent = line.len() - line.trim_start().len();
        match open {
            None if line.trim_start().starts_with("fn ") || line.contains(" fn ") && line.ends_with('{') => {
                open = Some((number, indent))
            }
            Some((start, at)) if indent == at && line.trim_start() == "}" => {
                lengths.push(number - start + 1);
                open = None;
            }
            _ => {}
        }
    }
    lengths
}

#[test]
fn every_property_in_force_is_read() {
    let tables = [broker::TABLE, topic::TABLE, producer::TABLE, consumer::TABLE, admin::TABLE];
    let code: Vec<String> = rust_files("src").iter().map(|file| file.code().map(|(_, line)| line).collect()).collect();
    let is_synonym = |name: &str| topic::TABLE.rows().flat_map(|row| row.synonyms).any(|synonym| synonym.name == name);
    let in_force = tables.iter().flat_map(|table| table.rows()).filter(|row| row.effect == Effect::InForce);
    for row in in_force.filter(|row| !is_synonym(row.name)) {
        let read = format!(".{}", row.name.replace('.', "_"));
        let is_read =
            code.iter().any(|text| text.match_indices(&read).any(|(at, _)| ends_word(&text[at + read.len()..])));
        assert!(is_read, "{} is said to be in force, but nothing reads it", row.name);
    }
}

fn ends_word(rest: &str) -> bool {
    !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_')
}
