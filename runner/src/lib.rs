//! Runs LLM provider adapters that nobody has to trust.
//!
//! An adapter is a WebAssembly component that translates between the vocabulary of
//! [`types`] and one provider's protocol. It runs in a *cell*: a fresh instance per
//! request that has no file system, no environment, no clock and no socket. All it
//! can reach is the endpoint that was granted to it, and what it sends there gets
//! its credential only after it has left the cell.
//!
//! ```text
//! caller ─▶ Runner ─▶ cell ─ the wall ─▶ egress ─▶ provider
//!                     adapter            rules, credentials, sockets
//! ```
//!
//! [`Runner`] is the front door. [`Config`] says which providers there are;
//! `hotcell_egress` is the only place of credentials and sockets.

#![deny(unsafe_code)]

mod adapter;
mod answer;
mod artifact;
pub mod audit;
pub mod bindings;
mod builder;
mod cell;
mod choice;
mod component;
mod config;
pub mod confinement;
mod engine;
mod facts;
pub mod failure;
mod heard;
mod interface;
mod kept;
pub mod limits;
mod listing;
mod lock;
mod private;
mod provider;
mod replay;
mod runner;
mod setting;
mod setup;
mod sound;
mod store;
pub mod transcript;
pub mod types;
pub mod wasi;

pub use adapter::{AdapterError, inspect};
pub use answer::{Answer, Choice, Collected, EventStream};
pub use artifact::{CacheContents, inspect_cache};
pub use builder::{RunnerBuilder, default_cache};
#[cfg(hotcell_native)]
pub use cell::native;
pub use config::{
    AccessMode, AdapterConfig, AuditConfig, CacheConfig, CacheShare, Config, ConfigError,
    ConfinementConfig, DeploymentConfig, DeploymentTable, GatewayConfig, GatewayLimits, JwtConfig,
    ModelConfig, PriceConfig, ProviderConfig, ProxyConfig, StateConfig, Strategy,
    TranscriptsConfig,
};
pub use config::{LogConfig, MetricsConfig, StatusConfig, TracesConfig};
pub use engine::Allocation;
pub use failure::{Consequence, Error, consequence};
pub use heard::Heard;
pub use hotcell_bundle as bundle;
pub use hotcell_catalogue as catalogue;
pub use hotcell_egress as egress;
pub use hotcell_manifest as manifest;
pub use hotcell_sbom as sbom;
pub use hotcell_signature as signature;
pub use interface::Interface;
pub use limits::Limits;
pub use listing::{IdentityInfo, Origin, ProviderInfo, SecretInfo};
pub use lock::{GrantName, Granted, LOCK_FILE, Lock};
pub use replay::{Difference, Replayed};
pub use runner::Runner;
pub use setup::SetupError;
pub use sound::Sound;
pub use store::{Store, StoreError};
pub use transcript::{Content, Outline, Recorded, Transcript};
