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

mod callbacks;
mod cloud;
mod deployment;
mod family;
mod group;
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

use crate::yaml::{self, ReadError, Table};
use crate::{Kind, Migrated};
use group::Groups;
use hotcell::{Config, GatewayConfig};
use said::Said;

/// Reads a configuration of LiteLLM's proxy. `environment` tells the value of a variable, for
/// what is no secret and has to be known now, such as `api_base: os.environ/MY_BASE`. It is
/// never asked for a key.
///
/// # Errors
/// A text that is not YAML, is too large, or has something else than LiteLLM wants in a place
/// that hotcell reads: with its line.
pub fn read(
    text: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Migrated, ReadError> {
    let document = yaml::read(text)?;
    let empty = Table::default();
    let all = match document.is_off() {
        true => &empty,
        false => document.table("the file")?,
    };
    let mut said = Said::new(all, environment)?;
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
    Ok(Migrated { config, notes, literals })
}
