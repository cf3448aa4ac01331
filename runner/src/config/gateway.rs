//! The `[gateway]` table: what `hotcell serve` offers, and to whom.
//!
//! ```toml
//! [gateway]
//! listen = ["127.0.0.1:4000"]
//!
//! [gateway.models.fast]
//! deployments = ["groq/llama-3.3-70b", { model = "together/llama-3.3-70b", weight = 2 }]
//! fallbacks = ["gpt-4o-mini"]
//! ```

use super::cache::CacheConfig;
use super::control::{AccessMode, JwtConfig, PriceConfig, StateConfig};
use super::seeing::{LogConfig, MetricsConfig, StatusConfig, TracesConfig};
use hotcell_egress::SecretSource;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};

/// The `[gateway]` table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct GatewayConfig {
    /// Where it listens; at port 4000 of this machine alone where nothing is said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub listen: Vec<SocketAddr>,
    /// Names of this machine besides its own, by which a gateway is asked for that listens to it
    /// alone and wants no key. Pages at other hosts may not use it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// Pages in browsers that may use it with a key, by their origins, such as
    /// `https://app.example.com`; `*` for every page. None where nothing is said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
    /// A line for each request; none is written where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<LogConfig>,
    /// Where its metrics are, besides `/metrics`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<MetricsConfig>,
    /// Who sees its status page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusConfig>,
    /// Where it sends traces; nowhere where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traces: Option<TracesConfig>,
    /// Models, by the names that clients call them. A name can have one `*`, which stands for any
    /// text but none and is filled into the `*` of its deployments: `"openai/*"`. A whole name
    /// counts before a pattern, and of patterns the one that says most.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<String, ModelConfig>,
    /// Refuse every model that is not one of `models`. Without it a client may also ask for
    /// any `provider/model`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_models: Option<bool>,
    /// What it may use, and clients with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<GatewayLimits>,
    /// Whom it lets in. Where nothing is said: whoever has a key as soon as there are keys,
    /// an admin key, tokens or a state; everybody on this machine else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessMode>,
    /// Where the operator's key comes from, which the admin API wants: at least 16 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin_key: Option<SecretSource>,
    /// Where keys and what they spent are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<StateConfig>,
    /// Tokens of an identity provider's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt: Option<JwtConfig>,
    /// Whether answers are kept for whoever asks the same; none are where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheConfig>,
    /// What models cost, by `provider/model`, where the catalogue does not know or is wrong.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub prices: BTreeMap<String, PriceConfig>,
}

/// One `[gateway.models.NAME]` table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ModelConfig {
    /// Where the model is: `provider/model`, or a table with more.
    pub deployments: Vec<DeploymentConfig>,
    /// How one of several is chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// How long a deployment is left alone that fails again and again, in milliseconds; 5000
    /// where nothing is said. One that says itself when to come back is left alone until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cool_down_ms: Option<u64>,
    /// The longest that a deployment may take to begin its answer, in milliseconds, before the
    /// next one is asked. Without it the limits of the provider hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_ms: Option<u64>,
    /// Ask a second deployment the same, if the first has not begun to answer after so many
    /// milliseconds, and take whichever begins first. Both may cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hedge_ms: Option<u64>,
    /// How often a request is sent once more after a failure that may pass; 2 where nothing
    /// is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
    /// For how many seconds an answer is kept for whoever asks the same: 0 for not at all.
    /// As `[gateway.cache]` has it where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_seconds: Option<u64>,
    /// Models to ask when this one cannot answer, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fallbacks: Vec<String>,
    /// Models to ask when a request is too large for this one, instead of `fallbacks`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub context_fallbacks: Vec<String>,
    /// Models to ask when a policy of the provider's stops a request, instead of `fallbacks`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub content_fallbacks: Vec<String>,
}

/// One place where a model is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum DeploymentConfig {
    /// `provider/model`.
    Model(String),
    /// The same with more.
    Table(DeploymentTable),
}

