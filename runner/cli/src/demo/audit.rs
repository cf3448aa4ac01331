//! The last scene: what the audit saw.

use super::screen::Screen;
use crate::problem::Problem;
use crate::render::paint::{DIM, GOOD, WARN};
use crate::render::table::{Table, cell};
use crate::render::text::{Span, bytes, cut, visible_line};
use hotcell::egress::{AuditRecord, Decision, Rule};
use std::collections::HashSet;

/// Shows every request that went out, and the first denial by each rule.
pub(super) fn show(records: &[AuditRecord], screen: &Screen<'_>) -> Result<(), Problem> {
    screen.title(5, "What the audit saw")?;
    screen.blank()?;
    let mut table = Table::new(&["ADAPTER", "REQUEST", "DECISION", ""]);
    let mut rules: HashSet<Rule> = HashSet::new();
    let (mut granted, mut denied) = (0, 0);
    for record in records {
        let (decision, detail) = match &record.decision {
            Decision::Recorded { .. } => continue,
            Decision::Granted => {
                granted += 1;
                continue;
            }
            Decision::Denied { rule, .. } => {
                denied += 1;
                if !rules.insert(*rule) {
                    continue;
                }
                (Span::styled("denied", WARN), rule.to_string())
            }
            Decision::Finished { status, bytes_sent, bytes_received, .. } => {
                let status = status.map_or("no answer".to_owned(), |status| status.to_string());
                let (out, back) = (bytes(*bytes_sent), bytes(*bytes_received));
                (Span::styled("granted", GOOD), format!("{status}, {out} out, {back} in"))
            }
        };
        let request = match (&record.method, &record.path) {
            (Some(method), Some(path)) => format!("{method} {}", visible_line(path)),
            _ => match &record.endpoint {
                Some(endpoint) => format!("endpoint {}", visible_line(endpoint)),
                None => "import".to_owned(),
            },
        };
        table.row(vec![
            cell(&*record.adapter),
            cell(cut(&request, 26)),
            decision,
            Span::styled(detail, DIM),
        ]);
    }
    screen.table(&table)?;
    screen.blank()?;
    screen.paragraph(&format!(
        "{} records: {granted} requests granted, and how each ended; {denied} denied, of which \
         the first by each rule is shown. `--audit FILE` keeps them for you.",
        records.len()
    ))
}
