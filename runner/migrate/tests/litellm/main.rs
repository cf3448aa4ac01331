//! Configurations of LiteLLM's proxy, and what they become.

mod carried;
mod hostile;
mod included;
mod left_out;
mod secrets;

use hotcell::Config;
use hotcell_migrate::litellm::{self, World};
use hotcell_migrate::{Kind, Migrated, ReadError};
use std::path::Path;

/// Reads a file in a world with these variables.
fn read(text: &str, variables: &[(&str, &str)]) -> Result<Migrated, ReadError> {
    read_beside(text, &[], variables)
}

/// Reads a file in a folder with these others.
fn read_beside(
    text: &str,
    files: &[(&str, &str)],
    variables: &[(&str, &str)],
) -> Result<Migrated, ReadError> {
    let named = |list: &[(&str, &str)], name: &str| {
        let found = list.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let world = World {
        environment: &|name| named(variables, name),
        open: &|path| named(files, path.to_str().unwrap()).ok_or_else(|| "is not there".to_owned()),
    };
    litellm::read(Path::new("config.yaml"), text, &world)
}

/// Reads a file that is good. What is written is what was read.
fn good(text: &str) -> Migrated {
    good_with(text, &[])
}

fn good_with(text: &str, variables: &[(&str, &str)]) -> Migrated {
    let migrated = read(text, variables).unwrap_or_else(|error| panic!("{}: {error}", error.line));
    let toml = migrated.to_toml();
    let parsed = Config::parse(&toml, Path::new("hotcell.toml"));
    let parsed = parsed.unwrap_or_else(|error| panic!("{error}\n{toml}"));
    assert_eq!(parsed, migrated.config, "{toml}");
    migrated
}

/// The file that comes out, and what is said of it.
fn page(migrated: &Migrated) -> String {
    let notes = migrated.notes.iter().map(|note| format!("{}: {note}\n", note.line));
    format!("{}---\n{}", migrated.to_toml(), notes.collect::<String>())
}

/// What is said of one setting.
fn said<'a>(migrated: &'a Migrated, setting: &str) -> Vec<(usize, Kind, &'a str)> {
    let notes = migrated.notes.iter().filter(|note| note.setting == setting);
    notes.map(|note| (note.line, note.kind, note.message.as_str())).collect()
}
