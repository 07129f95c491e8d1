//! Rows as a table for a person.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::data::Grid;

/// The table with its line end; nothing where there are no rows to show.
pub(super) fn table(grid: &Grid) -> String {
    arranged(grid, Table::new())
}

fn arranged(grid: &Grid, mut table: Table) -> String {
    if grid.rows.is_empty() {
        return String::new();
    }
    table.load_style(presets::UTF8_BORDERS_ONLY);
    table.set_header(grid.columns.iter().copied());
    for row in &grid.rows {
        table.add_row(row);
    }
    if table.width().is_some_and(|width| usize::from(width) >= header_width(grid)) {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    for (column, name) in table.column_iter_mut().zip(&grid.columns) {
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(name_width(name))));
    }
    format!("{table}\n")
}

/// The columns that a terminal needs so that no column's name is broken. A narrower one (some say they have none) gets the
/// table as wide as it is: lines that the terminal wraps are easier to read than words of one letter a line.
fn header_width(grid: &Grid) -> usize {
    let border = 1;
    grid.columns.iter().map(|name| usize::from(name_width(name)) + border).sum::<usize>() + border
}

/// A name with a blank on either side.
fn name_width(name: &str) -> u16 {
    u16::try_from(name.len() + 2).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_width(width: u16) -> String {
        let row = vec!["a-long-name".to_owned(), "value ".repeat(4)];
        let mut table = Table::new();
        table.set_width(width);
        arranged(&Grid { columns: vec!["name", "value"], rows: vec![row] }, table)
    }

    #[test]
    fn no_word_of_the_header_is_broken_however_narrow_the_terminal() {
        for width in 0..40 {
            let text = at_width(width);
            assert!(text.lines().any(|line| line.contains("name") && line.contains("value")), "at {width}:\n{text}");
        }
        assert!(at_width(30).lines().all(|line| line.chars().count() <= 30), "{}", at_width(30));
    }
}
