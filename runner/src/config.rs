//! The configuration file, `hotcell.toml`.
//!
//! ```toml
//! default-model = "anthropic/claude-sonnet-4-5"
//!
//! [providers.groq]
//! secrets.api-key = "env:GROQ_API_KEY"
//!
//! [providers.my-vllm]
//! adapter = "openai"
//! endpoints.api = "http://10.0.0.7:8000"
//! allow-private = true
//! allow-plaintext = true
//! ```
//!
//! It is read strictly: what is not understood is an error with file, line and
//! column, never ignored.

mod cache;
mod control;
mod gateway;
mod seeing;

pub use cache::{CacheConfig, CacheShare};
pub use control::{AccessMode, JwtConfig, PriceConfig, StateConfig};
pub use gateway::{
    DeploymentConfig, DeploymentTable, GatewayConfig, GatewayLimits, ModelConfig, Strategy,
};
pub use seeing::{LogConfig, MetricsConfig, StatusConfig, TracesConfig};

use crate::confinement::ConfinementMode;
use crate::limits::Limits;
use crate::lock::Lock;
use crate::transcript::Content;
use hotcell_egress::{IdentitySource, LogOptions, OnFailure, SecretSource};
use hotcell_manifest::{Digest, Rule};
use hotcell_signature::Policy;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What a configuration file says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// The model that is used where none is named: `provider/model`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_model: Option<String>,
    /// Providers, by the name that stands before the model's.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub providers: BTreeMap<String, ProviderConfig>,
    /// Components that are not part of the binary, by the name that a provider's
    /// `adapter` gives them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub adapters: BTreeMap<String, AdapterConfig>,
    /// The audit log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit: Option<AuditConfig>,
    /// Transcripts of every request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcripts: Option<TranscriptsConfig>,
    /// Certificate authorities to believe instead of the platform's: a PEM file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_roots: Option<PathBuf>,
    /// A proxy to reach providers through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<ProxyConfig>,
    /// Who has to have signed which adapters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signatures: Option<Policy>,
    /// How the process confines itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confinement: Option<ConfinementConfig>,
    /// What `hotcell serve` offers, and to whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<GatewayConfig>,
    /// What was agreed to: `hotcell.lock` beside the file.
    #[serde(skip)]
    pub lock: Lock,
}

/// One `[providers.NAME]` table. What is absent comes from the catalogue's entry of
/// that name, or from the adapter's manifest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ProviderConfig {
    /// The adapter: a bundled one's name, or one of `[adapters]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapter: Option<String>,
    /// Where the endpoints are, by the names that the manifest gives them. A URL
    /// without a path keeps the manifest's base path; one with a path, be it `/`
    /// alone, replaces it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoints: BTreeMap<String, String>,
    /// Where the secrets come from: `env:`, `file:`, `cmd:` or `keyring:`. Of several
    /// variables (`env:NAME|OTHER`) the first counts that is set.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, SecretSource>,
    /// The scheme by which the runner authenticates, where endpoints offer several:
    /// `entra`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<String>,
    /// Where the identity comes from that tokens are fetched for: `google`,
    /// `google-file:PATH`, `entra-managed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentitySource>,
    /// Where its tokens come from, if not from the vendor's own host:
    /// `https://login.microsoftonline.us`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_origin: Option<String>,
    /// Values of the adapter's settings.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
    /// Headers to add to every request.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Methods and paths, by endpoint, where they are fewer than the adapter's grant has:
    /// `allow.api = ["POST /chat/completions"]`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub allow: BTreeMap<String, Vec<Rule>>,
    /// Permit addresses that are not public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_private: Option<bool>,
    /// Permit `http://`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_plaintext: Option<bool>,
    /// Link the harmless part of WASI for adapters whose language needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wasi: Option<bool>,
    /// Refuse what the catalogue knows a model not to take, such as images, before anything
    /// is sent. It does unless this is `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_model: Option<bool>,
    /// Limits of a cell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// Limits of a cell's traffic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub egress: Option<hotcell_egress::Limits>,
}

/// One `[adapters.NAME]` table: a person's yes to one component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AdapterConfig {
    /// The component's file; relative to the configuration's.
    pub path: PathBuf,
    /// The digest that it must have.
    pub digest: Digest,
}

/// The `[audit]` table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AuditConfig {
    /// A file that one JSON object a line is appended to; relative to the
    /// configuration's.
    pub file: PathBuf,
    /// From this size on the file is put aside, as `FILE.1`, and a new one continues it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rotate_bytes: Option<u64>,
    /// How many files are kept that were put aside; without it all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub keep: Option<u32>,
    /// What happens where a record cannot be written: `refuse` the request, or
    /// `continue`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub on_failure: Option<OnFailure>,
}

