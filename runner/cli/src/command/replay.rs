//! `hotcell replay`: whether what was recorded happens again.

mod outcome;

use super::{adapter, block_on, configuration, runtime};
use crate::arguments::{GlobalArguments, ReplayArguments};
use crate::problem::{Problem, why};
use crate::terminal::Terminal;
use hotcell::egress::audit::chain;
use hotcell::manifest::Digest;
use hotcell::transcript::{Instead, TranscriptError};
use hotcell::{Config, Outline, Recorded, Runner, SetupError};
use outcome::{Outcome, Seen};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// From so many on, a person wants to see how far it is.
const MANY: usize = 20;

pub(crate) fn run(
    arguments: &ReplayArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let config = configuration(global)?;
    let component = match &arguments.adapter {
        Some(name) => Some(adapter::find(name, &config)?.1),
        None => None,
    };
    let log = attested(&config)?;
    let whole = arguments.against.as_deref().map(by_request).transpose()?;
    // Nothing is asked of anybody, so that nothing has to be written down.
    let runner = Runner::builder().config(Config { audit: None, ..config }).build()?;
    let files = files(&arguments.transcripts)?;
    let seen = block_on(runtime()?, async {
        let mut seen = Vec::new();
        for (number, file) in files.iter().enumerate() {
            if files.len() > MANY && terminal.error_is_screen {
                terminal.note(&format!("\r{number} of {}\u{1b}[K", files.len()));
            }
            let (recorded, digest) = read(file)?;
            let (request_id, component_digest, adapter) = match &recorded {
                Recorded::Whole(it) => (&it.request_id, it.digest, &it.adapter),
                Recorded::Outline(it) => (&it.request_id, it.digest, &it.adapter),
            };
            let attest = |digest: &Digest, file: &Path| match &log {
                Some(log) => attest(log, request_id, digest, file),
                None => Ok(()),
            };
            let outcome = match &recorded {
                // One that was made of a transcript is as good as that.
                Recorded::Outline(outline) if whole.is_some() => {
                    held(outline, whole.as_ref(), attest)?
                }
                Recorded::Outline(outline) => {
                    attest(&digest, file).map_err(|problem| {
                        problem.with_help("hold it `--against` the transcript that it was made of")
                    })?;
                    held(outline, None, attest)?
                }
                Recorded::Whole(transcript) => {
                    attest(&digest, file)?;
                    let replayed = runner.replay(transcript, component.as_deref()).await;
                    Outcome::Replayed(replayed.map_err(|error| match &error.setup {
                        Some(setup) => Problem::Setup(SetupError::clone(setup)),
                        None => error.into(),
                    })?)
                }
            };
            seen.push(Seen {
                file,
                request_id: request_id.clone(),
                adapter: adapter.clone(),
                digest: component_digest,
                outcome,
            });
        }
        Ok(seen)
    });
    if files.len() > MANY && terminal.error_is_screen {
        terminal.note("\r\u{1b}[K");
    }
    let seen = seen?;
    let verified = seen.iter().filter(|seen| seen.outcome.is_verified()).count();
    let outlines = seen.iter().filter(|seen| !seen.outcome.is_replayed()).count();
    if arguments.json {
        let documents: Vec<Value> = seen.iter().map(Seen::document).collect();
        let summary =
            json!({ "verified": verified, "not-replayed": outlines, "transcripts": documents });
        terminal.print_json(&summary)?;
    } else {
        let pages: String = seen.iter().map(|seen| seen.page(terminal)).collect();
        let mut summary = format!("{verified} of {} verified", seen.len());
        if outlines > 0 {
            summary.push_str(&format!(", {outlines} not replayed"));
        }
        let summary = if seen.len() > 1 { format!("{summary}\n") } else { String::new() };
        terminal.print(&format!("{pages}{summary}"))?;
    }
    let findings: Vec<&Seen<'_>> = seen.iter().filter(|seen| seen.outcome.is_finding()).collect();
    match findings[..] {
        [] => Ok(()),
        [one] => Err(Problem::finding(one.outcome.finding())),
        _ => Err(Problem::finding(format!("{} transcripts are not what happens", findings.len()))),
    }
}

