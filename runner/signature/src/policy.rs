//! The `[signatures]` table: which publishers an operator believes, and for what.

use crate::ed25519;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Which publishers are believed, and for which adapters.
///
/// ```toml
/// [signatures]
/// unsigned = "refuse"
///
/// [signatures.publishers.acme]
/// adapters = ["acme-*"]
/// minisign = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Policy {
    /// What becomes of an adapter that no publisher is named for.
    #[serde(skip_serializing_if = "Unsigned::is_default")]
    pub unsigned: Unsigned,
    /// The file of Sigstore's keys and authorities that identities are checked against:
    /// a `trusted_root.json`, as `cosign trusted-root create` writes and Sigstore
    /// publishes it. Relative to the configuration's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted_root: Option<PathBuf>,
    /// The publishers, by the names that this operator gives them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub publishers: BTreeMap<String, Publisher>,
    /// A policy that has to be satisfied as well: the user's, beneath a project's.
    #[serde(skip)]
    pub beneath: Option<Box<Policy>>,
}

/// What becomes of an adapter that no publisher is named for. One that a publisher is
/// named for has to be signed in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unsigned {
    /// It runs when somebody agreed to its digest.
    #[default]
    Allow,
    /// It does not run.
    Refuse,
}

/// Somebody whose signature counts for some adapters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Table", into = "Table")]
pub struct Publisher {
    /// The adapters that it may sign.
    pub adapters: Vec<AdapterNames>,
    /// What its signatures are recognised by.
    pub key: PublisherKey,
}

/// What a publisher's signatures are recognised by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublisherKey {
    /// A minisign public key: the second line of its `.pub` file.
    Minisign(String),
    /// The 32 bytes of an Ed25519 public key.
    Ed25519([u8; 32]),
    /// Whom Sigstore's certificate has to be for.
    Sigstore {
        /// An address, or the URI of a workflow.
        identity: String,
        /// Who vouched for it, such as `https://token.actions.githubusercontent.com`.
        issuer: String,
    },
}

/// One adapter's name, or with a `*` at the end all that begin like this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AdapterNames(String);

impl Policy {
    /// This policy above another one: what satisfies it has to satisfy both.
    #[must_use]
    pub fn above(mut self, beneath: Option<Self>) -> Self {
        self.beneath = beneath.map(Box::new);
        self
    }

    /// The publishers that may sign an adapter of this name.
    pub fn publishers_of(&self, adapter: &str) -> impl Iterator<Item = (&str, &Publisher)> {
        let may_sign = move |publisher: &Publisher| {
            publisher.adapters.iter().any(|names| names.include(adapter))
        };
        self.publishers
            .iter()
            .filter(move |(_, publisher)| may_sign(publisher))
            .map(|(name, publisher)| (name.as_str(), publisher))
    }
}

impl Unsigned {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl AdapterNames {
    /// Whether this adapter is meant.
    pub fn include(&self, adapter: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => adapter.starts_with(beginning),
            None => adapter == self.0,
        }
    }
}

impl TryFrom<String> for AdapterNames {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let name = text.strip_suffix('*').unwrap_or(&text);
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        match name.chars().all(plain) && !text.is_empty() {
            true => Ok(Self(text)),
            false => {
                Err(format!("`{text}` is neither an adapter's name nor the beginning of some"))
            }
        }
    }
}

impl From<AdapterNames> for String {
    fn from(names: AdapterNames) -> Self {
        names.0
    }
}

impl fmt::Display for PublisherKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Minisign(key) => write!(f, "minisign:{key}"),
            Self::Ed25519(key) => write!(f, "ed25519:{}", ed25519::text(key)),
            Self::Sigstore { identity, issuer } => write!(f, "sigstore:{identity} ({issuer})"),
        }
    }
}

/// A publisher as it is written: with one key, of whichever kind.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Table {
    adapters: Vec<AdapterNames>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    minisign: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    ed25519: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    sigstore: Option<Identity>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    identity: String,
    issuer: String,
}

impl TryFrom<Table> for Publisher {
    type Error = String;

    fn try_from(table: Table) -> Result<Self, String> {
        if table.adapters.is_empty() {
            return Err(
                "a publisher of no adapter signs nothing: say `adapters = [\"NAME\"]`".into()
            );
        }
        let key = match (table.minisign, table.ed25519, table.sigstore) {
            (Some(key), None, None) => PublisherKey::Minisign(minisign(&key)?),
            (None, Some(key), None) => PublisherKey::Ed25519(ed25519::key(&key)?),
            (None, None, Some(Identity { identity, issuer })) => {
                if identity.is_empty() || issuer.is_empty() {
                    return Err("`sigstore` needs an identity and its issuer".to_owned());
                }
                PublisherKey::Sigstore { identity, issuer }
            }
            _ => {
                return Err("a publisher has one key: `minisign`, `ed25519` or `sigstore`; \
                            one with several is several publishers"
                    .to_owned());
            }
        };
        Ok(Self { adapters: table.adapters, key })
    }
}

/// The key itself, of a line or of a whole `.pub` file.
fn minisign(text: &str) -> Result<String, String> {
    let line = text.trim().lines().last().unwrap_or_default().trim();
    match minisign_verify::PublicKey::from_base64(line) {
        Ok(_) => Ok(line.to_owned()),
        Err(_) => {
            Err("that is no minisign key: expected 56 characters that begin with RW".to_owned())
        }
    }
}

impl From<Publisher> for Table {
    fn from(publisher: Publisher) -> Self {
        let mut table =
            Self { adapters: publisher.adapters, minisign: None, ed25519: None, sigstore: None };
        match publisher.key {
            PublisherKey::Minisign(key) => table.minisign = Some(key),
            PublisherKey::Ed25519(key) => table.ed25519 = Some(ed25519::text(&key)),
            PublisherKey::Sigstore { identity, issuer } => {
                table.sigstore = Some(Identity { identity, issuer });
            }
        }
        table
    }
}
