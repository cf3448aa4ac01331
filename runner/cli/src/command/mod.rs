//! The commands: each reads its arguments, calls the library, and hands what comes
//! back to `render`.

mod adapter;
mod adapter_source;
mod audit;
mod audit_log;
mod chat;
mod completions;
mod config;
mod confine;
mod control;
mod conversation;
mod doctor;
mod embed;
mod grant;
mod image;
mod known_models;
mod man;
mod migrate;
mod models;
mod moderate;
mod outline;
mod pack;
mod providers;
mod replay;
mod rerank;
mod sbom;
mod serve;
mod sign;
mod source;
mod speak;
mod transcribe;
mod verify;
mod view;
mod watch;

pub(crate) use conversation::COMMANDS;

use crate::arguments::{
    Arguments, AuditCommand, AuditFormat, AuditLogCommand, Command, ContentChoice, GlobalArguments,
};
use crate::problem::{Problem, why};
use crate::terminal::Terminal;
use hotcell::egress::SecretSource;
use hotcell::types::FailureKind;
use hotcell::{AuditConfig, Config, ConfinementConfig, Content, Interface, Runner, SetupError};
use std::fs::File;
use std::future::Future;
use std::io::Read;
use std::path::Path;
use tokio::runtime::Runtime;

/// Does what was asked.
pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<(), Problem> {
    let global = &arguments.global;
    match &arguments.command {
        Command::Chat(chat) => chat::run(chat, global, terminal),
        Command::Embed(embed) => embed::run(embed, global, terminal),
        Command::Rerank(rerank) => rerank::run(rerank, global, terminal),
        Command::Image(image) => image::run(image, global, terminal),
        Command::Speak(speak) => speak::run(speak, global, terminal),
        Command::Transcribe(transcribe) => transcribe::run(transcribe, global, terminal),
        Command::Moderate(moderate) => moderate::run(moderate, global, terminal),
        Command::Models(models) => models::run(models, global, terminal),
        Command::Providers(providers) => providers::run(providers, global, terminal),
        Command::Adapter(adapter) => adapter::run(adapter, global, terminal),
        Command::Audit(audit) => match &audit.command {
            None => audit::run(audit, global, terminal),
            Some(AuditCommand::Log(AuditLogCommand::Verify(verify))) => {
                audit_log::verify(verify, global, terminal)
            }
        },
        Command::Replay(arguments) => replay::run(arguments, global, terminal),
        Command::Sbom(arguments) => sbom::run(arguments, global, terminal),
        Command::Serve(arguments) => serve::run(arguments, global, terminal),
        Command::Keys(arguments) => control::keys(arguments, global, terminal),
        Command::Teams(arguments) => control::teams(arguments, global, terminal),
        Command::Usage(arguments) => control::usage(arguments, global, terminal),
        Command::Budget(arguments) => control::budget(arguments, global, terminal),
        Command::Migrate(command) => migrate::run(command, terminal),
        Command::Outline(arguments) => outline::run(arguments, terminal),
        Command::Config(config) => config::run(config, global, terminal),
        Command::Doctor(doctor) => doctor::run(doctor, global, terminal),
        Command::Completions(shell) => completions::run(shell, terminal),
        Command::Man(arguments) => man::run(arguments),
        Command::Demo(demo) => crate::demo::run(demo, terminal),
    }
}

impl Arguments {
    /// Whether it is a gateway that is asked for, which has no end of its own.
    pub(crate) fn serves(&self) -> bool {
        matches!(self.command, Command::Serve(_))
    }

    /// Whether errors are read by a program too.
    pub(crate) fn wants_json(&self) -> bool {
        match &self.command {
            Command::Chat(chat) => chat.output.json || chat.output.events,
            Command::Embed(embed) => embed.json,
            Command::Rerank(rerank) => rerank.json,
            Command::Image(image) => image.json,
            Command::Transcribe(transcribe) => transcribe.json,
            Command::Moderate(moderate) => moderate.json,
            Command::Models(models) => models.json,
            Command::Providers(providers) => providers.json,
            Command::Demo(demo) => demo.json,
            Command::Adapter(adapter) => adapter.json(),
            Command::Audit(audit) => match &audit.command {
                None => audit.json || audit.format == AuditFormat::Json,
                Some(AuditCommand::Log(AuditLogCommand::Verify(verify))) => verify.json,
            },
            Command::Replay(arguments) => arguments.json,
            Command::Config(config) => config.json(),
            Command::Keys(keys) => keys.command.json(),
            Command::Teams(teams) => teams.command.json(),
            Command::Usage(arguments) => arguments.json,
            Command::Budget(arguments) => arguments.json,
            Command::Doctor(doctor) => doctor.json,
            Command::Migrate(command) => command.json(),
            Command::Completions(_)
            | Command::Man(_)
            | Command::Sbom(_)
            | Command::Serve(_)
            | Command::Outline(_)
            | Command::Speak(_) => false,
        }
    }
}

/// The configuration in force.
fn configuration(global: &GlobalArguments) -> Result<Config, Problem> {
    let config = match &global.config {
        Some(file) => Config::read(file)?,
        None => Config::load()?,
    };
    Ok(with_options(config, global))
}

/// The configuration, and what the command line says besides.
fn with_options(mut config: Config, global: &GlobalArguments) -> Config {
    if let Some(file) = &global.audit {
        config.audit = Some(AuditConfig::at(file.clone()));
    }
    if let Some(choice) = global.confinement {
        config.confinement = Some(ConfinementConfig { mode: choice.into() });
    }
    config
}

