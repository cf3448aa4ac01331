use super::configuration;
use crate::arguments::{ConfigCommand, GlobalArguments};
use crate::problem::Problem;
use crate::render;
use crate::render::text::{pad, visible};
use crate::terminal::Terminal;
use hotcell::{Config, Runner};
use hotcell_gateway::GatewayError;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The configuration's form, for editors. A test compares it with the library.
const SCHEMA: &str = include_str!("../config.schema.json");

pub(crate) fn run(
    command: &ConfigCommand,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    match command {
        ConfigCommand::Show { json } => show(global, *json, terminal),
        ConfigCommand::Path { json } => path(global, *json, terminal),
        ConfigCommand::Schema => terminal.print(SCHEMA),
        ConfigCommand::Check { file } => {
            let (config, files) = match file {
                Some(file) => (Config::read(file)?, vec![file.clone()]),
                None => (configuration(global)?, files(global)),
            };
            check(config, &files, terminal)
        }
    }
}

/// Finding every provider's adapter, endpoints and settings checks what the file alone
/// cannot say, and so does finding where the gateway's models lead. All that is wrong is told; the
/// last of it is how the command ends.
fn check(config: Config, files: &[PathBuf], terminal: &Terminal) -> Result<(), Problem> {
    let (providers, models) =
        (config.providers.len(), config.gateway.as_ref().map_or(0, |it| it.models.len()));
    let runner = Runner::builder().config(config).build()?;
    let listing = runner.providers();
    let of_gateway = hotcell_gateway::check(&runner, &listing).into_iter();
    let of_gateway = of_gateway.filter(|error| {
        // A provider is told of once.
        let GatewayError::Setup(error) = error else { return true };
        !listing.iter().any(|provider| provider.problem.as_ref() == Some(error))
    });
    let of_gateway = of_gateway.map(|error| Problem::Gateway(Box::new(error))).collect::<Vec<_>>();
    let of_providers = listing.into_iter().filter_map(|provider| provider.problem);
    let problems = of_providers.map(Problem::Setup).chain(of_gateway);
    let mut problems = problems.map(|problem| problem.placed(files));
    let Some(mut last) = problems.next() else {
        terminal.note(&format!("good: {} configured\n", counted(providers, models)));
        return Ok(());
    };
    for problem in problems {
        let page = render::problem::page(&last, terminal.error_width(), terminal.error_paint);
        terminal.note(&page);
        last = problem;
    }
    Err(last)
}

fn counted(providers: usize, models: usize) -> String {
    let of = |count: usize, what: &str| {
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {what}{plural}")
    };
    match models {
        0 => of(providers, "provider"),
        _ => format!("{} and {}", of(providers, "provider"), of(models, "model")),
    }
}

impl ConfigCommand {
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::Show { json } | Self::Path { json } => *json,
            Self::Schema | Self::Check { .. } => false,
        }
    }
}

/// The files that are read, in their order.
pub(super) fn files(global: &GlobalArguments) -> Vec<PathBuf> {
    match &global.config {
        Some(file) => vec![file.clone()],
        None => Config::default_files(),
    }
}

fn path(global: &GlobalArguments, json: bool, terminal: &Terminal) -> Result<(), Problem> {
    let files = files(global);
    if json {
        let list: Vec<Value> =
            files.iter().map(|file| json!({ "file": file, "exists": file.exists() })).collect();
        return terminal.print_json(&json!({ "files": list }));
    }
    terminal.print(&files.iter().map(|file| format!("{}\n", file.display())).collect::<String>())
}

/// What is in force, and where each top-level piece of it comes from.
fn show(global: &GlobalArguments, json: bool, terminal: &Terminal) -> Result<(), Problem> {
    let files = files(global);
    let mut effective = Config::default();
    let mut origins: BTreeMap<String, String> = BTreeMap::new();
    for file in &files {
        if global.config.is_none() && !file.exists() {
            continue;
        }
        let config = Config::read(file)?;
        for key in keys(&config) {
            origins.insert(key, file.display().to_string());
        }
        effective.overlay(config);
    }
    if let Some(file) = &global.audit {
        effective.audit = Some(hotcell::AuditConfig::at(file.clone()));
        origins.insert("audit".to_owned(), "--audit".to_owned());
    }
    if let Some(choice) = global.confinement {
        effective.confinement = Some(hotcell::ConfinementConfig { mode: choice.into() });
        origins.insert("confinement".to_owned(), "--confinement".to_owned());
    }
    hide(&mut effective);
    if json {
        return terminal.print_json(&json!({
            "files": files.iter().filter(|file| file.exists()).collect::<Vec<_>>(),
            "config": effective,
            "origins": origins,
        }));
    }
    let mut text = String::new();
    for file in &files {
        let state = if file.exists() { "read" } else { "not there" };
        text.push_str(&format!("# {}: {state}\n", file.display()));
    }
    text.push_str(&tables(&effective, &origins)?);
    let paint = terminal.paint;
    let shown: String = visible(&text)
        .lines()
        .map(|line| match line.split_once("  # ") {
            _ if line.starts_with('#') => format!("{}\n", paint.dim(line)),
            Some((line, comment)) => format!("{line}  {}\n", paint.dim(&format!("# {comment}"))),
            None => format!("{line}\n"),
        })
        .collect();
    terminal.print(&shown)
}

/// A header can hold what should have been a secret.
fn hide(config: &mut Config) {
    const TELLING: [&str; 5] = ["auth", "key", "token", "secret", "cookie"];
    for (name, value) in config.providers.values_mut().flat_map(|provider| &mut provider.headers) {
        if TELLING.iter().any(|word| name.to_ascii_lowercase().contains(word)) {
            *value = "[hidden]".to_owned();
        }
    }
}

/// The pieces that a later file replaces as a whole.
fn keys(config: &Config) -> Vec<String> {
    let mut keys = Vec::new();
    keys.extend(config.default_model.iter().map(|_| "default-model".to_owned()));
    keys.extend(config.tls_roots.iter().map(|_| "tls-roots".to_owned()));
    keys.extend(config.proxy.iter().map(|_| "proxy".to_owned()));
    keys.extend(config.audit.iter().map(|_| "audit".to_owned()));
    keys.extend(config.confinement.iter().map(|_| "confinement".to_owned()));
    keys.extend(config.providers.keys().map(|name| format!("providers.{name}")));
    keys.extend(config.adapters.keys().map(|name| format!("adapters.{name}")));
    keys
}

/// The configuration as it could be written in one file, each piece with the file
/// that it comes from.
fn tables(config: &Config, origins: &BTreeMap<String, String>) -> Result<String, Problem> {
    let text =
        toml::to_string(config).map_err(|error| Problem::Output(std::io::Error::other(error)))?;
    let mut origins = origins.clone();
    let mut out = String::new();
    for line in text.lines() {
        let key = match line.strip_prefix('[') {
            Some(table) => table.trim_end_matches(']').splitn(3, '.').take(2).collect(),
            None => vec![line.split(" = ").next().unwrap_or_default()],
        };
        // Said once, where the piece begins.
        match origins.remove(&key.join(".")) {
            Some(origin) => out.push_str(&format!("{}  # {origin}\n", pad(line, 40))),
            None => out.push_str(&format!("{line}\n")),
        }
    }
    Ok(out)
}
