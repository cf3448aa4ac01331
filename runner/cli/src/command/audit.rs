//! `hotcell audit`: what every provider may do, on one page.

use super::configuration;
use super::sbom::advisories;
use crate::arguments::{AuditArguments, AuditFormat, GlobalArguments};
use crate::composition;
use crate::problem::{Problem, why};
use crate::render::audit;
use crate::terminal::Terminal;
use hotcell::audit::{Options, Report};
use hotcell::manifest::Severity;
use hotcell::{Config, Lock, Store};
use std::path::PathBuf;
use std::time::SystemTime;

/// What the JSON document is, for programs that read it.
const SCHEMA: &str = include_str!("../audit.schema.json");

pub(crate) fn run(
    arguments: &AuditArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    if arguments.schema {
        return terminal.print(SCHEMA);
    }
    let options = Options {
        store: Store::of_the_user(),
        files: files(global),
        advisories: arguments.advisories.as_deref().map(advisories).transpose()?,
        program: composition::runner().dependencies,
        all: arguments.all,
        at: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
    };
    let report = Report::of(configuration(global)?, options)?;
    let format = if arguments.json { AuditFormat::Json } else { arguments.format };
    write(&report, format, arguments, terminal)?;
    let Some(fail_on) = arguments.fail_on.map(Severity::from) else { return Ok(()) };
    match report.findings.iter().filter(|finding| finding.severity >= fail_on).count() {
        0 => Ok(()),
        1 => Err(Problem::finding(format!("there is a finding of severity {fail_on} or worse"))),
        count => {
            Err(Problem::finding(format!("{count} findings are of severity {fail_on} or worse")))
        }
    }
}

fn write(
    report: &Report,
    format: AuditFormat,
    arguments: &AuditArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let to_file = arguments.output.as_ref();
    let (width, paint) = match to_file {
        Some(_) => (80, crate::render::Paint::PLAIN),
        None => (terminal.page_width(), terminal.paint),
    };
    let text = match format {
        AuditFormat::Text => audit::text(report, width, paint),
        AuditFormat::Markdown => audit::markdown(report),
        AuditFormat::Html => audit::html(report),
        AuditFormat::Sarif => pretty(&audit::sarif(report))?,
        AuditFormat::Csv => audit::csv(report),
        AuditFormat::Json if to_file.is_none() => return terminal.print_json(report),
        AuditFormat::Json => pretty(report)?,
    };
    let Some(file) = to_file else { return terminal.print(&text) };
    std::fs::write(file, text).map_err(|error| {
        Problem::usage(format!("`{}` cannot be written: {}", file.display(), why(&error)))
    })?;
    terminal.note(&format!("{} was written\n", file.display()));
    Ok(())
}

fn pretty(document: &impl serde::Serialize) -> Result<String, Problem> {
    let text = serde_json::to_string_pretty(document).map_err(std::io::Error::from)?;
    Ok(text + "\n")
}

/// The configuration's files and the locks beside them, as far as they are there.
fn files(global: &GlobalArguments) -> Vec<PathBuf> {
    let configured = match &global.config {
        Some(file) => vec![file.clone()],
        None => Config::default_files(),
    };
    let with_lock = configured.into_iter().flat_map(|file| [file.clone(), Lock::beside(&file)]);
    with_lock.filter(|file| file.exists()).collect()
}
