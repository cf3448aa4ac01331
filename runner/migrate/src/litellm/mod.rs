//! What LiteLLM's proxy is started with, `litellm --config config.yaml`.
//!
//! ```text
//! model_list ──▶ deployment ──▶ provider, named     [providers.NAME]
//!            └─▶ group ────────▶ routing ─────────▶ [gateway.models.NAME]
//! *_settings ──▶ settings ─────────────────────────▶ [gateway], notes
//! ```
//!
//! The form is that of LiteLLM's documentation and of its `proxy/_types.py`,
//! `types/router.py` and `router.py`.

mod cache;
mod callbacks;
mod cloud;
mod deployment;
mod family;
mod group;
mod include;
mod name;
mod params;
mod place;
mod price;
mod reader;
mod routing;
mod said;
mod settings;
mod shape;
mod words;

use crate::yaml::{ReadError, Table};
use crate::{Kind, Migrated};
use group::Groups;
use hotcell::{Config, GatewayConfig};
use said::Said;
use std::path::Path;

/// What is asked of the world while a configuration is read.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// The value of a variable, for what is no secret and has to be known now, such as
    /// `api_base: os.environ/MY_BASE`. Of a secret nothing is used but whether it is there.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// The text of a file that is included, or why it cannot be had.
    pub open: &'a dyn Fn(&Path) -> Result<String, String>,
}

/// Reads a configuration of LiteLLM's proxy: the text of a file, and of those that it includes,
/// which are beside it.
///
/// # Errors
/// A text that is not YAML, is too large, or has something else than LiteLLM wants in a place
/// that hotcell reads, and a file that cannot be had: with the line.
pub fn read(file: &Path, text: &str, world: &World<'_>) -> Result<Migrated, ReadError> {
    let (all, files) = include::read(file, text, world.open)?;
    let mut migrated = migrated(&all, world).map_err(|error| files.placed(error))?;
    for note in &mut migrated.notes {
        (note.file, note.line) = files.place(note.line);
    }
    for literal in &mut migrated.literals {
        (literal.file, literal.line) = files.place(literal.line);
    }
    migrated.included = files.into_paths();
    Ok(migrated)
}

fn migrated(all: &Table, world: &World<'_>) -> Result<Migrated, ReadError> {
    let mut said = Said::new(all, world.environment)?;
    let groups = Groups::read(all, &mut said)?;
    let mut gateway = GatewayConfig::default();
    let defaults = settings::read(all, &mut gateway, &mut said)?;
    let tls_roots = defaults.tls_roots.clone();
    let providers = groups.name_providers(&mut said);
    routing::models(&groups, &providers, &defaults, &mut gateway, &mut said);
    if gateway.models.is_empty() && gateway.only_models == Some(true) {
        said.note(0, Kind::LeftOut, "model_list", "no model could be carried over");
    }
    let providers = providers.tables;
    let (notes, literals) = said.end();
    let config = Config { providers, gateway: Some(gateway), tls_roots, ..Config::default() };
    Ok(Migrated { config, notes, literals, included: Vec::new() })
}