/// What can be said of an outline, and of the transcript that it is held against.
fn held(
    outline: &Outline,
    whole: Option<&ByRequest>,
    attest: impl Fn(&Digest, &Path) -> Result<(), Problem>,
) -> Result<Outcome, Problem> {
    let hashed = matches!(outline.content, Instead::Hashed(_));
    if let Some(flaw) = outline.flaw() {
        return Ok(Outcome::Flawed { hashed, flaw });
    }
    let Some(whole) = whole else { return Ok(Outcome::Checked { hashed }) };
    let mut other = None;
    for file in whole.get(&outline.request_id).into_iter().flatten() {
        let (Recorded::Whole(transcript), digest) = read(file)? else { continue };
        match outline.difference(&transcript) {
            None => {
                attest(&digest, file)?;
                return Ok(Outcome::Same { hashed, file: file.clone() });
            }
            Some(place) => other = Some((file.clone(), place)),
        }
    }
    Ok(Outcome::Other { hashed, other })
}

/// The files of transcripts that were kept whole, by the request's id.
type ByRequest = BTreeMap<String, Vec<PathBuf>>;

fn by_request(path: &Path) -> Result<ByRequest, Problem> {
    let mut whole = ByRequest::new();
    for file in files(&[path.to_owned()])? {
        if let (Recorded::Whole(transcript), _) = read(&file)? {
            whole.entry(transcript.request_id).or_default().push(file);
        }
    }
    match whole.is_empty() {
        true => Err(Problem::usage(format!("`{}` holds no whole transcript", path.display()))
            .with_help("`--against` wants what was recorded with its content")),
        false => Ok(whole),
    }
}

/// The transcripts that are meant, those of a folder in their order.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, Problem> {
    let mut files = Vec::new();
    for path in named {
        let unreadable =
            |error| Problem::usage(format!("`{}` cannot be read: {}", path.display(), why(&error)));
        if !fs::metadata(path).map_err(unreadable)?.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries = fs::read_dir(path).map_err(unreadable)?;
        let entries = entries.map(|entry| entry.map(|entry| entry.path()));
        let mut inside = entries.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
        inside.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
        if inside.is_empty() {
            return Err(Problem::usage(format!("`{}` holds no transcript", path.display())));
        }
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

fn read(file: &Path) -> Result<(Recorded, Digest), Problem> {
    Recorded::read(file).map_err(|error| {
        let file = file.display();
        Problem::usage(match error {
            TranscriptError::Unreadable(error) => {
                format!("`{file}` cannot be read: {}", why(&error))
            }
            error => format!("`{file}`: {error}"),
        })
    })
}

type Attested = Vec<(String, Digest)>;

/// The transcripts that the audit log tells of, where one is configured and there.
fn attested(config: &Config) -> Result<Option<Attested>, Problem> {
    let Some(audit) = config.audit.as_ref().filter(|audit| audit.file.exists()) else {
        return Ok(None);
    };
    let verified = chain::verify(&chain::files(&audit.file), None);
    let verified = verified.map_err(|error| Problem::finding(error.to_string()))?;
    Ok(Some(verified.transcripts))
}

/// A transcript that was forged as a whole happens as it is written. The audit log knows
/// the one that was kept.
fn attest(log: &Attested, id: &str, digest: &Digest, file: &Path) -> Result<(), Problem> {
    if log.iter().any(|(_, known)| known == digest) {
        return Ok(());
    }
    let file = file.display();
    Err(match log.iter().any(|(known, _)| known == id) {
        true => Problem::finding(format!(
            "`{file}` is not the transcript of {id} that the audit log tells of: it was edited"
        )),
        false => Problem::finding(format!("the audit log does not tell of `{file}`"))
            .with_help("replay it without the log (`--config`), if it is of another machine"),
    })
}