impl AuditConfig {
    /// A log in this file that grows for ever.
    pub fn at(file: PathBuf) -> Self {
        Self { file, rotate_bytes: None, keep: None, on_failure: None }
    }

    pub(crate) fn options(&self) -> LogOptions {
        LogOptions {
            rotate_bytes: self.rotate_bytes,
            keep: self.keep.unwrap_or(0),
            on_failure: self.on_failure.unwrap_or_default(),
        }
    }
}

/// The `[transcripts]` table. Transcripts hold prompts and answers, unless `content` says
/// otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TranscriptsConfig {
    /// A folder of this user's alone; relative to the configuration's.
    pub directory: PathBuf,
    /// What is kept of what people and models said: `keep` all of it, `hash` it, or `drop` it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub content: Option<Content>,
}

/// The `[proxy]` table. Without it no proxy is used, whatever the environment says.
/// Providers with `allow-private = true` are reached without it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProxyConfig {
    /// `http://HOST:PORT`
    pub url: String,
    /// Where `USER:PASSWORD` comes from, if the proxy wants it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub credential: Option<SecretSource>,
}

/// The `[confinement]` table: see [`crate::confinement`]. Of two files the stricter wins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConfinementConfig {
    /// How much of it has to be there: `require`, `attempt` or `off`.
    pub mode: ConfinementMode,
}

/// Why a configuration file is not accepted.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum ConfigError {
    /// It is there, but cannot be read.
    #[error("{}: {why}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        why: String,
    },
    /// It cannot be written.
    #[error("`{}` cannot be written: {why}", file.display())]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        why: String,
    },
    /// It was found and not named, and belongs to somebody else, who could point a
    /// provider of yours elsewhere with it.
    #[error(
        "{} belongs to another user, or anybody can write to it; read it, and name it with \
         `--config` if you agree",
        file.display()
    )]
    Foreign {
        /// The file.
        file: PathBuf,
    },
    /// Not TOML, or a key or value that is not understood.
    #[error("{}:{line}:{column}: {message}", file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
        /// What is wrong.
        message: String,
        /// The line itself, unless it could hold a secret.
        excerpt: Option<String>,
    },
}

impl Config {
    /// Reads the text of a configuration file. `file` is for messages, and what
    /// relative paths are relative to.
    ///
    /// # Errors
    /// [`ConfigError::Syntax`] with line and column.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        let mut config: Self = toml::from_str(text).map_err(|error| syntax(text, file, &error))?;
        let folder = file.parent().unwrap_or_else(|| Path::new(""));
        let adapters = config.adapters.values_mut().map(|adapter| &mut adapter.path);
        let audit = config.audit.iter_mut().map(|audit| &mut audit.file);
        let transcripts = config.transcripts.iter_mut().map(|it| &mut it.directory);
        let roots = config.signatures.iter_mut().filter_map(|it| it.trusted_root.as_mut());
        let log = config.gateway.iter_mut().filter_map(|gateway| gateway.log.as_mut());
        let log = log.filter(|log| !log.is_stderr()).map(|log| &mut log.file);
        let files = adapters.chain(audit).chain(transcripts).chain(roots).chain(log);
        for path in files.chain(config.tls_roots.iter_mut()) {
            *path = folder.join(&*path);
        }
        if let Some(gateway) = &mut config.gateway {
            gateway.place_below(folder);
        }
        Ok(config)
    }

    /// Reads a configuration file, and the lock file beside it.
    ///
    /// # Errors
    /// [`ConfigError`], also where there is no such file.
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|error| ConfigError::Unreadable {
            file: file.to_owned(),
            why: error.to_string(),
        })?;
        let lock = Lock::read(&Lock::beside(file))?;
        Ok(Self { lock, ..Self::parse(&text, file)? })
    }

    /// The files that are read where none is named, if they are there: the user's,
    /// then the project's, of which the latter wins table by table.
    pub fn default_files() -> Vec<PathBuf> {
        let home = std::env::var_os("HOME").map(PathBuf::from);
        let user = std::env::var_os("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| home.map(|home| home.join(".config")))
            .map(|folder| folder.join("hotcell").join("config.toml"));
        user.into_iter().chain([PathBuf::from("hotcell.toml")]).collect()
    }

    /// Reads [`Self::default_files`], which have to belong to this user or to the
    /// administrator: a configuration says where keys are sent.
    ///
    /// # Errors
    /// [`ConfigError`], for a file that is there and not acceptable.
    pub fn load() -> Result<Self, ConfigError> {
        let mut config = Self::default();
        for file in Self::default_files() {
            let lock = Lock::beside(&file);
            if let Some(file) = [&file, &lock].into_iter().find(|it| it.exists() && !is_own(it)) {
                return Err(ConfigError::Foreign { file: file.clone() });
            }
            config.overlay(match file.exists() {
                true => Self::read(&file)?,
                false => Self { lock: Lock::read(&lock)?, ..Self::default() },
            });
        }
        Ok(config)
    }

    /// Whether this provider's adapter gets the harmless part of WASI.
    pub(crate) fn wasi(&self, provider: &str) -> bool {
        self.providers.get(provider).and_then(|provider| provider.wasi).unwrap_or(false)
    }

    /// Takes over what another configuration says; whole tables, so that no provider
    /// is made of two files.
    pub fn overlay(&mut self, other: Self) {
        self.providers.extend(other.providers);
        self.adapters.extend(other.adapters);
        self.lock.adapters.extend(other.lock.adapters);
        self.default_model = other.default_model.or(self.default_model.take());
        self.audit = other.audit.or(self.audit.take());
        self.transcripts = other.transcripts.or(self.transcripts.take());
        self.tls_roots = other.tls_roots.or(self.tls_roots.take());
        self.proxy = other.proxy.or(self.proxy.take());
        self.gateway = other.gateway.or(self.gateway.take());
        // What a project brings along does not loosen what its user demands.
        self.signatures = match (self.signatures.take(), other.signatures) {
            (beneath, Some(policy)) => Some(policy.above(beneath)),
            (policy, None) => policy,
        };
        self.confinement = self.confinement.take().into_iter().chain(other.confinement).min();
    }
}

