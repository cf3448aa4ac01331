//! Lists in columns.

use super::paint::{DIM, Paint};
use super::text::{Span, columns, cut, pad};
use anstyle::Style;

/// Rows under headings. The last column takes what is left of the width, the others
/// what they need.
pub(crate) struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<Span>>,
}

impl Table {
    pub(crate) fn new(headings: &[&'static str]) -> Self {
        Self { headings: headings.to_vec(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: Vec<Span>) {
        self.rows.push(cells);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as lines, each with its line break. Without a width nothing is cut.
    pub(crate) fn render(&self, width: Option<usize>, paint: Paint) -> String {
        let column = |index: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(index));
            let cells = cells.map(|cell| columns(&cell.text));
            cells.chain([columns(self.headings[index])]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.headings.len()).map(column).collect();
        let heading = self.headings.iter().map(|text| Span::styled(*text, DIM)).collect();
        let mut out = String::new();
        for row in [&heading].into_iter().chain(&self.rows) {
            out.push_str(line(row, &widths, width, paint).trim_end());
            out.push('\n');
        }
        out
    }
}

fn line(row: &[Span], widths: &[usize], width: Option<usize>, paint: Paint) -> String {
    const GAP: usize = 2;
    let mut line = String::new();
    let mut used = 0;
    for (index, cell) in row.iter().enumerate() {
        let left = width.map_or(usize::MAX, |width| width.saturating_sub(used));
        let wanted = widths.get(index).copied().unwrap_or(0);
        let text = cut(&cell.text, wanted.min(left.max(8)));
        let is_last = index + 1 == row.len();
        let gap = if is_last { 0 } else { GAP };
        let space = " ".repeat((wanted + gap).saturating_sub(columns(&text)));
        line.push_str(&paint.style(cell.style, &text));
        line.push_str(if is_last { "" } else { &space });
        used += wanted + gap;
    }
    line
}

/// Names and values, the values beneath each other.
pub(crate) fn facts(facts: &[(&str, String)], indent: usize, paint: Paint) -> String {
    let width = facts.iter().map(|(name, _)| columns(name)).max().unwrap_or(0);
    let margin = " ".repeat(indent);
    facts
        .iter()
        .map(|(name, value)| format!("{margin}{}  {value}\n", paint.dim(&pad(name, width))))
        .collect()
}

/// A cell in the plain style.
pub(crate) fn cell(text: impl Into<String>) -> Span {
    Span { text: text.into(), style: Style::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_beneath_each_other_and_the_last_is_cut() {
        let mut table = Table::new(&["NAME", "WHAT"]);
        table.row(vec![cell("a"), cell("one two three")]);
        table.row(vec![cell("日本"), cell("four")]);
        assert_eq!(
            table.render(Some(16), Paint::PLAIN),
            "NAME  WHAT\na     one two t…\n日本  four\n"
        );
    }
}
