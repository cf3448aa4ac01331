//! Configurations of other gateways: as a file, or in place of one.

use super::new_file;
use crate::arguments::{LitellmArguments, MigrateCommand};
use crate::problem::{Problem, why};
use crate::render::text::{visible, visible_line};
use crate::terminal::Terminal;
use hotcell::egress::service::ServiceAddress;
use hotcell::egress::{IdentitySource, SecretSource, Watchword};
use hotcell::{Config, Runner};
use hotcell_gateway::GatewayError;
use hotcell_migrate::litellm::{self, World};
use hotcell_migrate::{Kind, Literal, Migrated, Note};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// The first bytes of a file that are read: more than a configuration may have.
const BYTES: u64 = 8 * 1024 * 1024;

pub(crate) fn run(command: &MigrateCommand, terminal: &Terminal) -> Result<(), Problem> {
    match command {
        MigrateCommand::Litellm(arguments) => from_litellm(arguments, terminal),
    }
}

impl MigrateCommand {
    pub(crate) fn json(&self) -> bool {
        let Self::Litellm(arguments) = self;
        arguments.json
    }
}

fn from_litellm(arguments: &LitellmArguments, terminal: &Terminal) -> Result<(), Problem> {
    let file = &arguments.file;
    let mut migrated = read(file)?;
    let text = format!("{}{}", heading(file), migrated.to_toml());
    let place = arguments.output.as_deref().unwrap_or(Path::new("hotcell.toml"));
    check(&mut migrated, &text, place)?;
    if let Some(output) = &arguments.output {
        let written = new_file(output)?.write_all(text.as_bytes());
        written.map_err(|error| {
            Problem::usage(format!("{} cannot be written: {}", output.display(), why(&error)))
        })?;
    }
    if arguments.json {
        terminal.print_json(&document(file, &migrated, &text))?;
    } else {
        if arguments.output.is_none() {
            terminal.print(&text)?;
        }
        notes(file, &migrated.notes, terminal);
        terminal.note(&summary(&migrated));
    }
    let left_out = count(&migrated.notes, Kind::LeftOut);
    match arguments.strict && left_out > 0 {
        true => Err(Problem::finding(format!("{} left out", settings(left_out)))
            .with_help("each has its line and what there is instead among the notes")),
        false => Ok(()),
    }
}

/// The configuration to serve with, instead of a file of hotcell's, and the files that it
/// includes. What there is to say of it is said.
///
/// # Errors
/// A file that is not accepted, and secrets that stand in it and nowhere else: a process that
/// serves takes them from where they can be kept.
pub(crate) fn in_place(
    file: &Path,
    terminal: &Terminal,
) -> Result<(Config, Vec<PathBuf>), Problem> {
    let migrated = read(file)?;
    notes(file, &migrated.notes, terminal);
    let missing: Vec<&Literal> = migrated.literals.iter().filter(|it| !is_there(it)).collect();
    if missing.is_empty() {
        return Ok((migrated.config, migrated.included));
    }
    let lines = missing.iter().map(|it| {
        let (setting, file) = (visible_line(&it.setting), it.file.as_deref().unwrap_or(file));
        format!("\n{}:{}: {setting} is looked for in {}", file.display(), it.line, it.source)
    });
    let message = format!(
        "{} not read from there:{}",
        match missing.len() {
            1 => "a secret stands in the file, and is",
            _ => "secrets stand in the file, and are",
        },
        lines.collect::<String>()
    );
    Err(Problem::usage(message)
        .with_help("put each where it is looked for, or write `os.environ/NAME` in the file"))
}

/// Whether a secret is where it is looked for.
fn is_there(literal: &Literal) -> bool {
    if let Ok(source) = literal.source.parse::<SecretSource>() {
        return source.present().unwrap_or(false);
    }
    let identity = literal.source.parse::<IdentitySource>();
    identity.is_ok_and(|identity| identity.files().iter().all(|file| file.is_file()))
}

