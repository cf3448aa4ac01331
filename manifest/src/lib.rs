//! What an adapter declares that it needs, and how that declaration travels
//! inside its component.
//!
//! An author writes `adapter.toml`; [`Manifest::parse`] reads it strictly: an
//! unknown key, a pattern that could be read in two ways or a scheme that is
//! not enforced is an error with line and column, never ignored. The text is
//! carried verbatim in the component as the custom section
//! [`SECTION`], so that reading it never runs the code that it speaks of.
//!
//! A manifest is a wish. What an adapter may really do is the *grant* that a
//! person gave it, which is never wider than this.

mod auth;
mod capability;
mod dependencies;
mod digest;
mod error;
mod pattern;
mod section;
mod variables;

#[cfg(feature = "pack")]
mod pack;
#[cfg(feature = "pack")]
mod source;
#[cfg(feature = "pack")]
mod tree;

pub use auth::{
    Alternatives, ApiKeyExchange, Auth, ClientAuth, ClientCredentials, Identity as AuthIdentity,
    OwnSecret,
};
pub use capability::{Capability, Changes, Severity, capabilities, capabilities_of};
pub use dependencies::{
    DEPENDENCIES_SECTION, Dependencies, DependenciesError, DependencyChange, DependencyKind,
    Package, PackageSource, package_source,
};
pub use digest::Digest;
pub use error::ManifestError;
pub use pattern::{HeaderPattern, Method, PathPattern, Rule, is_resource_name};
pub use section::{Inspection, SECTION, inspect, inspect_as};
pub use variables::Variables;

#[cfg(feature = "pack")]
pub use pack::{PackError, pack, pack_with};
#[cfg(feature = "pack")]
pub use source::{Build, TARGET};
#[cfg(feature = "pack")]
pub use tree::{Crate, Tree};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A parsed and checked `adapter.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// Who the adapter is.
    pub adapter: Identity,
    /// The endpoints that it wants, by the name it asks for them with.
    #[serde(default)]
    pub endpoints: BTreeMap<String, Endpoint>,
    /// The plain settings that it reads.
    #[serde(default)]
    pub settings: BTreeMap<String, Setting>,
    /// The names of the secrets that its endpoints' `auth` applies. The
    /// adapter itself never sees a value.
    #[serde(default)]
    pub secrets: BTreeMap<String, SecretDeclaration>,
}

/// The `[adapter]` table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Identity {
    /// Lower-case letters, digits and `-`.
    pub name: String,
    /// A semantic version.
    pub version: String,
    /// The provider protocol that it speaks, e.g. `openai-chat`.
    pub dialect: String,
    /// One sentence for a listing.
    #[serde(default)]
    pub description: Option<String>,
    /// An SPDX expression.
    #[serde(default)]
    pub license: Option<String>,
    /// Where its source is, as an absolute URL.
    #[serde(default)]
    pub source: Option<String>,
    /// The revision of the source that it was built from, such as the hash of a commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Where more is told of it, as an absolute URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub homepage: Option<String>,
    /// Who is responsible for it, and how to reach them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authors: Option<String>,
}

/// One `[endpoints.NAME]` table: an origin and what may be asked of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Endpoint {
    /// Scheme, host and optional port: `https://api.openai.com`. May hold
    /// settings in braces: `https://{resource}.openai.azure.com`. Absent where
    /// only the provider's configuration can know it.
    #[serde(default)]
    pub origin: Option<String>,
    /// Other origins, each for one value of a setting. They hold instead of
    /// `origin` where the setting has that value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<OriginFor>,
    /// The path that every request path is taken below: `/v1`. A segment may
    /// be a setting in braces: `/projects/{project}`. A provider that
    /// configures this endpoint with a URL that has a path of its own replaces
    /// it.
    #[serde(default)]
    pub base: String,
    /// Methods and paths below `base`: `POST /chat/completions`.
    pub allow: Vec<Rule>,
    /// Query parameter names that the adapter may send. `name[]` is one that may come several
    /// times, and makes a list.
    #[serde(default)]
    pub query: Vec<String>,
    /// Header names that the adapter may send; `x-foo-*` is a prefix.
    #[serde(default)]
    pub request_headers: Vec<HeaderPattern>,
    /// Header names of responses that the adapter may see.
    #[serde(default)]
    pub response_headers: Vec<HeaderPattern>,
    /// How the runner authenticates to this endpoint: one way, or several of which the
    /// provider's configuration picks one.
    #[serde(default)]
    pub auth: Alternatives,
}

