//! `hotcell doctor`: whether this machine is as it should be, and what to do where not.

mod access;
mod adapters;
mod configuration;
mod finding;
mod folders;
mod keys;
mod machine;

use crate::arguments::{DoctorArguments, GlobalArguments};
use crate::problem::Problem;
use crate::render::paint::{BAD, DIM, GOOD, WARN};
use crate::render::text::{pad, visible_line};
use crate::terminal::Terminal;
use finding::{Area, Examination, Finding, Severity};
use serde_json::{Value, json};

pub(crate) fn run(
    arguments: &DoctorArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let mut examination = Examination::default();
    let config = configuration::examine(global, &mut examination);
    if let Some(config) = &config {
        keys::examine(config, arguments.run_programs, &mut examination);
        adapters::examine(config, &mut examination);
    }
    folders::examine(config.as_ref(), &mut examination);
    machine::examine(config.as_ref(), &mut examination);
    // The last one, because it is done to this very process.
    let confinement = machine::confine(config.as_ref(), &mut examination);
    if arguments.json {
        terminal.print_json(&document(&examination, &confinement))?;
    } else {
        terminal.print(&page(&examination, terminal))?;
    }
    match examination.count(Severity::Error) {
        0 => Ok(()),
        1 => Err(Problem::finding("one thing has to be put right")),
        errors => Err(Problem::finding(format!("{errors} things have to be put right"))),
    }
}

fn document(examination: &Examination, confinement: &Value) -> Value {
    json!({
        "confinement": confinement,
        "findings": examination.findings,
        "examined": examination.examined.iter().map(|(area, what)| {
            json!({ "area": area, "what": what })
        }).collect::<Vec<_>>(),
    })
}

/// A line for each area, then every finding with its remedy, the worst first.
fn page(examination: &Examination, terminal: &Terminal) -> String {
    let paint = terminal.paint;
    let mut text = String::new();
    for area in Area::ALL {
        let worst = examination.of(area).map(|finding| finding.severity).min();
        let (word, style) = match worst {
            Some(Severity::Error) => ("error", BAD),
            Some(Severity::Warning) => ("warning", WARN),
            Some(Severity::Note) => ("note", DIM),
            None if examination.examined(area).is_none() => ("not examined", DIM),
            None => ("good", GOOD),
        };
        let what = visible_line(examination.examined(area).unwrap_or_default());
        let line =
            format!("{}  {}  {what}", pad(area.name(), 13), paint.style(style, &pad(word, 7)));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let mut findings: Vec<&Finding> = examination.findings.iter().collect();
    findings.sort_by_key(|finding| finding.severity);
    for finding in findings {
        let (word, style) = match finding.severity {
            Severity::Error => ("error", BAD),
            Severity::Warning => ("warning", WARN),
            Severity::Note => ("note", DIM),
        };
        let what = visible_line(&finding.what);
        text.push_str(&format!("\n{}: {what}\n", paint.style(style, word)));
        text.push_str(&format!("  {}\n", visible_line(&finding.remedy)));
    }
    text
}