/// Reads a file of LiteLLM's.
fn read(file: &Path) -> Result<Migrated, Problem> {
    let text = open(file);
    let text = text.map_err(|why| Problem::usage(format!("{}: {why}", file.display())))?;
    let world = World { environment: &|name| std::env::var(name).ok(), open: &open };
    litellm::read(file, &text, &world).map_err(|error| {
        let mut place = error.file.as_deref().unwrap_or(file).display().to_string();
        for number in [error.line, error.column].into_iter().take_while(|number| *number > 0) {
            place.push_str(&format!(":{number}"));
        }
        Problem::Usage { message: format!("{place}: {}", error.message), help: error.help }
    })
}

fn open(file: &Path) -> Result<String, String> {
    let mut text = String::new();
    let opened = File::open(file).and_then(|file| file.take(BYTES).read_to_string(&mut text));
    opened.map(|_| text).map_err(|error| why(&error))
}

/// What `hotcell config check` and `hotcell serve` would say of it.
fn check(migrated: &mut Migrated, text: &str, place: &Path) -> Result<(), Problem> {
    let config = Config::parse(text, place)?;
    let mut found = Vec::new();
    match Runner::builder().config(config).build() {
        Err(problem) => found.push(problem.to_string()),
        Ok(runner) => {
            let listing = runner.providers();
            let problems = listing.iter().filter_map(|provider| provider.problem.as_ref());
            found.extend(problems.map(ToString::to_string));
            let others = hotcell_gateway::check(&runner, &listing).into_iter();
            let others = others.filter(|error| !matches!(error, GatewayError::Setup(_)));
            found.extend(others.chain(absent(&runner)).map(|error| error.to_string()));
        }
    }
    let setting = "hotcell.toml".to_owned();
    let notes = found.into_iter().map(|message| Note {
        file: None,
        line: 0,
        kind: Kind::ToDo,
        setting: setting.clone(),
        message,
    });
    migrated.notes.extend(notes);
    Ok(())
}

/// Secrets of the gateway's own that are not there yet. No state is opened to find out.
fn absent(runner: &Runner) -> Vec<GatewayError> {
    let gateway = runner.config().gateway.clone().unwrap_or_default();
    let admin = gateway.admin_key.and_then(|source| Watchword::read(&source).err());
    let database = gateway.state.and_then(|state| match state.database {
        Some(ServiceAddress::Source(source)) => source.check().err(),
        _ => None,
    });
    let admin = admin.map(|error| GatewayError::AdminKey(error.to_string()));
    let database = database.map(|error| GatewayError::Server(format!("database: {error}")));
    admin.into_iter().chain(database).collect()
}

fn heading(file: &Path) -> String {
    // Whoever named the file does not write lines of this one.
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    format!(
        "# Made by `hotcell migrate litellm` from {}.\n\
         # Every adapter is part of hotcell: there is nothing to grant, and no hotcell.lock.\n\n",
        visible_line(&name)
    )
}

fn notes(file: &Path, notes: &[Note], terminal: &Terminal) {
    for note in notes {
        let line = if note.line > 0 { format!(":{}", note.line) } else { String::new() };
        let text = note.to_string();
        let file = note.file.as_deref().unwrap_or(file);
        terminal.note(&format!("{}{line}: {}\n", file.display(), visible(&text)));
    }
}

fn summary(migrated: &Migrated) -> String {
    let models = migrated.config.gateway.as_ref().map_or(0, |gateway| gateway.models.len());
    let notes = &migrated.notes;
    format!(
        "{models} {}, {} {}; {} left out, {} to do; there is nothing to grant: every adapter is \
         part of hotcell\n",
        if models == 1 { "model" } else { "models" },
        migrated.config.providers.len(),
        if migrated.config.providers.len() == 1 { "provider" } else { "providers" },
        settings(count(notes, Kind::LeftOut)),
        count(notes, Kind::ToDo),
    )
}

fn settings(count: usize) -> String {
    format!("{count} {}", if count == 1 { "setting" } else { "settings" })
}

fn count(notes: &[Note], kind: Kind) -> usize {
    notes.iter().filter(|note| note.kind == kind).count()
}

fn document(file: &Path, migrated: &Migrated, text: &str) -> Value {
    json!({
        "file": file,
        "toml": text,
        "config": migrated.config,
        "grants": [],
        "left-out": count(&migrated.notes, Kind::LeftOut),
        "to-do": count(&migrated.notes, Kind::ToDo),
        "notes": migrated.notes,
    })
}
