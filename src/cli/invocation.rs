//! Which tool a command line names, and in which style it runs.

use std::path::Path;

use super::tools::{TOOLS, Tool};

/// In whose manner a tool reads its flags, fails and prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Style {
    /// As `mq NAME`: tables on a terminal, our exit codes.
    Mq,
    /// As the script of this name: Kafka's text always, the script's exit codes.
    Script(String),
}

impl Style {
    /// Whether the tool runs under a script's name.
    #[must_use]
    pub fn is_script(&self) -> bool {
        matches!(self, Style::Script(_))
    }

    /// How a person calls the tool.
    #[must_use]
    pub fn program(&self, tool: &Tool) -> String {
        match self {
            Style::Mq => format!("mq {}", tool.name),
            Style::Script(name) => name.clone(),
        }
    }
}

/// The tool that a program's own name stands for: `bin/kafka-topics.sh` and `kafka-topics` are `topics`.
pub(super) fn by_program(path: &Path) -> Option<(&'static Tool, Style)> {
    let file = path.file_name()?.to_str()?;
    let script = file.strip_suffix(".sh").unwrap_or(file);
    let tool = TOOLS.iter().find(|tool| tool.scripts.contains(&script))?;
    Some((tool, Style::Script(file.to_owned())))
}

/// The tool of a name after `mq`: `topics`, and also `kafka-topics` and `kafka-topics.sh`.
pub(super) fn by_name(name: &str) -> Option<(&'static Tool, Style)> {
    let plain = TOOLS.iter().find(|tool| tool.name == name).map(|tool| (tool, Style::Mq));
    plain.or_else(|| by_program(Path::new(name)).filter(|_| !name.contains('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_the_tool_of_its_name() {
        for path in ["bin/kafka-topics.sh", "/opt/kafka/bin/kafka-topics", "kafka-topics.sh"] {
            let (tool, style) = by_program(Path::new(path)).expect(path);
            assert_eq!(tool.name, "topics");
            assert!(style.is_script());
        }
        assert!(by_program(Path::new("target/debug/mq")).is_none());
    }

    #[test]
    fn a_tool_is_called_by_its_name_after_mq() {
        assert_eq!(by_name("topics").map(|(tool, style)| (tool.name, style)), Some(("topics", Style::Mq)));
        assert!(by_name("kafka-topics.sh").is_some_and(|(_, style)| style.is_script()));
        assert!(by_name("topic").is_none());
    }
}
