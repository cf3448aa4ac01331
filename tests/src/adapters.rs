//! Every bundled adapter as a provider of its own, all of them at one place.

use hotcell::manifest::{Auth, Endpoint};
use hotcell::{Config, Interface};
use std::cell::Cell;
use std::fmt::Write as _;
use std::path::Path;

/// The names of the bundled adapters that have an interface.
pub fn with(interface: Interface) -> Vec<&'static str> {
    let adapters = hotcell::bundle::ADAPTERS.iter();
    let has = |component: &[u8]| {
        hotcell::inspect(component, false).is_ok_and(|it| interface.is_exported(&it))
    };
    adapters.filter(|adapter| has(adapter.component())).map(|adapter| adapter.name).collect()
}

/// A configuration in which each of them is a provider of the same name, at this URL, with a
/// secret and a value for each setting that has to have one. Files go into the folder.
///
/// # Panics
/// Where a bundled adapter's manifest wants something that is not thought of here.
pub fn configured(url: &str, folder: &Path) -> Config {
    let secret = folder.join("secret");
    std::fs::write(&secret, "0123456789abcdef").expect("the folder is writable");
    let mut text = String::new();
    for adapter in &hotcell::bundle::ADAPTERS {
        let inspection = hotcell::inspect(adapter.component(), false).expect("it is bundled");
        let manifest = inspection.manifest;
        let mut line = |key: &str, value: &str| {
            writeln!(text, "{key} = '{value}'").expect("a string takes it");
        };
        let (scheme, keys) = (Cell::new(false), Cell::new(false));
        // A table of its own for each.
        line(&format!("[providers.{}]\nadapter", adapter.name), adapter.name);
        for endpoint in manifest.endpoints.keys() {
            line(&format!("endpoints.{endpoint}"), url);
        }
        for name in manifest.secrets.keys() {
            line(&format!("secrets.{name}"), &format!("file:{}", secret.display()));
        }
        // Of several ways of authenticating one that asks nobody else for a token.
        let plain =
            |auth: &&Auth| auth.identity().is_none() || matches!(auth, Auth::AwsSigv4 { .. });
        for endpoint in manifest.endpoints.values() {
            let Some(auth) = endpoint.auth.iter().find(plain) else { continue };
            if endpoint.auth.are_several() && !scheme.replace(true) {
                line("auth", auth.scheme());
            }
            if matches!(auth, Auth::AwsSigv4 { .. }) && !keys.replace(true) {
                line("identity", "aws");
                for name in ["aws-access-key-id", "aws-secret-access-key"] {
                    line(&format!("secrets.{name}"), &format!("file:{}", secret.display()));
                }
            }
        }
        for (name, setting) in &manifest.settings {
            let braced = format!("{{{name}}}");
            let is_part = |endpoint: &Endpoint| {
                let origin = endpoint.origin.as_deref().unwrap_or_default();
                origin.contains(&braced) || endpoint.base.contains(&braced)
            };
            let is_needed = manifest.endpoints.values().any(is_part) || name == "project-id";
            if setting.default.is_none() && is_needed {
                let value = match name.as_str() {
                    "region" => "us-east-1",
                    "location" => "us-central1",
                    _ => "some",
                };
                line(&format!("settings.{name}"), value);
            }
        }
        text.push_str("allow-private = true\nallow-plaintext = true\n\n");
    }
    Config::parse(&text, Path::new("hotcell.toml"))
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}
