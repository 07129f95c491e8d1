//! What the client library has to say while a console tool runs, on stderr, as a script logs it.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::error::log_time;
use super::invocation::Style;
use crate::io::clock::SystemClock;

/// Starts logging warnings and errors of the library. `client` is how Kafka's own log lines name the client.
pub(super) fn start(style: &Style, client: &'static str) {
    let lines = Lines { client: style.is_script().then_some(client) };
    // A second tool in one process, as in tests, keeps the first one's log.
    let _ = tracing_subscriber::fmt()
        .with_max_level(Level::WARN)
        .with_writer(std::io::stderr)
        .event_format(lines)
        .try_init();
}

/// The form of a line: log4j's under a script's name.
struct Lines {
    client: Option<&'static str>,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut text = Text::default();
        event.record(&mut text);
        match self.client {
            Some(client) => {
                let (time, level) = (log_time(&SystemClock::new()), event.metadata().level());
                writeln!(writer, "[{time}] {level} [{client}] {}{} (mq)", text.message, text.fields)
            }
            None => writeln!(writer, "warning: {}{}", text.message, text.fields),
        }
    }
}

#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            self.fields.push_str(&format!(" {}={value:?}", field.name()));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}