/// An origin that one value of a setting leads to: a provider may have one place of
/// another name besides those that a template covers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OriginFor {
    /// The setting's name.
    pub setting: String,
    /// The value that it has to have.
    pub value: String,
    /// Scheme, host and optional port, without settings.
    pub origin: String,
}

impl Endpoint {
    /// The origin that these settings lead to, before they are filled in.
    pub fn origin_with(&self, settings: &BTreeMap<String, String>) -> Option<&str> {
        let special = |other: &&OriginFor| settings.get(&other.setting) == Some(&other.value);
        let special = self.origins.iter().find(special);
        special.map(|other| other.origin.as_str()).or(self.origin.as_deref())
    }
}

/// One `[settings.NAME]` table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Setting {
    /// One sentence for a listing.
    pub description: String,
    /// The value where none is configured.
    #[serde(default)]
    pub default: Option<String>,
    /// The only values allowed, where they can be listed. A setting that
    /// stands in an origin may otherwise hold letters, digits, `-` and, not at
    /// its ends, `.`; one that stands in a base path also `_`, `~` and `:`, and
    /// is never a dot segment.
    #[serde(default)]
    pub values: Vec<String>,
}

/// One `[secrets.NAME]` table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretDeclaration {
    /// One sentence for a listing.
    pub description: String,
    /// The conventional environment variable, used where no source is
    /// configured: one name, or a list of which the first counts that is set.
    #[serde(default, skip_serializing_if = "Variables::is_empty")]
    pub env: Variables,
    /// The provider also works without it (a local server, say).
    #[serde(default)]
    pub optional: bool,
}

impl Manifest {
    /// Reads the text of an `adapter.toml`.
    ///
    /// # Errors
    /// [`ManifestError`] with line and column, for text that is not TOML, has
    /// unknown or missing keys, or says something that cannot be enforced.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let manifest: Self =
            toml::from_str(text).map_err(|error| ManifestError::from_toml(text, &error))?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), ManifestError> {
        let identity = &self.adapter;
        name(&identity.name, "adapter.name")?;
        name(&identity.dialect, "adapter.dialect")?;
        if !is_semver(&identity.version) {
            return Err(ManifestError::invalid(
                "adapter.version",
                format!("`{}` is not a semantic version like 1.2.3", identity.version),
            ));
        }
        for (key, endpoint) in &self.endpoints {
            name(key, "endpoints")?;
            self.check_endpoint(key, endpoint)?;
        }
        for key in self.settings.keys() {
            name(key, "settings")?;
        }
        for key in self.secrets.keys() {
            name(key, "secrets")?;
            if Auth::is_own_secret(key) {
                return Err(ManifestError::invalid(
                    format!("secrets.{key}"),
                    "is a scheme's own, and needs no declaration".to_owned(),
                ));
            }
        }
        Ok(())
    }

    fn check_settings<'a>(
        &self,
        at: &str,
        named: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), ManifestError> {
        match named.into_iter().find(|name| !self.settings.contains_key(*name)) {
            None => Ok(()),
            Some(unknown) => {
                let why =
                    format!("names the setting `{unknown}`, which [settings] does not declare");
                Err(ManifestError::invalid(at, why))
            }
        }
    }

    fn check_endpoint(&self, key: &str, endpoint: &Endpoint) -> Result<(), ManifestError> {
        let at = |field: &str| format!("endpoints.{key}.{field}");
        if let Some(origin) = &endpoint.origin {
            let named = origin_settings(origin);
            let named =
                named.map_err(|why| ManifestError::invalid(at("origin"), why.to_owned()))?;
            self.check_settings(&at("origin"), named)?;
        }
        for other in &endpoint.origins {
            self.check_settings(&at("origins"), [other.setting.as_str()])?;
            if !origin_settings(&other.origin).is_ok_and(|settings| settings.is_empty()) {
                let why =
                    format!("`{}` is not a scheme, a host and an optional port", other.origin);
                return Err(ManifestError::invalid(at("origins"), why));
            }
        }
        if !endpoint.base.is_empty() {
            let named = base_settings(&endpoint.base).ok_or_else(|| {
                ManifestError::invalid(
                    at("base"),
                    "must be a plain path such as `/v1` or `/projects/{project}`, without `/` at \
                     its end"
                        .to_owned(),
                )
            })?;
            self.check_settings(&at("base"), named)?;
        }
        if endpoint.allow.is_empty() {
            return Err(ManifestError::invalid(
                at("allow"),
                "an endpoint without a method and path is of no use".to_owned(),
            ));
        }
        for parameter in &endpoint.query {
            let bare = parameter.strip_suffix("[]").unwrap_or(parameter);
            if !pattern::is_plain_name(bare) {
                return Err(ManifestError::invalid(
                    at("query"),
                    format!("`{parameter}` is not a plain parameter name"),
                ));
            }
        }
        let has_setting = |setting: &str| self.settings.contains_key(setting);
        endpoint.auth.check(has_setting).map_err(|why| ManifestError::invalid(at("auth"), why))?;
        for secret in endpoint.auth.iter().flat_map(Auth::declared_secrets) {
            if !self.secrets.contains_key(secret) {
                return Err(ManifestError::invalid(
                    at("auth"),
                    format!("uses the secret `{secret}`, which [secrets] does not declare"),
                ));
            }
        }
        Ok(())
    }
}

