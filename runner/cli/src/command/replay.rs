//! `hotcell replay`: whether what was recorded happens again.

use super::{adapter, block_on, configuration, runtime};
use crate::arguments::{GlobalArguments, ReplayArguments};
use crate::problem::{Problem, why};
use crate::render::text::{cut, visible_line};
use crate::terminal::Terminal;
use hotcell::egress::audit::chain;
use hotcell::manifest::Digest;
use hotcell::{Config, Difference, Replayed, Runner, SetupError, Transcript};
use serde_json::{Value, json};
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
    // Nothing is asked of anybody, so that nothing has to be written down.
    let runner = Runner::builder().config(Config { audit: None, ..config }).build()?;
    let files = files(&arguments.transcripts)?;
    let played = block_on(runtime()?, async {
        let mut played = Vec::new();
        for (number, file) in files.iter().enumerate() {
            if files.len() > MANY && terminal.error_is_screen {
                terminal.note(&format!("\r{number} of {}\u{1b}[K", files.len()));
            }
            let (transcript, digest) = read(file)?;
            if let Some(log) = &log {
                attest(log, &transcript, &digest, file)?;
            }
            let replayed = runner.replay(&transcript, component.as_deref()).await;
            let replayed = replayed.map_err(|error| match &error.setup {
                Some(setup) => Problem::Setup(SetupError::clone(setup)),
                None => error.into(),
            })?;
            played.push((file, transcript, replayed));
        }
        Ok(played)
    });
    if files.len() > MANY && terminal.error_is_screen {
        terminal.note("\r\u{1b}[K");
    }
    let played = played?;
    let verified = played.iter().filter(|(.., replayed)| replayed.is_verified()).count();
    if arguments.json {
        let documents =
            played.iter().map(|(file, transcript, replayed)| document(file, transcript, replayed));
        let documents: Vec<Value> = documents.collect();
        terminal.print_json(&json!({ "verified": verified, "transcripts": documents }))?;
    } else {
        let pages = played
            .iter()
            .map(|(file, transcript, replayed)| page(file, transcript, replayed, terminal));
        let pages: String = pages.collect();
        let summary = format!("{verified} of {} verified\n", played.len());
        terminal.print(&format!("{pages}{}", if played.len() > 1 { &summary } else { "" }))?;
    }
    match played.len() - verified {
        0 => Ok(()),
        1 => Err(Problem::finding("what happens is not what is written")),
        count => Err(Problem::finding(format!("{count} transcripts are not what happens"))),
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

fn read(file: &Path) -> Result<(Transcript, Digest), Problem> {
    let bytes = fs::read(file).map_err(|error| {
        Problem::usage(format!("`{}` cannot be read: {}", file.display(), why(&error)))
    })?;
    let transcript = Transcript::parse(&bytes)
        .map_err(|error| Problem::usage(format!("`{}`: {error}", file.display())))?;
    Ok((transcript, Digest::of(&bytes)))
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
fn attest(
    log: &Attested,
    transcript: &Transcript,
    digest: &Digest,
    file: &Path,
) -> Result<(), Problem> {
    if log.iter().any(|(_, known)| known == digest) {
        return Ok(());
    }
    let file = file.display();
    let id = &transcript.request_id;
    Err(match log.iter().any(|(known, _)| known == id) {
        true => Problem::finding(format!(
            "`{file}` is not the transcript of {id} that the audit log tells of: it was edited"
        )),
        false => Problem::finding(format!("the audit log does not tell of `{file}`"))
            .with_help("replay it without the log (`--config`), if it is of another machine"),
    })
}

fn document(file: &Path, transcript: &Transcript, replayed: &Replayed) -> Value {
    json!({
        "file": file,
        "request-id": transcript.request_id,
        "digest": transcript.digest,
        "verified": replayed.is_verified(),
        "sent": replayed.sent,
        "yielded": replayed.yielded,
    })
}

fn page(file: &Path, transcript: &Transcript, replayed: &Replayed, terminal: &Terminal) -> String {
    let paint = terminal.paint;
    let file = visible_line(&file.display().to_string());
    if replayed.is_verified() {
        let about = format!("{} {}", visible_line(&transcript.adapter), transcript.digest);
        return format!("{}  {file}  {}\n", paint.good("verified"), paint.dim(&about));
    }
    let mut text = format!("{}   {file}\n", paint.bad("differs"));
    for (what, difference) in [("sent", &replayed.sent), ("yielded", &replayed.yielded)] {
        let Some(Difference { at, recorded, replayed }) = difference else { continue };
        let (old, new) = around(recorded.as_deref(), replayed.as_deref());
        text.push_str(&format!("  {what}, {at}\n    written  {old}\n    happens  {new}\n"));
    }
    text
}

/// Both texts from a little before the place at which they differ.
fn around(recorded: Option<&str>, replayed: Option<&str>) -> (String, String) {
    const BEFORE: usize = 30;
    const WIDTH: usize = 100;
    let (old, new) = (recorded.unwrap_or_default(), replayed.unwrap_or_default());
    let same = old.chars().zip(new.chars()).take_while(|(one, other)| one == other).count();
    let from = same.saturating_sub(BEFORE);
    let shown = |text: Option<&str>| match text {
        None => "nothing".to_owned(),
        Some(text) => {
            let lead = if from > 0 { "…" } else { "" };
            let rest: String = text.chars().skip(from).collect();
            cut(&visible_line(&format!("{lead}{rest}")), WIDTH)
        }
    };
    (shown(recorded), shown(replayed))
}
