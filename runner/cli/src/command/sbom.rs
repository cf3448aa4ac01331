//! `hotcell sbom`: what an adapter, or hotcell itself, is built from.

use super::adapter::{all, find, read};
use super::{configuration, pack};
use crate::arguments::{GlobalArguments, SbomArguments, SbomFormat};
use crate::composition;
use crate::problem::{Problem, why};
use crate::render::capabilities::Adapter;
use crate::render::text::visible_line;
use crate::terminal::Terminal;
use hotcell::bundle;
use hotcell::manifest::Digest;
use hotcell_sbom::{Advisories, AdvisoryError, Bill, Evidence, Subject};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The end of the year 9999, behind which neither format has a time.
const LAST_SECOND: u64 = 253_402_300_799;

pub(crate) fn run(
    arguments: &SbomArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let config = configuration(global)?;
    let advisories = arguments.advisories.as_deref().map(advisories).transpose()?;
    let crates = composition::crates();
    let (subject, parts) = match &arguments.adapter {
        Some(name) => {
            let (source, component) = find(name, &config)?;
            (subject(&read(source, &component)?), Vec::new())
        }
        None => (composition::runner(), subjects(&all(&config)?)),
    };
    let bill = Bill {
        subject,
        parts,
        crates: &crates,
        advisories: advisories.as_ref(),
        written_by: env!("CARGO_PKG_VERSION"),
    };
    let stated = source_date()?;
    let document = match arguments.format {
        SbomFormat::CycloneDx => bill.cyclonedx(stated),
        SbomFormat::Spdx => bill.spdx(stated.unwrap_or_else(SystemTime::now)),
    };
    match &arguments.output {
        Some(file) => pack::write(file, format!("{document:#}\n").as_bytes())?,
        None => terminal.print_json(&document)?,
    }
    for (subject, found) in bill.matches() {
        let (id, summary) = (found.advisory.id(), found.advisory.summary().unwrap_or_default());
        let place = format!("{} {} in {}", found.package.name, found.package.version, subject.name);
        terminal.note(&format!("{id}: {place}  {}\n", visible_line(summary)));
    }
    Ok(())
}

/// Reads a database of advisories.
pub(crate) fn advisories(path: &Path) -> Result<Advisories, Problem> {
    Advisories::read(path).map_err(|error| {
        let message = match &error {
            AdvisoryError::Read { path, source } => {
                format!("`{}` cannot be read: {}", path.display(), why(source))
            }
            error => error.to_string(),
        };
        Problem::usage(visible_line(&message)).with_help(
            "RustSec publishes its advisories in the format of OSV; a file, or a folder of files, \
             of it works",
        )
    })
}

/// An adapter for a bill of materials.
pub(crate) fn subject(adapter: &Adapter) -> Subject {
    let inspection = &adapter.inspection;
    let is_own = |digest: Digest| {
        let own = bundle::ADAPTERS.iter().chain([&bundle::HOSTILE]);
        own.filter_map(|one| one.digest.parse().ok()).any(|one: Digest| one == digest)
    };
    let evidence = if is_own(inspection.digest) { Evidence::Built } else { Evidence::Stated };
    Subject::adapter(inspection, evidence)
}

/// Each component once, whatever it is called.
fn subjects(adapters: &[Adapter]) -> Vec<Subject> {
    let mut subjects: Vec<Subject> = Vec::new();
    for one in adapters.iter().map(subject) {
        if !subjects.iter().any(|known| known.digest == one.digest) {
            subjects.push(one);
        }
    }
    subjects
}

/// When what is built is said to be built, as <https://reproducible-builds.org/specs/source-date-epoch/>
/// has it.
fn source_date() -> Result<Option<SystemTime>, Problem> {
    let Some(text) = std::env::var_os("SOURCE_DATE_EPOCH") else { return Ok(None) };
    let seconds = text.to_str().and_then(|text| text.parse().ok());
    match seconds.filter(|seconds| *seconds <= LAST_SECOND) {
        Some(seconds) => Ok(Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))),
        None => Err(Problem::usage("SOURCE_DATE_EPOCH is not a time in seconds since 1970")
            .with_help("for example 1790000000; without it, none is written where none has to be")),
    }
}
