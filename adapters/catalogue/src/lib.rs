//! Provider definitions that reuse an adapter: data, not code.
//!
//! Each entry says where a provider is, which adapter speaks its protocol, what its
//! key is conventionally called, and in what it differs from the adapter's
//! defaults. Entries live in `providers.toml`.

#![forbid(unsafe_code)]

use serde::Deserialize;
use std::collections::BTreeMap;
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
    /// The environment variable of each secret.
    #[serde(default)]
    pub secrets: BTreeMap<String, String>,
    /// In what it differs from the adapter's defaults.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// Headers that it wants with every request.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// It runs on the user's own machine: plain HTTP to a private address.
    #[serde(default)]
    pub local: bool,
    /// It also works without a key.
    #[serde(default)]
    pub secret_optional: bool,
    /// The page that documents its API.
    #[serde(default)]
    pub docs: Option<String>,
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

/// The provider of this name or alias.
pub fn provider(name: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| {
        provider.name == name || provider.aliases.iter().any(|alias| alias == name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_entry_parses() {
        let file: File = toml::from_str(include_str!("../providers.toml")).unwrap();
        assert_eq!(file.providers.len(), providers().len());
        assert!(providers().is_sorted_by_key(|provider| &provider.name));
    }

    #[test]
    fn names_and_aliases_are_unique() {
        let mut seen = BTreeSet::new();
        for provider in providers() {
            for name in provider.aliases.iter().chain([&provider.name]) {
                assert!(seen.insert(name), "{name} stands twice");
            }
        }
    }

    #[test]
    fn only_local_providers_are_plain_http() {
        for provider in providers() {
            for url in provider.endpoints.values() {
                let local =
                    url.starts_with("http://127.0.0.1:") || url.starts_with("http://localhost:");
                assert_eq!(provider.local, local, "{}: {url}", provider.name);
                assert!(local || url.starts_with("https://"), "{}: {url}", provider.name);
            }
            assert!(!provider.secrets.is_empty() || provider.secret_optional, "{}", provider.name);
        }
    }
}
