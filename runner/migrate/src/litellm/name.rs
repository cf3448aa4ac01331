//! Names for providers: readable, and the same whenever the same file is read.

use super::said::{Said, Secret};
use super::shape::Shape;
use crate::Kind;
use hotcell::egress::SecretSource;
use hotcell::{ProviderConfig, bundle, catalogue};
use std::collections::{BTreeMap, BTreeSet};

/// The providers of a configuration.
pub(super) struct Providers {
    /// Those that need a table.
    pub(super) tables: BTreeMap<String, ProviderConfig>,
    /// The name of each shape.
    pub(super) names: Vec<String>,
}

/// Gives each shape a name, and each secret a place.
pub(super) fn name(shapes: &[(Shape, Vec<String>)], said: &mut Said<'_>) -> Providers {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut variables: BTreeSet<String> = BTreeSet::new();
    for (shape, _) in shapes {
        if shape.is_plain() {
            taken.insert(shape.entry.name.clone());
        }
        for secret in shape.secrets.values() {
            if let Secret::Variable(variable) = secret {
                variables.insert(variable.clone());
            }
        }
    }
    let mut providers = Providers { tables: BTreeMap::new(), names: Vec::new() };
    for (shape, hints) in shapes {
        if shape.is_plain() {
            providers.names.push(shape.entry.name.clone());
            continue;
        }
        let others = shapes.iter().filter(|(other, _)| other.entry == shape.entry).count();
        let name = choose(shape, hints, others == 1, &taken);
        taken.insert(name.clone());
        let table = table(shape, &name, &mut variables, said);
        providers.tables.insert(name.clone(), table);
        providers.names.push(name);
    }
    providers
}

fn choose(shape: &Shape, hints: &[String], is_alone: bool, taken: &BTreeSet<String>) -> String {
    let own = shape.entry.name.as_str();
    let general = own.strip_suffix("-compatible");
    let is_free = |name: &String| {
        let means_another = name != own
            && (catalogue::provider(name).is_some()
                || bundle::ADAPTERS.iter().any(|adapter| adapter.name == name));
        !name.is_empty() && !taken.contains(name) && !means_another
    };
    let alone = (is_alone && general.is_none()).then(|| own.to_owned());
    let base = general.unwrap_or(own);
    let after = hints.iter().map(|hint| {
        let hint = slug(hint);
        // What a variable's name says of the provider is said already.
        let rest = hint.strip_prefix(&format!("{base}-")).unwrap_or(&hint);
        let rest = ["-api-key", "-key", "-token"]
            .iter()
            .find_map(|end| rest.strip_suffix(end))
            .unwrap_or(rest);
        match (rest, general) {
            ("" | "api-key" | "key" | "token", _) => String::new(),
            (rest, Some(_)) => rest.to_owned(),
            (rest, None) => format!("{base}-{rest}"),
        }
    });
    let numbered = (2..).map(|number| format!("{base}-{number}"));
    let mut names = alone.into_iter().chain(after).chain(numbered);
    // One of infinitely many is free.
    names.find(is_free).unwrap_or_default()
}

/// Small letters, digits and single hyphens.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars().take(48) {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() => slug.push(c),
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
    }
    slug.trim_end_matches('-').to_owned()
}

fn table(
    shape: &Shape,
    name: &str,
    variables: &mut BTreeSet<String>,
    said: &mut Said<'_>,
) -> ProviderConfig {
    let mut table = ProviderConfig {
        adapter: (shape.entry.name != name).then(|| shape.entry.name.clone()),
        identity: shape.identity.clone(),
        settings: shape.settings.clone(),
        headers: shape.headers.clone(),
        allow_private: shape.allow_private.then_some(true),
        allow_plaintext: shape.allow_plaintext.then_some(true),
        ..ProviderConfig::default()
    };
    table.endpoints.extend(shape.endpoint.clone().map(|url| ("api".to_owned(), url)));
    for (key, secret) in &shape.secrets {
        let source = match secret {
            Secret::Variable(variable) => SecretSource::Env(variable.as_str().into()),
            Secret::Literal { line, setting, .. } => {
                let variable = variable(shape, name, key, variables);
                let message = format!(
                    "the secret stands in the file, and was not taken along: put it into the \
                     variable {variable}, or into a file of yours alone and say `secrets.{key} = \
                     \"file:PATH\"` under [providers.{name}]"
                );
                said.note(*line, Kind::ToDo, setting.clone(), message);
                said.moved(*line, setting, &format!("env:{variable}"));
                SecretSource::Env(variable.as_str().into())
            }
        };
        table.secrets.insert(key.clone(), source);
    }
    table
}

/// A variable for a secret that stood in the file, which nothing else is looked for in.
fn variable(shape: &Shape, name: &str, key: &str, variables: &mut BTreeSet<String>) -> String {
    let usual = (shape.entry.name == name && shape.endpoint.is_none())
        .then(|| shape.usual_variable(key))
        .flatten();
    let own = format!("{name}-{key}").replace('-', "_").to_uppercase();
    let numbered = (2..).map(|number| format!("{own}_{number}"));
    let mut names = usual.map(str::to_owned).into_iter().chain([own.clone()]).chain(numbered);
    let variable = names.find(|name| !variables.contains(name)).unwrap_or_default();
    variables.insert(variable.clone());
    variable
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn a_slug_is_small_and_plain() {
        assert_eq!(slug("10.0.0.7:8000"), "10-0-0-7-8000");
        assert_eq!(slug("__OPENAI__Key é!"), "openai-key");
        assert_eq!(slug("***"), "");
    }
}
