//! Who may ask the gateway, what they may spend, and where that is kept.
//!
//! ```toml
//! [gateway]
//! admin-key = "env:HOTCELL_ADMIN_KEY"
//!
//! [gateway.state]
//! folder = "/var/lib/hotcell"
//!
//! [gateway.prices."my-vllm/llama"]
//! input = 0.1
//! output = 0.4
//! ```

use hotcell_egress::SecretSource;
use hotcell_egress::service::ServiceAddress;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Whom the gateway lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessMode {
    /// Whoever has a key or a token.
    Keys,
    /// Everybody who can connect, and nobody is asked for a key.
    Open,
}

/// The `[gateway.state]` table: where keys and what they spent are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct StateConfig {
    /// A folder of this user's alone, with an SQLite file in it; relative to the
    /// configuration's. In the user's data folder where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// What is recorded survives a machine that loses its power, and not a killed process
    /// alone: each commit waits for the disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync: Option<bool>,
    /// A server of PostgreSQL's instead, which several gateways share:
    /// `postgres://USER@HOST:PORT/DATABASE`, or where that comes from, such as
    /// `env:DATABASE_URL`. No password stands here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<ServiceAddress>,
    /// Where its password comes from, if the address has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_password: Option<SecretSource>,
    /// A server of Valkey's or Redis's, where requests and tokens of a minute are counted, and
    /// not at PostgreSQL: `rediss://HOST:PORT`, or where that comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counters: Option<ServiceAddress>,
    /// Where its password comes from, if the address has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counters_password: Option<SecretSource>,
}

/// A `[gateway.prices."provider/model"]` table: US dollars for a million tokens, instead of
/// what the catalogue says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PriceConfig {
    /// Of the prompt.
    pub input: f64,
    /// Of the answer, reasoning included.
    #[serde(default)]
    pub output: f64,
    /// Of the part of the prompt that was read from a cache; as `input` where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cache_read: Option<f64>,
    /// Of the part of the prompt that was written to a cache; as `input` where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cache_write: Option<f64>,
}

/// The `[gateway.jwt]` table: tokens of an identity provider's, instead of keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct JwtConfig {
    /// What `iss` has to be.
    pub issuer: String,
    /// What `aud` has to be, or hold.
    pub audience: String,
    /// Where the keys of the issuer are: the `https://` address of a JWKS document, or a
    /// file; relative to the configuration's.
    pub keys: String,
    /// Seconds between two fetches of that document, whatever tokens come; 60 where nothing
    /// is said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refresh_seconds: Option<u64>,
    /// The claim that names the bearer's team, whose limits hold then. A token without one of
    /// the teams that there are is refused.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub team_claim: Option<String>,
    /// The claim that lists the models that its bearer may use, in which `*` stands for any
    /// text. A token without it may use none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub models_claim: Option<String>,
    /// Permit the document to be at an address that is not public.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub allow_private: Option<bool>,
    /// Permit it to be fetched by `http://`, from an address that is not public.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub allow_plaintext: Option<bool>,
}

impl JwtConfig {
    /// The file that has the keys, where it is one.
    pub fn file(&self) -> Option<PathBuf> {
        (!self.keys.contains("://")).then(|| PathBuf::from(&self.keys))
    }
}
