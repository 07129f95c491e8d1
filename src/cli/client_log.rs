//! What the client library has to say while a console tool runs, on stderr, as a script logs it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::error::log_time;
use super::invocation::Style;
use crate::io::clock::SystemClock;

/// How the lines begin that say that a broker was not reached; the library tries others, and again.
const TRIED_AGAIN: [&str; 2] = ["Connection to node ", "Bootstrap broker "];
/// Texts that are remembered; what is said again and again is noise.
const REMEMBERED_MAX: usize = 1000;

/// Starts logging warnings and errors of the library. `client` is how Kafka's own log lines name the client, `patience` how
/// long it goes on trying to reach a broker, where that has an end.
pub(super) fn start(style: &Style, client: &'static str, patience: Option<Duration>) {
    let until = match patience {
        Some(patience) => format!("{patience:?} are over"),
        None => "Ctrl-C".to_owned(),
    };
    let lines = Lines { client: style.is_script().then_some(client), until, said: Mutex::default() };
    // A second tool in one process, as in tests, keeps the first one's log.
    let _ = tracing_subscriber::fmt()
        .with_max_level(Level::WARN)
        .with_writer(std::io::stderr)
        .event_format(lines)
        .try_init();
}

/// The form of a line: log4j's under a script's name. The same line is said once.
struct Lines {
    client: Option<&'static str>,
    until: String,
    said: Mutex<BTreeSet<String>>,
}

impl Lines {
    fn is_news(&self, text: &str) -> bool {
        // Several brokers are tried in changing order.
        let mut parts: Vec<&str> = text.split("; ").collect();
        parts.sort_unstable();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() >= REMEMBERED_MAX {
            said.clear();
        }
        said.insert(parts.join("; "))
    }
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut text = Text::default();
        event.record(&mut text);
        let text = match (text.cause, TRIED_AGAIN.iter().any(|begin| text.message.starts_with(begin))) {
            (Some(cause), true) => {
                let message = text.message.trim_end_matches('.');
                format!("{message}: {cause}; still trying until {}", self.until)
            }
            (Some(cause), false) => format!("{}{} cause={cause}", text.message, text.fields),
            (None, _) => text.message + &text.fields,
        };
        if !self.is_news(&text) {
            return Ok(());
        }
        match self.client {
            Some(client) => {
                let (time, level) = (log_time(&SystemClock::new()), event.metadata().level());
                writeln!(writer, "[{time}] {level} [{client}] {text} (mq)")
            }
            None => writeln!(writer, "warning: {text}"),
        }
    }
}

#[derive(Default)]
struct Text {
    message: String,
    fields: String,
    cause: Option<String>,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            "cause" => self.cause = Some(format!("{value:?}")),
            name => self.fields.push_str(&format!(" {name}={value:?}")),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}
