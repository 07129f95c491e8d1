//! Columns as Kafka's scripts print them: padded on the right, no less wide than a minimum.

/// One column: its least width; 0 leaves texts as they are, which the last column often does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) width_min: usize,
    /// Whether longer texts make the column wider; else they run over.
    pub(super) grows: bool,
}

/// A column that grows.
pub(super) const fn growing(name: &'static str, width_min: usize) -> Column {
    Column { name, width_min, grows: true }
}

/// A column of one width.
pub(super) const fn fixed(name: &'static str, width_min: usize) -> Column {
    Column { name, width_min, grows: false }
}

/// The header and the rows, without line ends.
pub(super) fn lines(columns: &[Column], rows: &[Vec<String>]) -> Vec<String> {
    let width = |index: usize| {
        let column = columns[index];
        let texts = rows.iter().map(|row| length(&row[index]));
        if column.grows { texts.fold(column.width_min, usize::max) } else { column.width_min }
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let line = |texts: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = texts.zip(&widths).map(|(text, width)| pad(text, *width)).collect();
        padded.join(" ")
    };
    let header = line(&mut columns.iter().map(|column| column.name));
    std::iter::once(header).chain(rows.iter().map(|row| line(&mut row.iter().map(String::as_str)))).collect()
}

/// Lines as the script prints a table: a line end before each, and one behind the last.
pub(super) fn block(lines: Vec<String>) -> String {
    lines.into_iter().map(|line| format!("\n{line}")).chain(["\n".to_owned()]).collect()
}

/// Java counts and pads by UTF-16 units.
fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(length(text));
    format!("{text}{}", " ".repeat(missing))
}

/// A value, or a dash where there is none.
pub(super) fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}
