//! An audit on a terminal.

use super::Block;
use super::content::{TITLE, blocks, made};
use crate::render::Paint;
use crate::render::paint::{BAD, DIM, GOOD, WARN};
use crate::render::text::{pad, visible_line, wrap};
use anstyle::Style;
use hotcell::audit::{Finding, Report};
use hotcell::manifest::Severity;

pub(crate) fn text(report: &Report, width: usize, paint: Paint) -> String {
    let mut page = format!("{}\n", paint.strong(TITLE));
    for line in wrap(&made(report), width) {
        page.push_str(&format!("{}\n", paint.dim(&line)));
    }
    for block in blocks(report) {
        match block {
            Block::Section(title) => page.push_str(&format!("\n{}\n", paint.strong(title))),
            Block::Entry(name, about) => {
                page.push_str(&format!("\n  {} {}\n", paint.code(&name), paint.dim(&about)));
            }
            Block::Sentence(sentence) => {
                for line in wrap(&sentence, width.saturating_sub(2)) {
                    page.push_str(&format!("  {line}\n"));
                }
            }
            Block::Facts(facts) => {
                let widest = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
                for (name, lines) in facts {
                    fact(name, &lines, widest, width, paint, &mut page);
                }
            }
            Block::Findings(findings) => {
                for one in findings {
                    finding(one, width, paint, &mut page);
                }
            }
            // A terminal is not signed.
            Block::Signature => {}
        }
    }
    page
}

fn fact(
    name: &str,
    lines: &[String],
    widest: usize,
    width: usize,
    paint: Paint,
    page: &mut String,
) {
    let mut lead = paint.dim(&pad(name, widest));
    for line in lines {
        // A digest that is broken cannot be copied.
        let parts = match line.contains(' ') {
            true => wrap(line, width.saturating_sub(widest + 6)),
            false => vec![line.clone()],
        };
        for part in parts {
            page.push_str(&format!("    {lead}  {part}\n"));
            lead = " ".repeat(widest);
        }
    }
}

fn finding(finding: &Finding, width: usize, paint: Paint, page: &mut String) {
    let word = pad(&finding.severity.to_string(), 8);
    let word = paint.style(style(finding.severity), &word);
    let subject = visible_line(&finding.subject.to_string());
    let code = paint.dim(finding.code.as_str());
    page.push_str(&format!("\n  {word}  {} {code}\n", paint.strong(&subject)));
    for (text, mark) in [(&finding.message, ""), (&finding.remedy, "→ ")] {
        for line in wrap(&format!("{mark}{}", visible_line(text)), width.saturating_sub(12)) {
            let line = if mark.is_empty() { line } else { paint.style(DIM, &line) };
            page.push_str(&format!("            {line}\n"));
        }
    }
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Critical | Severity::High => BAD.bold(),
        Severity::Medium => WARN,
        Severity::Low => GOOD,
        Severity::Info => DIM,
    }
}
