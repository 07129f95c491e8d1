//! What a person should know about the settings that were given, though they are no error.

use std::fmt;

use super::former::{Fate, Side, former};
use super::nearest::nearest;
use super::properties::Properties;
use super::property::{Effect, Reason, Table};

/// One remark about a given setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The line of the file, where the setting came from a file.
    pub line: Option<usize>,
    /// The setting's name.
    pub name: String,
    /// What there is to say.
    pub remark: Remark,
}

/// What there is to say about a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// No property has this name; perhaps the other one was meant.
    Unknown(Option<&'static str>),
    /// The property is known and does nothing.
    Idle(Reason),
    /// The property is of an earlier Kafka and does nothing.
    Dropped(&'static str),
    /// The property is of an earlier Kafka; its value is that of another one.
    Renamed(&'static str),
    /// A later line sets the same property.
    Replaced {
        /// That line.
        by: usize,
    },
}

impl Notice {
    /// Whether a person most likely made a mistake: a warning, and no mere information.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        matches!(self.remark, Remark::Unknown(_) | Remark::Replaced { .. })
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        let name = &self.name;
        match &self.remark {
            Remark::Unknown(None) => write!(f, "no property is called {name}: ignored"),
            Remark::Unknown(Some(known)) => write!(f, "no property is called {name}: ignored; did you mean {known}?"),
            Remark::Idle(reason) => write!(f, "{name} has no effect: {reason}"),
            Remark::Dropped(reason) => write!(f, "{name} has no effect: {reason}"),
            Remark::Renamed(now) => write!(f, "{name} is now called {now}"),
            Remark::Replaced { by } => write!(f, "{name} is set again in line {by}, which counts"),
        }
    }
}

/// The remarks about a file.
#[must_use]
pub fn notices_of_file(table: Table, side: Side, file: &Properties) -> Vec<Notice> {
    let mut notices: Vec<Notice> = file
        .entries()
        .filter_map(|entry| {
            let remark = remark(table, side, &entry.key)?;
            Some(Notice { line: Some(entry.line), name: entry.key.clone(), remark })
        })
        .collect();
    notices.extend(file.replaced().map(|(entry, later)| Notice {
        line: Some(entry.line),
        name: entry.key.clone(),
        remark: Remark::Replaced { by: later.line },
    }));
    notices.sort_by_key(|notice| notice.line);
    notices
}

/// The remarks about settings from the command line.
#[must_use]
pub fn notices_of_names<'a>(table: Table, side: Side, names: impl IntoIterator<Item = &'a str>) -> Vec<Notice> {
    let notice =
        |name: &'a str| remark(table, side, name).map(|remark| Notice { line: None, name: name.to_owned(), remark });
    names.into_iter().filter_map(notice).collect()
}

fn remark(table: Table, side: Side, name: &str) -> Option<Remark> {
    if let Some(property) = table.get(name) {
        return match property.effect {
            Effect::InForce => None,
            Effect::Without(reason) => Some(Remark::Idle(reason)),
        };
    }
    if let Some(former) = former(side, name) {
        return match former.fate {
            Fate::Kept => None,
            Fate::Dropped(reason) => Some(Remark::Dropped(reason)),
            Fate::Renamed(now) => Some(Remark::Renamed(now)),
        };
    }
    // Settings for a listener or a plug-in carry a prefix that no table can list.
    let prefixed = ["listener.name.", "config.providers.", "rsm.config.", "rlmm.config."];
    if prefixed.iter().any(|prefix| name.starts_with(prefix)) {
        return None;
    }
    let known = nearest(name, table.rows().filter(|row| !row.is_internal()).map(|row| row.name));
    Some(Remark::Unknown(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{broker, producer};

    /// Fault G4: an unknown key is named with its line and its nearest neighbour, a duplicate with the line that counts.
    #[test]
    fn a_person_learns_what_is_odd_about_a_file() {
        let file = Properties::parse(b"num.partitoins=3\nlog.dirs=/a\nzookeeper.session.timeout.ms=6\nlog.dirs=/b\n")
            .expect("plain");
        let texts: Vec<_> = notices_of_file(broker::TABLE, Side::Broker, &file).iter().map(Notice::to_string).collect();
        assert_eq!(
            texts,
            [
                "line 1: no property is called num.partitoins: ignored; did you mean num.partitions?",
                "line 2: log.dirs is set again in line 4, which counts",
                "line 3: zookeeper.session.timeout.ms has no effect: there is no ZooKeeper",
            ]
        );
    }

    #[test]
    fn a_former_name_is_told_its_new_one() {
        let notices = notices_of_names(producer::TABLE, Side::Producer, ["request.required.acks", "acks"]);
        let texts: Vec<_> = notices.iter().map(Notice::to_string).collect();
        assert_eq!(texts, ["request.required.acks is now called acks"]);
    }
}
