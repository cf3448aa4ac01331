//! The findings of an audit for a spreadsheet.

use crate::render::text::visible_line;
use hotcell::audit::Report;

pub(crate) fn csv(report: &Report) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(["severity", "code", "about", "what", "what to do"]);
    for finding in &report.findings {
        let _ = writer.write_record([
            finding.severity.to_string(),
            finding.code.to_string(),
            cell(&finding.subject.to_string()),
            cell(&finding.message),
            cell(&finding.remedy),
        ]);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// Text that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let text = visible_line(text);
    match text.starts_with(['=', '+', '-', '@']) {
        true => format!("'{text}"),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=HYPERLINK(\"x\")", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\n@x"] {
            assert!(cell(text).starts_with('\''), "{text}");
        }
        assert_eq!(cell("a = 1"), "a = 1");
    }
}
