//! Which answers the gateway keeps for whoever asks the same.
//!
//! ```toml
//! [gateway.cache]
//! seconds = 3600
//! share = "team"
//!
//! [gateway.models.fast]
//! deployments = ["openai/gpt-4o-mini"]
//! cache-seconds = 60
//! ```

use hotcell_egress::SecretSource;
use hotcell_egress::service::ServiceAddress;
use serde::{Deserialize, Serialize};

/// The `[gateway.cache]` table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct CacheConfig {
    /// For how many seconds answers of every model are kept that says nothing of it itself
    /// (`cache-seconds`). Those of no other where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    /// Who is given what somebody else was answered; nobody where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<CacheShare>,
    /// The endpoints, such as `chat-completions`; `*` stands for any text. Empty: all whose
    /// answers can be kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<String>,
    /// Keep only answers to chats that ask for a temperature of 0. Vectors, rankings and
    /// verdicts have none, and are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature_zero: Option<bool>,
    /// Keep them at a server of Valkey or Redis, which several gateways share, and not in memory:
    /// `redis://HOST:PORT/NUMBER`, `rediss://` with TLS, or the source of an address, such as
    /// `env:NAME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<ServiceAddress>,
    /// Where the server's password comes from, where its address has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretSource>,
    /// Where a secret of at least 16 characters comes from, the same for all who share the
    /// server: what lies there is sealed by it. Without it there is no `server`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seal: Option<SecretSource>,
    /// Bytes of memory for all of them together; 64 MiB where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
    /// How many are kept at the most; 10,000 where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entries: Option<usize>,
    /// Bytes of one answer, above which it is not kept; 256 KiB where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_bytes: Option<usize>,
}

/// Who is given what somebody else was answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CacheShare {
    /// Nobody: an answer is for the key that asked.
    #[default]
    Key,
    /// The keys of one team; a key without a team is alone.
    Team,
    /// Everybody who may use the model.
    All,
}
