//! Certificates, the clock, the environment, and what this process can do to itself.

use super::finding::{Area, Examination};
use hotcell::Config;
use hotcell::confinement::{Confinement, ConfinementMode, Outcome, Report};
use hotcell::egress::Roots;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Clocks of file servers and of this machine are not quite the same.
const TOLERANCE: Duration = Duration::from_secs(60);

pub(super) fn examine(config: Option<&Config>, examination: &mut Examination) {
    certificates(config, examination);
    clock(examination);
    environment(examination);
}

fn certificates(config: Option<&Config>, examination: &mut Examination) {
    const AREA: Area = Area::Certificates;
    let file = config.and_then(|config| config.tls_roots.clone());
    let roots = file.map_or(Roots::Platform, Roots::File);
    match roots.count() {
        Ok(count) => {
            let whose = match &roots {
                Roots::File(file) => file.display().to_string(),
                Roots::Platform => "the platform's".to_owned(),
            };
            let count = count.map(|count| format!("{count} authorities, ")).unwrap_or_default();
            examination.note_examined(AREA, format!("{count}{whose}"));
        }
        Err(error) => {
            let remedy = match roots {
                Roots::File(_) => {
                    "name a PEM file with `tls-roots`, or leave it out for the platform's"
                }
                Roots::Platform => {
                    "install your system's certificates (ca-certificates), or name a PEM file with \
                     `tls-roots`"
                }
            };
            examination.error(AREA, error.to_string(), remedy);
        }
    }
    for variable in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
        if matches!(roots, Roots::Platform) && std::env::var_os(variable).is_some() {
            let what = format!("{variable} says whose certificates are believed");
            examination.note(
                AREA,
                what,
                "unset it, or write `tls-roots` into the configuration, if that is not meant",
            );
        }
    }
}

/// No clock is asked, since that would need the network: a clock that is wrong by years shows
/// in files that were written in its future.
fn clock(examination: &mut Examination) {
    const AREA: Area = Area::Clock;
    let now = SystemTime::now();
    let written = |path: &Path| std::fs::metadata(path).and_then(|found| found.modified()).ok();
    let binary = std::env::current_exe().ok().and_then(|binary| written(&binary));
    match binary.filter(|written| *written > now + TOLERANCE) {
        Some(_) => examination.error(
            AREA,
            "the clock is before the time at which this program was written",
            "set it: certificates are judged by it, and records would bear a wrong time",
        ),
        None => examination.note_examined(AREA, "after this program was written"),
    }
}

fn environment(examination: &mut Examination) {
    const AREA: Area = Area::Environment;
    const LOADERS: [&str; 3] = ["LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES"];
    let is_set = |variable: &&str| std::env::var_os(variable).is_some_and(|it| !it.is_empty());
    let loaders: Vec<&str> = LOADERS.into_iter().filter(is_set).collect();
    for variable in &loaders {
        let what = format!("{variable} loads other code into the process that holds the keys");
        let remedy = format!("run hotcell without it: `env -u {variable} hotcell …`");
        examination.warn(AREA, what, remedy);
    }
    let what = match loaders.is_empty() {
        true => "loads nothing else into this process".to_owned(),
        false => loaders.join(", "),
    };
    examination.note_examined(AREA, what);
}

/// Confines this process, as `chat` does, and tells what became of it.
pub(super) fn confine(config: Option<&Config>, examination: &mut Examination) -> Value {
    const AREA: Area = Area::Confinement;
    let mode = config.and_then(|config| config.confinement.as_ref()).map(|it| it.mode);
    let mode = mode.unwrap_or_default();
    if mode == ConfinementMode::Off {
        let remedy = "write `mode = \"attempt\"` under [confinement], or leave it out";
        examination.warn(AREA, "it is switched off", remedy);
    }
    let report = match Confinement::new().apply() {
        Ok(report) => report,
        Err(error) => {
            examination.error(AREA, error.to_string(), "`--confinement off` does without");
            return json!({ "mode": mode, "landlock": null, "measures": [] });
        }
    };
    gaps(&report, mode, examination);
    let outcomes = report.outcomes().iter();
    let active = outcomes.filter(|(_, outcome)| *outcome == Outcome::Active);
    let active: Vec<String> = active.map(|(measure, _)| measure.to_string()).collect();
    let version = report.landlock().map(|version| format!(" (Landlock {version})"));
    let active = if active.is_empty() { "nothing".to_owned() } else { active.join(", ") };
    examination.note_examined(AREA, format!("{active}{}", version.unwrap_or_default()));
    let measures: Vec<Value> = report
        .outcomes()
        .iter()
        .map(|(measure, outcome)| {
            let mut object = json!(outcome);
            object["measure"] = json!(measure);
            object
        })
        .collect();
    json!({ "mode": mode, "landlock": report.landlock(), "measures": measures })
}

/// What is not active, and what that means. What is so for one reason is one finding.
fn gaps(report: &Report, mode: ConfinementMode, examination: &mut Examination) {
    const AREA: Area = Area::Confinement;
    let mut gaps: Vec<(&Outcome, Vec<String>)> = Vec::new();
    for (measure, outcome) in report.gaps() {
        match gaps.iter_mut().find(|(known, _)| *known == outcome) {
            Some((_, measures)) => measures.push(measure.to_string()),
            None => gaps.push((outcome, vec![measure.to_string()])),
        }
    }
    for (outcome, measures) in gaps {
        let what = format!("{}: {outcome}", measures.join(", "));
        match outcome {
            Outcome::Active => {}
            _ if mode == ConfinementMode::Require => {
                let remedy = "nobody is asked as long as `[confinement]` requires it";
                examination.error(AREA, what, remedy);
            }
            Outcome::Missing(_) => examination.note(
                AREA,
                what,
                "hotcell does without; run it as a user or in a container of its own where that \
                 is not enough",
            ),
            Outcome::Failed(_) => examination.warn(
                AREA,
                what,
                "hotcell does without; look for what forbids it, such as a container's own filter",
            ),
        }
    }
}
