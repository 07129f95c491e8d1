//! Rows as a table for a person.

use comfy_table::{ContentArrangement, Table, presets};

use super::data::Grid;

/// The table with its line end; nothing where there are no rows to show.
pub(super) fn table(grid: &Grid) -> String {
    if grid.rows.is_empty() {
        return String::new();
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(grid.columns.iter().copied());
    for row in &grid.rows {
        table.add_row(row);
    }
    format!("{table}\n")
}
