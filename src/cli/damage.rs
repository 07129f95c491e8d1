//! Damage that typesetting does to a printed command: named after the failure it caused, with the command as it was
//! meant. The command itself runs as typed, for it may be right.

use std::ffi::OsString;
use std::fmt;

/// What is damaged, and the words as they were meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Damage {
    what: String,
    mended: Vec<String>,
}

impl Damage {
    /// The mended words as a shell reads them.
    pub(super) fn mended(&self) -> String {
        self.mended.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hint: {}; perhaps this was meant:", self.what)
    }
}

/// Looks for the known kinds of damage; the first one found is named, all are mended.
pub(super) fn find(words: &[OsString]) -> Option<Damage> {
    let words: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let mut what = None;
    let mut note = |text: String| {
        what.get_or_insert(text);
    };
    let mut mended = Vec::with_capacity(words.len());
    let mut rest = words.into_iter().peekable();
    while let Some(word) = rest.next() {
        let mut word = in_ascii(&word, &mut note);
        if word.starts_with(' ') {
            note(format!("the argument '{word}' begins with a blank"));
            word = word.trim_start().to_owned();
        }
        if word.contains(' ') && is_class_name(&word.replace(' ', "")) {
            note(format!("there is a blank inside the class name '{word}'"));
            word = word.replace(' ', "");
        }
        let is_name = |next: &String| next.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        if word == "--"
            && let Some(next) = rest.next_if(is_name)
        {
            note(format!("'--' stands alone before '{next}'"));
            word = format!("--{next}");
        }
        mended.push(word);
    }
    Some(Damage { what: what?, mended })
}

fn in_ascii(word: &str, note: &mut impl FnMut(String)) -> String {
    let mut ascii = String::with_capacity(word.len());
    for letter in word.chars() {
        let plain = match letter {
            '\u{2013}' | '\u{2014}' if ascii.is_empty() => "--",
            '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
            '\u{2018}' | '\u{2019}' => "'",
            '\u{201c}' | '\u{201d}' => "\"",
            '\u{a0}' => " ",
            other => {
                ascii.push(other);
                continue;
            }
        };
        note(format!("'{word}' holds '{letter}', which is not ASCII"));
        ascii.push_str(plain);
    }
    let inner = ascii.trim_matches('"');
    if inner.len() == ascii.len() || word.contains('"') { ascii } else { inner.to_owned() }
}

/// Whether a word looks like `org.apache.kafka.Formatter`, with inner classes.
fn is_class_name(word: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._$".contains(&byte);
    word.matches('.').count() >= 2 && word.bytes().all(legal) && word.contains(|c: char| c.is_ascii_uppercase())
}

fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &[&str], expected: Option<(&str, &str)>) {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let found = find(&words).map(|damage| (damage.what.clone(), damage.mended()));
        let expected = expected.map(|(what, mended)| (what.to_owned(), mended.to_owned()));
        assert_eq!(found, expected, "{words:?}");
    }

    #[test]
    fn what_typesetting_did_is_named_and_mended() {
        check(&["--list", "--topic", "first"], None);
        check(
            &["--create", "--partitions", "1", "--", "topic", "first"],
            Some(("'--' stands alone before 'topic'", "--create --partitions 1 --topic first")),
        );
        check(
            &[" --zookeeper", "hadoop102:2181"],
            Some(("the argument ' --zookeeper' begins with a blank", "--zookeeper hadoop102:2181")),
        );
        check(
            &["\u{2013}topic", "\u{201c}first\u{201d}"],
            Some(("'\u{2013}topic' holds '\u{2013}', which is not ASCII", "--topic first")),
        );
        check(
            &["--formatter", "kafka.coordinator.group.GroupMetadataManager$OffsetsMessageForm atter"],
            Some((
                "there is a blank inside the class name \
                 'kafka.coordinator.group.GroupMetadataManager$OffsetsMessageForm atter'",
                "--formatter 'kafka.coordinator.group.GroupMetadataManager$OffsetsMessageFormatter'",
            )),
        );
    }
}
