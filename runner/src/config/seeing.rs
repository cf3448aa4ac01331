//! What the gateway lets its operator see, and whom else.
//!
//! ```toml
//! [gateway.log]
//! file = "/var/log/hotcell/access.jsonl"
//!
//! [gateway.metrics]
//! listen = ["10.0.0.7:9464"]
//!
//! [gateway.traces]
//! endpoint = "https://collector.example.com/v1/traces"
//! sample = 0.1
//! token = "env:OTLP_TOKEN"
//! ```

use hotcell_egress::SecretSource;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;

/// The `[gateway.log]` table: a line for each request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LogConfig {
    /// The file that lines are added to, relative to the configuration's; or `stderr`.
    pub file: PathBuf,
}

impl LogConfig {
    /// Whether lines go to the process's own standard error.
    pub fn is_stderr(&self) -> bool {
        self.file.as_os_str() == "stderr"
    }
}

/// The `[gateway.metrics]` table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct MetricsConfig {
    /// Addresses where `/metrics` is, and nothing else, for whoever reaches them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub listen: Vec<SocketAddr>,
}

/// The `[gateway.status]` table: who sees `/`, `/status.json`, `/audit.json` and `/metrics`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct StatusConfig {
    /// Whether whoever reaches an address of this machine alone (`127.0.0.1`, `::1`) sees them
    /// without a key; they do where nothing is said. Say `false` where something on the same
    /// machine passes requests of others on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loopback: Option<bool>,
}

/// The `[gateway.traces]` table: where spans are sent, by OTLP over HTTP, as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TracesConfig {
    /// The whole address: `https://collector.example.com/v1/traces`.
    pub endpoint: String,
    /// The part of the requests that is traced, from 0 to 1, of those that do not say it
    /// themselves with `traceparent`; all where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sample: Option<f64>,
    /// Where a token comes from that the collector wants.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub token: Option<SecretSource>,
    /// The header that the token is sent in, alone; `authorization`, as a bearer's, where nothing
    /// is said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub token_header: Option<String>,
    /// Permit an address that is not public.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub allow_private: Option<bool>,
    /// Permit `http://`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub allow_plaintext: Option<bool>,
}
