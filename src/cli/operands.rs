//! The words of a command line as Kafka's option parser takes them: `-list` is `--list`, a flag's value is the next word
//! whatever that is, and words that belong to no flag mean nothing.

use std::ffi::OsString;

use clap::{Arg, Command};

use super::error::ToolError;
use super::tools::Operands;

/// A command line that is ready for clap.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Flags, each with its value behind `=`, and the operands of a tool that uses them.
    pub words: Vec<String>,
    /// Words that belong to no flag.
    pub stray: Vec<String>,
}

/// Sorts the words.
pub(super) fn read_line(command: &Command, operands: Operands, words: &[OsString]) -> Result<Line, ToolError> {
    let mut line = Line { words: Vec::new(), stray: Vec::new() };
    let rest = words.iter().map(|word| {
        let not_text = || ToolError::usage(format!("not UTF-8: {}", word.to_string_lossy()));
        word.to_str().map(str::to_owned).ok_or_else(not_text)
    });
    let mut rest = rest.peekable();
    while let Some(word) = rest.next() {
        let word = word?;
        if word == "--" {
            for stray in rest.by_ref() {
                line.stray.push(stray?);
            }
            break;
        }
        let name = word.trim_start_matches('-');
        let (name, has_value) = name.split_once('=').map_or((name, false), |(name, _)| (name, true));
        match flag(command, &word, name) {
            Some((flag, dashed)) if takes_value(flag) && !has_value => {
                let can_be_flag = least_values(flag) > 0 && most_values(flag) == 1;
                let is_value = |word: &Result<String, ToolError>| {
                    can_be_flag || !word.as_ref().is_ok_and(|word| word.starts_with('-'))
                };
                if most_values(flag) > 1 {
                    line.words.push(dashed);
                    while let Some(value) = rest.next_if(is_value) {
                        line.words.push(value?);
                    }
                    continue;
                }
                match rest.next_if(is_value) {
                    Some(value) => line.words.push(format!("{dashed}={}", value?)),
                    None => line.words.push(dashed),
                }
            }
            Some((_, dashed)) => line.words.push(dashed + &word.trim_start_matches('-')[name.len()..]),
            // An unknown flag is clap's to refuse.
            None if word.starts_with('-') && word.len() > 1 => line.words.push(word),
            None if operands == Operands::Used => line.words.push(word),
            None => line.stray.push(word),
        }
    }
    Ok(line)
}

/// The flag that a word names, and its name with dashes.
fn flag<'a>(command: &'a Command, word: &str, name: &str) -> Option<(&'a Arg, String)> {
    if !word.starts_with('-') {
        return None;
    }
    let is_short = word.len() == 2 && !word.starts_with("--");
    let by_short = |arg: &&Arg| is_short && arg.get_short().is_some_and(|short| word.ends_with(short));
    let by_long = |arg: &&Arg| {
        arg.get_long() == Some(name) || arg.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
    };
    if let Some(arg) = command.get_arguments().find(by_long) {
        return Some((arg, format!("--{name}")));
    }
    command.get_arguments().find(by_short).map(|arg| (arg, word.to_owned()))
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}

fn least_values(arg: &Arg) -> usize {
    arg.get_num_args().map_or(1, |range| range.min_values())
}

fn most_values(arg: &Arg) -> usize {
    arg.get_num_args().map_or(1, |range| range.max_values())
}

#[cfg(test)]
mod tests {
    use clap::ArgAction;

    use super::*;

    fn check(words: &[&str], expected: &[&str], stray: &[&str]) {
        let command = Command::new("tool")
            .arg(Arg::new("topic").long("topic"))
            .arg(Arg::new("class").long("class").num_args(0..=1))
            .arg(Arg::new("files").long("files").num_args(1..))
            .arg(Arg::new("list").long("list").action(ArgAction::SetTrue));
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let line = read_line(&command, Operands::Stray, &words).expect("text");
        assert_eq!((line.words, line.stray), (owned(expected), owned(stray)), "{words:?}");
    }

    fn owned(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    /// Fault G1: words as Kafka's own parser takes them.
    #[test]
    fn words_are_sorted_as_kafkas_parser_does() {
        check(&["--topic", "first", "--list"], &["--topic=first", "--list"], &[]);
        check(&["-list", "-topic", "-x"], &["--list", "--topic=-x"], &[]);
        check(&["--topic=a=b"], &["--topic=a=b"], &[]);
        check(&["--topic", "first", "world"], &["--topic=first"], &["world"]);
        check(&["--list", "--", "topic", "--first"], &["--list"], &["topic", "--first"]);
        check(&["--foo", "--topic"], &["--foo", "--topic"], &[]);
        check(&[" --list"], &[], &[" --list"]);
        check(&["--class", "--list"], &["--class", "--list"], &[]);
        check(&["--class", "a.B"], &["--class=a.B"], &[]);
        check(&["--files", "a", "b", "--list"], &["--files", "a", "b", "--list"], &[]);
    }

    /// Fault G1: an argument that is no text is refused, not guessed.
    #[test]
    #[cfg(unix)]
    fn bytes_that_are_no_text_are_refused() {
        use std::os::unix::ffi::OsStringExt;
        let words = [OsString::from_vec(vec![0xff])];
        assert!(read_line(&Command::new("tool"), Operands::Stray, &words).is_err());
    }
}