/// One place where a model is, as a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeploymentTable {
    /// `provider/model`.
    pub model: String,
    /// How large a part of the requests it gets, beside the others; 1 where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weight: Option<u32>,
    /// Requests under way there at one time, at the most.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub concurrency: Option<u32>,
    /// Requests in a minute, at the most.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub requests_per_minute: Option<u64>,
    /// Tokens in a minute, at the most: what was asked and what was answered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tokens_per_minute: Option<u64>,
}

/// By hand, so that what is wrong in a table is told as it is, and where.
impl<'de> Deserialize<'de> for DeploymentConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = DeploymentConfig;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`provider/model`, or a table with `model`")
            }

            fn visit_str<E: de::Error>(self, model: &str) -> Result<DeploymentConfig, E> {
                Ok(DeploymentConfig::Model(model.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<DeploymentConfig, A::Error> {
                let table = MapAccessDeserializer::new(table);
                DeploymentTable::deserialize(table).map(DeploymentConfig::Table)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl DeploymentConfig {
    /// `provider/model`.
    pub fn model(&self) -> &str {
        match self {
            Self::Model(model) => model,
            Self::Table(table) => &table.model,
        }
    }

    /// How large a part of the requests it gets.
    pub fn weight(&self) -> u32 {
        match self {
            Self::Model(_) => 1,
            Self::Table(table) => table.weight.unwrap_or(1),
        }
    }
}

/// How one of several deployments is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// By their weights.
    #[default]
    Weighted,
    /// The one with the fewest requests under way.
    LeastBusy,
    /// The one that lately answered soonest.
    LowestLatency,
    /// The one that has used least of its tokens.
    LeastUsed,
}

/// What the gateway may use. Each default has its reason in `docs/gateway.md`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[non_exhaustive]
pub struct GatewayLimits {
    /// Connections of clients at one time.
    pub connections: u32,
    /// Requests under way at one time: cells that are open.
    pub requests: u32,
    /// Requests that wait for one of them to end.
    pub waiting: u32,
    /// How long one waits, in milliseconds, before it is refused.
    pub waiting_ms: u64,
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Bytes of all requests' bodies that are held at one time.
    pub bodies_bytes: usize,
    /// Time for a request's head to arrive, in milliseconds.
    pub head_ms: u64,
    /// Time for a request's body to arrive, in milliseconds.
    pub body_ms: u64,
    /// How long a connection stays open at which the client neither asks nor takes anything,
    /// though it could, in milliseconds.
    pub stall_ms: u64,
    /// How long a stream is silent, in milliseconds, before its client is told that it goes on;
    /// never, if it is zero.
    pub silence_ms: u64,
    /// Time that requests under way have to end when the gateway is stopped, in milliseconds.
    pub drain_ms: u64,
    /// Time that requests under way have to end when another process has taken the gateway over
    /// with a new configuration, in milliseconds.
    pub retire_ms: u64,
}

impl Default for GatewayLimits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            requests: 1_000,
            waiting: 1_000,
            waiting_ms: 10_000,
            body_bytes: 32 * 1024 * 1024,
            bodies_bytes: 512 * 1024 * 1024,
            head_ms: 30_000,
            body_ms: 60_000,
            stall_ms: 60_000,
            silence_ms: 15_000,
            drain_ms: 30_000,
            retire_ms: 600_000,
        }
    }
}

impl GatewayConfig {
    /// Makes its paths relative to the folder of the configuration.
    pub(crate) fn place_below(&mut self, folder: &std::path::Path) {
        if let Some(state) = self.state.as_mut().and_then(|state| state.folder.as_mut()) {
            *state = folder.join(&*state);
        }
        if let Some(jwt) = &mut self.jwt
            && let Some(file) = jwt.file()
        {
            jwt.keys = folder.join(file).to_string_lossy().into_owned();
        }
    }

    /// Where it listens.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        match self.listen.is_empty() {
            true => vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 4000))],
            false => self.listen.clone(),
        }
    }
}
