//! What a tool found, in forms that programs read.

use serde_json::Value;

/// Rows under names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grid {
    /// The names of the columns.
    pub columns: Vec<&'static str>,
    /// The rows, each with a text for every column.
    pub rows: Vec<Vec<String>>,
}

/// What a tool found.
pub trait Report {
    /// As Kafka's script prints it, with line ends.
    fn text(&self) -> String;
    /// As rows for a table.
    fn grid(&self) -> Grid;
    /// As data.
    fn json(&self) -> Value;
}

/// Comma-separated values (RFC 4180, with plain line ends).
pub(super) fn csv(grid: &Grid) -> String {
    let field = |text: &str| match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    };
    let line = |fields: Vec<String>| fields.join(",") + "\n";
    let mut text = line(grid.columns.iter().map(|name| field(name)).collect());
    for row in &grid.rows {
        text.push_str(&line(row.iter().map(|value| field(value)).collect()));
    }
    text
}

/// YAML in block style; texts are quoted as JSON quotes them, which YAML reads as well.
pub(super) fn yaml(value: &Value) -> String {
    let mut text = String::new();
    write_yaml(value, 0, &mut text);
    text
}

fn write_yaml(value: &Value, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                text.push_str(&format!("{indent}- "));
                let begin = text.len();
                write_yaml(item, depth + 1, text);
                // The first line of an item stands behind its dash.
                let indented = text[begin..].len() - text[begin..].trim_start_matches(' ').len();
                text.replace_range(begin..begin + indented, "");
            }
        }
        Value::Object(fields) if !fields.is_empty() => {
            for (name, field) in fields {
                let name = Value::from(name.as_str());
                match field {
                    Value::Array(inner) if !inner.is_empty() => text.push_str(&format!("{indent}{name}:\n")),
                    Value::Object(inner) if !inner.is_empty() => text.push_str(&format!("{indent}{name}:\n")),
                    plain => {
                        text.push_str(&format!("{indent}{name}: {plain}\n"));
                        continue;
                    }
                }
                write_yaml(field, depth + 1, text);
            }
        }
        plain => text.push_str(&format!("{indent}{plain}\n")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn csv_quotes_what_would_split_a_row() {
        let grid = Grid { columns: vec!["a", "b"], rows: vec![vec!["1,2".to_owned(), "say \"x\"".to_owned()]] };
        assert_eq!(csv(&grid), "a,b\n\"1,2\",\"say \"\"x\"\"\"\n");
    }

    #[test]
    fn yaml_nests_by_indentation() {
        let value = json!([{"topic": "a", "partitions": [{"isr": [1, 2]}], "none": []}]);
        let expected =
            "- \"topic\": \"a\"\n  \"partitions\":\n    - \"isr\":\n        - 1\n        - 2\n  \"none\": []\n";
        assert_eq!(yaml(&value), expected);
    }
}
