//! Properties from files and from the command line, with a word on each that will not do what somebody expects of it.

use std::path::Path;

use super::error::ToolError;
use super::flags::{pairs, read_properties};
use super::tools::Context;
use crate::config::{
    Notice, Settings, Side, Table, admin, consumer, nearest, notices_of_file, notices_of_names, producer,
};

/// The properties of a client's file; none where no file was named. What is odd about them is said.
pub(super) fn of_file(path: Option<&Path>, side: Side, context: &mut Context) -> Result<Settings, ToolError> {
    let Some(path) = path else { return Ok(Settings::new()) };
    let properties = read_properties(path)?;
    for notice in notices_of_file(table(side), side, &properties) {
        context.output.warn(&format!("{}, {notice}", path.display()));
    }
    Ok(properties.settings())
}

/// A client's properties as words of the command line. What is odd about them is said.
pub(super) fn of_words(words: &[String], side: Side, context: &mut Context) -> Settings {
    let settings = pairs(words);
    for notice in notices_of_names(table(side), side, settings.keys().map(String::as_str)) {
        context.output.warn(&Notice::to_string(&notice));
    }
    settings
}

/// The properties of a tool's own reader or formatter; `known` are their names, a name that ends in a dot begins others.
pub(super) fn own(
    file: Option<&Path>,
    words: &[String],
    known: &[&'static str],
    context: &mut Context,
) -> Result<Settings, ToolError> {
    let mut settings = match file {
        Some(path) => read_properties(path)?.settings(),
        None => Settings::new(),
    };
    settings.extend(pairs(words));
    for name in settings.keys() {
        let is_known = |one: &&str| *one == name || one.ends_with('.') && name.starts_with(*one);
        if known.iter().any(is_known) {
            continue;
        }
        let hint = nearest(name, known.iter().copied()).map(|known| format!("; did you mean {known}?"));
        context.output.warn(&format!("no property is called {name}: ignored{}", hint.unwrap_or_default()));
    }
    Ok(settings)
}

fn table(side: Side) -> Table {
    match side {
        Side::Producer => producer::TABLE,
        Side::Consumer => consumer::TABLE,
        Side::Broker | Side::Admin => admin::TABLE,
    }
}
