//! Reset plans as values with commas between them: `--export` writes them, `--from-file` reads them.

use std::collections::BTreeMap;
use std::path::Path;

use crate::cli::error::ToolError;
use crate::io::disk::{Disk, SystemDisk};
use crate::model::TopicPartition;

/// Offsets of partitions, by group.
pub(super) type Plan = BTreeMap<String, BTreeMap<TopicPartition, i64>>;

/// A plan larger than this is none.
const LENGTH_MAX: u64 = 256 * 1024 * 1024;
/// The script's writer quotes every text that is longer.
const PLAIN_LENGTH_MAX: usize = 24;

/// Reads a plan. With one group on the command line its lines may do without the group.
pub(super) fn read(path: &Path, groups: &[String]) -> Result<Plan, ToolError> {
    let shown = path.display();
    let class = "java.lang.RuntimeException";
    let unreadable = || ToolError::failed(class, format!("java.io.IOException: Unable to read file {shown}"));
    let disk: &dyn Disk = &SystemDisk;
    let bytes = disk.read_file(path, LENGTH_MAX).ok().flatten().ok_or_else(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable())?;
    parse(&text, groups).map_err(|line| {
        let message = format!("{shown}, line {line}: expected group,topic,partition,offset or topic,partition,offset");
        ToolError::failed(class, message)
    })
}

/// The plan of a text, or the number of a line that is wrong.
fn parse(text: &str, groups: &[String]) -> Result<Plan, usize> {
    let mut plan = Plan::new();
    for (number, line) in (1..).zip(text.lines()) {
        let fields = fields(line).ok_or(number)?;
        let (group, rest) = match (&fields[..], groups) {
            ([_, _, _], [group]) => (group.clone(), &fields[..]),
            ([group, _, _, _], _) => (group.clone(), &fields[1..]),
            _ => return Err(number),
        };
        let partition = rest[1].trim().parse().map_err(|_| number)?;
        let offset = rest[2].trim().parse().map_err(|_| number)?;
        plan.entry(group).or_default().insert(TopicPartition::new(rest[0].as_str(), partition), offset);
    }
    Ok(plan)
}

/// The fields of a line; none where a quote is not closed.
fn fields(line: &str) -> Option<Vec<String>> {
    let mut fields = vec![String::new()];
    let mut is_quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        let field = fields.last_mut().expect("there is always one");
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' if is_quoted || field.is_empty() => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(String::new()),
            letter => field.push(letter),
        }
    }
    (!is_quoted).then_some(fields)
}

/// The line of one offset; without a group where only one is meant.
pub(super) fn line(group: Option<&str>, partition: &TopicPartition, offset: i64) -> String {
    let group = group.map(|group| quoted(group) + ",").unwrap_or_default();
    format!("{group}{},{},{offset}\n", quoted(&partition.topic), partition.partition)
}

fn quoted(text: &str) -> String {
    let is_long = text.encode_utf16().count() > PLAIN_LENGTH_MAX;
    if is_long || text.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let (group, topic) = ("a \"group\", quoted", "a-topic-with-a-name-of-more-than-24-letters");
        let partition = TopicPartition::new(topic, 7);
        let text = line(Some(group), &partition, 42);
        assert_eq!(text, "\"a \"\"group\"\", quoted\",\"a-topic-with-a-name-of-more-than-24-letters\",7,42\n");
        let plan = parse(&text, &[]).unwrap();
        assert_eq!(plan[group][&partition], 42);
    }

    #[test]
    fn a_line_without_a_group_belongs_to_the_only_one() {
        let one = ["g".to_owned()];
        assert_eq!(parse("t,0,1\nt,1,2", &one).unwrap()["g"].len(), 2);
        assert_eq!(parse("t,0,1", &["g".to_owned(), "h".to_owned()]), Err(1));
        assert_eq!(parse("g,t,0,1", &one).unwrap()["g"].len(), 1);
    }

    #[test]
    fn a_line_that_is_wrong_is_named() {
        let one = ["g".to_owned()];
        for text in ["t,0,1\ngarbage", "t,0,1\nt,x,1", "t,0,1\nt,1,", "t,0,1\n\"t,1,1", "t,0,1\na,b,c,d,e"] {
            assert_eq!(parse(text, &one), Err(2), "{text}");
        }
    }
}