/// The settings that a base path names, in order; none where it is no base path. A
/// setting is a whole segment, so that it cannot become more or less than one.
fn base_settings(base: &str) -> Option<Vec<&str>> {
    PathPattern::parse(base).ok()?;
    let mut settings = Vec::new();
    for segment in base.split('/').filter(|segment| segment.contains('{')) {
        settings.push(segment.strip_prefix('{')?.strip_suffix('}')?);
    }
    Some(settings)
}

/// The settings that an origin template names, in order.
///
/// # Errors
/// A static sentence that says what is wrong with the origin.
pub fn origin_settings(origin: &str) -> Result<Vec<&str>, &'static str> {
    let rest = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"))
        .ok_or("must start with https:// or http://")?;
    let mut settings = Vec::new();
    let mut literal = String::new();
    let mut rest = rest;
    while let Some((before, after)) = rest.split_once('{') {
        let (setting, after) = after.split_once('}').ok_or("has a `{` without its `}`")?;
        if !pattern::is_plain_name(setting) {
            return Err("has braces around something that is not a setting's name");
        }
        literal.push_str(before);
        literal.push('x');
        settings.push(setting);
        rest = after;
    }
    literal.push_str(rest);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if literal.is_empty() || !literal.chars().all(plain) {
        return Err("must be a scheme, a host and an optional port, and nothing after them");
    }
    Ok(settings)
}

fn name(value: &str, at: &str) -> Result<(), ManifestError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let good = value.starts_with(|c: char| c.is_ascii_lowercase())
        && value.len() <= 64
        && value.chars().all(plain);
    if good {
        return Ok(());
    }
    Err(ManifestError::invalid(
        at,
        format!("`{value}` is not a name: use lower-case letters, digits and `-`, a letter first"),
    ))
}

fn is_semver(version: &str) -> bool {
    let core = version.split(['-', '+']).next().unwrap_or_default();
    let mut parts = 0;
    core.split('.').all(|part| {
        parts += 1;
        !part.is_empty() && part.len() <= 9 && part.chars().all(|c| c.is_ascii_digit())
    }) && parts == 3
        && version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'))
}