/// A runner for one-shot calls.
fn runner(global: &GlobalArguments) -> Result<Runner, Problem> {
    let config = configuration(global)?;
    if global.record_content.is_some() && global.record.is_none() && config.transcripts.is_none() {
        return Err(Problem::usage("`--record-content` without transcripts")
            .with_help("say where they go: `--record DIR`"));
    }
    let mut builder = Runner::builder().config(config);
    if let Some(directory) = &global.record {
        builder = builder.record(directory.clone());
    }
    if let Some(content) = global.record_content {
        builder = builder.record_content(match content {
            ContentChoice::Keep => Content::Keep,
            ContentChoice::Hash => Content::Hash,
            ContentChoice::Drop => Content::Drop,
        });
    }
    Ok(builder.build()?)
}

/// Sets up what a model, or a provider without one, is asked by. What is wrong with it is
/// wrong with the configuration or with what was typed, and not with a request.
fn set_up(runner: &Runner, model: &str, interface: Interface) -> Result<(), Problem> {
    runner.warm_for(model, interface).map_err(|error| match &error.setup {
        Some(setup) => Problem::Setup(SetupError::clone(setup)),
        None => Problem::Usage { message: error.failure.message, help: error.help },
    })
}

/// A runner that is ready for requests of one kind to one model, in a process that has given
/// up the rest.
fn runner_for(
    global: &GlobalArguments,
    model: &str,
    interface: Interface,
) -> Result<Runner, Problem> {
    let runner = runner(global)?;
    split(model)?;
    set_up(&runner, model, interface)?;
    confine::confine(&runner, [(model, Some(interface))], |needed| needed)?;
    Ok(runner)
}

/// The texts that were given, or the lines of standard input.
fn texts(given: &[String], what: &str, terminal: &Terminal) -> Result<Vec<String>, Problem> {
    if !given.is_empty() {
        return Ok(given.to_vec());
    }
    let text = standard_input(terminal)?;
    let lines: Vec<String> =
        text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
    if lines.is_empty() {
        return Err(Problem::usage(format!("there is no {what}"))
            .with_help(format!("give each {what} as an argument, or one a line through a pipe")));
    }
    Ok(lines)
}

/// What comes through a pipe; nothing where nobody pipes.
fn standard_input(terminal: &Terminal) -> Result<String, Problem> {
    let mut text = String::new();
    if !terminal.can_ask {
        std::io::stdin().lock().read_to_string(&mut text).map_err(|error| {
            Problem::usage(format!("standard input cannot be read: {}", why(&error)))
        })?;
    }
    Ok(text)
}

/// A file for what a provider gives. Nothing that is there already is written over, but for
/// an empty file: a process that has confined itself can open none later, nor remove one
/// that nothing came for.
fn new_file(path: &Path) -> Result<File, Problem> {
    let file = File::options().write(true).create(true).truncate(false).open(path);
    let file = file.map_err(|error| {
        Problem::usage(format!("{} cannot be written: {}", path.display(), why(&error)))
    })?;
    let is_empty = file.metadata().is_ok_and(|metadata| metadata.len() == 0);
    if is_empty {
        return Ok(file);
    }
    Err(Problem::usage(format!("{} is there already", path.display()))
        .with_help("name another file, or remove that one first"))
}

/// The ending of a file's name, which most providers take for the name of a format.
fn ending(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

/// Where a key is missing, says how this provider gets one.
pub(crate) fn with_key_help(problem: Problem, runner: &Runner) -> Problem {
    let Problem::Failure(error) = &problem else { return problem };
    // A provider that refuses a key has a status.
    if error.kind() != FailureKind::Authentication || error.failure.status.is_some() {
        return problem;
    }
    let listing = runner.providers();
    let provider = listing.iter().find(|known| Some(&known.name) == error.provider.as_ref());
    // What an identity lacks is said by the failure itself.
    let provider = provider.filter(|provider| provider.identity.is_none());
    let missing = provider.and_then(|provider| {
        let secret = provider.secrets.iter().find(|secret| !secret.present)?;
        Some((&provider.name, secret))
    });
    let Some((provider, secret)) = missing else { return problem };
    let first = match &secret.source {
        Some(SecretSource::Env(variables)) => format!("set {variables}, or name another source"),
        Some(source) => format!("put it where `{source}` says, or name another source"),
        None => "say where it is".to_owned(),
    };
    let help = format!(
        "{first}: `secrets.{} = \"file:…\"` under [providers.{provider}] in the configuration; \
         sources are env:, file:, cmd: and keyring:",
        secret.name
    );
    problem.with_help(help)
}

/// The two parts of `provider/model`.
fn split(model: &str) -> Result<(&str, &str), Problem> {
    let parts = model.split_once('/');
    parts.filter(|(provider, model)| !provider.is_empty() && !model.is_empty()).ok_or_else(|| {
        Problem::usage(format!("`{model}` is not a model: expected provider/model"))
            .with_help("for example openai/gpt-4o-mini; `hotcell providers` lists the providers")
    })
}

/// One thread is enough for one request, and starts at once.
pub(crate) fn runtime() -> Result<Runtime, Problem> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// Runs to the end or to Ctrl-C. What still runs in the background then, such as
/// the resolution of a name, is not waited for.
pub(crate) fn block_on<T>(
    runtime: Runtime,
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    let result = runtime.block_on(interruptible(work));
    runtime.shutdown_background();
    result
}

/// Ends the work on Ctrl-C. Dropping it cancels the request.
pub(crate) async fn interruptible<T>(
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    tokio::select! {
        result = work => result,
        _ = tokio::signal::ctrl_c() => Err(Problem::Interrupted),
    }
}