/// Whether only this user, or one who may do anything anyway, can have written it.
#[cfg(unix)]
pub(crate) fn is_own(file: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let me = rustix::process::geteuid().as_raw();
    std::fs::metadata(file)
        .is_ok_and(|found| [me, 0].contains(&found.uid()) && found.mode() & 0o002 == 0)
}

#[cfg(not(unix))]
pub(crate) fn is_own(_: &Path) -> bool {
    true
}

pub(crate) fn syntax(text: &str, file: &Path, error: &toml::de::Error) -> ConfigError {
    let start = error.span().map_or(0, |span| span.start).min(text.len());
    let before = text.get(..start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let content = text.lines().nth(line - 1).unwrap_or_default();
    // Somebody who pastes a key where its source belongs must not see it in a log.
    let secret =
        ["secret", "key", "token", "password", "@"].iter().any(|word| content.contains(word));
    ConfigError::Syntax {
        file: file.to_owned(),
        line,
        column: before.chars().rev().take_while(|c| *c != '\n').count() + 1,
        message: error.message().trim_end().replace('\n', "; "),
        excerpt: (!secret && !content.is_empty()).then(|| content.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Config::parse(text, Path::new("hotcell.toml")).unwrap_err().to_string()
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_anybody_can_write_is_not_ones_own() {
        use std::os::unix::fs::PermissionsExt;
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(is_own(file.path()));
        let everybody = std::fs::Permissions::from_mode(0o666);
        std::fs::set_permissions(file.path(), everybody).unwrap();
        assert!(!is_own(file.path()));
        assert!(!is_own(Path::new("/there/is/no/such/file")));
    }

    #[test]
    fn errors_name_file_line_and_column() {
        let text = "default-model = \"a/b\"\n[providers.x]\nadaptor = \"openai\"\n";
        let error = error(text);
        assert!(error.starts_with("hotcell.toml:3:1: unknown field `adaptor`"), "{error}");
    }

    #[test]
    fn a_literal_secret_is_refused_and_not_repeated() {
        let text = "[providers.x]\nsecrets.api-key = \"sk-live-123456\"\n";
        let parsed = Config::parse(text, Path::new("hotcell.toml")).unwrap_err();
        assert!(parsed.to_string().contains("expected a source of the secret"), "{parsed}");
        assert!(!format!("{parsed:?}").contains("sk-live"), "{parsed:?}");
    }

    #[test]
    fn no_file_loosens_the_confinement_that_another_demands() {
        use ConfinementMode::{Attempt, Off, Require};
        let config =
            |mode| Config { confinement: Some(ConfinementConfig { mode }), ..Config::default() };
        for (user, project, together) in
            [(Require, Off, Require), (Off, Require, Require), (Off, Attempt, Attempt)]
        {
            let mut overlaid = config(user);
            overlaid.overlay(config(project));
            assert_eq!(overlaid.confinement, config(together).confinement);
            overlaid.overlay(Config::default());
            assert_eq!(overlaid.confinement, config(together).confinement);
        }
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let text = "[audit]\nfile = \"audit.jsonl\"";
        let config = Config::parse(text, Path::new("etc/hotcell.toml")).unwrap();
        assert_eq!(config.audit.unwrap().file, Path::new("etc/audit.jsonl"));
    }
}
