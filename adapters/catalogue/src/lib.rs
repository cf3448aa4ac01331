//! Provider definitions that reuse an adapter: data, not code.
//!
//! Each entry says where a provider is, which adapter speaks its protocol, what its
//! key is conventionally called, and in what it differs from the adapter's
//! defaults. Entries live in `providers.toml`.

#![forbid(unsafe_code)]

mod model;

pub use model::{Modalities, ModelFacts, Price, Spent, model, models, models_date};

use hotcell_manifest::Variables;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// One provider.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Provider {
    /// What stands before the model's name: `groq` in `groq/llama-3.3-70b`.
    pub name: String,
    /// Other names that people type.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The bundled adapter that speaks its protocol.
    pub adapter: String,
    /// Where its endpoints are, as URLs with base path.
    #[serde(default)]
    pub endpoints: BTreeMap<String, String>,
    /// The environment variables of each secret: its maker's own first.
    #[serde(default)]
    pub secrets: BTreeMap<String, Variables>,
    /// In what it differs from the adapter's defaults.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// The environment variables of settings, for a provider that is configured with none. A
    /// variable may hold a URL: then the setting is what stands in its place in the URL of an
    /// endpoint here. An adapter reads its settings, so that no manifest can name any of these.
    #[serde(default)]
    pub variables: BTreeMap<String, Variables>,
    /// The environment variables that say where an endpoint is, as URLs. Only of what runs on
    /// the user's own machine and has no secret by convention: elsewhere a key would follow.
    #[serde(default)]
    pub places: BTreeMap<String, Variables>,
    /// Domains that are the provider's own, where a setting is the end of a host: what is
    /// below them is this provider, and what is not may be anybody.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Headers that it wants with every request.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// It runs on the user's own machine: plain HTTP to a private address.
    #[serde(default)]
    pub local: bool,
    /// It also works without a key.
    #[serde(default)]
    pub secret_optional: bool,
    /// Requests that another entry's adapter takes, under this provider's name. The
    /// first that fits counts.
    #[serde(default)]
    pub routes: Vec<Route>,
    /// The page that documents its API.
    #[serde(default)]
    pub docs: Option<String>,
}

/// Some of a provider's requests, which go to another adapter than the others: so that
/// each adapter speaks one protocol, and can do no more than that needs.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Route {
    /// The interfaces that it is for, by their names in `wit/`; empty: chat.
    #[serde(default)]
    pub interfaces: Vec<String>,
    /// The models that it is for; `*` stands for any text. Empty: all.
    #[serde(default)]
    pub models: Vec<String>,
    /// The dialect that the caller speaks, if that decides.
    #[serde(default)]
    pub dialect: Option<String>,
    /// What stands before the model's name only to choose this route, and is no part of it.
    #[serde(default)]
    pub strip: Option<String>,
    /// The entry whose adapter, endpoints and settings are used.
    pub to: String,
}

/// What a request asks for, as far as it decides about its route.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The interface, by its name in `wit/`.
    pub interface: &'a str,
    /// The model, where there is one.
    pub model: Option<&'a str>,
    /// The dialect that the caller speaks, where it is known.
    pub dialect: Option<&'a str>,
}

impl Provider {
    /// The route of a request; none where the provider's own adapter takes it.
    pub fn route(&self, asked: &Asked<'_>) -> Option<&Route> {
        self.routes.iter().find(|route| route.takes(asked))
    }
}

impl Route {
    fn takes(&self, asked: &Asked<'_>) -> bool {
        let interface = match self.interfaces.as_slice() {
            [] => asked.interface == "chat",
            some => some.iter().any(|interface| interface == asked.interface),
        };
        let fits = |model| self.models.iter().any(|pattern| matches(pattern, model));
        interface
            && (self.models.is_empty() || asked.model.is_some_and(fits))
            && (self.dialect.is_none() || self.dialect.as_deref() == asked.dialect)
    }

    /// The model's name as the routed adapter knows it.
    pub fn model<'a>(&self, model: &'a str) -> &'a str {
        let rest = self.strip.as_deref().and_then(|prefix| model.strip_prefix(prefix));
        rest.filter(|rest| !rest.is_empty()).unwrap_or(model)
    }
}

/// Whether a name fits a pattern, in which `*` stands for any text. Without regard to case.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_ascii_lowercase(), name.to_ascii_lowercase());
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    providers: Vec<Provider>,
}

static PROVIDERS: LazyLock<Vec<Provider>> = LazyLock::new(|| {
    // The text is part of the binary, and a test reads it; an entry that does not
    // parse cannot get this far.
    let file: Option<File> = toml::from_str(include_str!("../providers.toml")).ok();
    file.map(|file| file.providers).unwrap_or_default()
});

/// Every provider, by name.
pub fn providers() -> &'static [Provider] {
    &PROVIDERS
}

static NAMES: LazyLock<HashMap<&'static str, &'static Provider>> = LazyLock::new(|| {
    let aliases = |it: &'static Provider| it.aliases.iter().map(move |alias| (alias.as_str(), it));
    let names = PROVIDERS.iter().map(|provider| (provider.name.as_str(), provider));
    names.chain(PROVIDERS.iter().flat_map(aliases)).collect()
});

/// The provider of this name or alias.
pub fn provider(name: &str) -> Option<&'static Provider> {
    NAMES.get(name).copied()
}

#[cfg(test)]
mod tests;
