//! The gateway: what clients of OpenAI, Anthropic and Google already speak, answered by
//! whatever provider the operator configured.
//!
//! ```text
//! client ─▶ server ─▶ route ─▶ endpoint ─▶ attempt ─▶ Runner ─▶ cell …
//!                              dialect     deployments
//! ```
//!
//! A request is read in its client's dialect, sent by [`hotcell::Runner`], each attempt in a
//! cell of its own, and the events that come back are written in that dialect again. No
//! provider's protocol is known here, and no provider's credential: those are beyond the
//! wall and in egress.

#![forbid(unsafe_code)]

mod access;
mod admin;
mod attempt;
mod body;
mod charge;
mod chat;
mod control;
mod deployment;
mod embeddings;
mod error;
mod form;
mod frames;
mod gate;
mod image;
mod incoming;
mod ledger;
mod models;
mod moderation;
mod presence;
mod reply;
mod rerank;
mod route;
mod server;
mod speech;
mod store;
mod tokens;
mod transcription;
mod visit;

pub use admin::{Ask, Desk, Told};
pub use error::GatewayError;
pub use ledger::{Money, Window};
pub use store::{Budget, Key, Limits, StoreError, Team, Time};

use control::Control;
use deployment::Models;
use gate::Gate;
use hotcell::confinement::Confinement;
use hotcell::{GatewayConfig, GatewayLimits, Runner};
use incoming::Bodies;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;

/// A gateway. Cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

/// What every request needs.
struct Inner {
    runner: Runner,
    models: Arc<Models>,
    control: Control,
    limits: GatewayLimits,
    gate: Gate,
    bodies: Bodies,
    /// Begins the ids of this gateway's requests: another gateway has other ids.
    mark: String,
    requests: AtomicU64,
}

impl Gateway {
    /// A gateway with what the runner's configuration says of it.
    ///
    /// # Errors
    /// A configuration that contradicts itself.
    pub fn new(runner: Runner) -> Result<Self, GatewayError> {
        let config = runner.config().gateway.clone().unwrap_or_default();
        let ready = runner.providers_at_rest().into_iter().filter(|provider| provider.is_ready());
        let ready: Vec<String> = ready.map(|provider| provider.name).collect();
        let limits = config.limits.clone().unwrap_or_default();
        let control = Control::new(runner.config())?;
        let runner = if control.ledger.is_some() { runner.counting() } else { runner };
        Ok(Self {
            inner: Arc::new(Inner {
                models: Arc::new(Models::new(&config, &ready)?),
                control,
                gate: Gate::of(&limits),
                bodies: Bodies::of(&limits),
                limits,
                mark: mark()?,
                requests: AtomicU64::new(0),
                runner,
            }),
        })
    }

    /// Reads and compiles what the first request to each configured model would.
    ///
    /// # Errors
    /// The first model that cannot be set up.
    pub fn prepare(&self) -> Result<(), GatewayError> {
        let models = &self.inner.models;
        for provider in models.providers() {
            self.inner.runner.prepare(provider)?;
        }
        Ok(())
    }

    /// Whether it may be reached at this address.
    ///
    /// # Errors
    /// [`GatewayError::Open`], where others reach it, nobody is asked for a key, and nobody said
    /// that this is meant.
    pub fn may_listen(&self, address: SocketAddr) -> Result<(), GatewayError> {
        self.inner.control.may_listen(address)
    }

    /// Adds to a confinement what the gateway needs beyond what its runner does.
    #[must_use]
    pub fn confinement(&self, confinement: Confinement) -> Confinement {
        self.inner.control.confinement(confinement)
    }

    /// Serves until `stop` is ready; then what is under way has its time to end. No listener
    /// is accepted from any more then.
    pub async fn serve(&self, listeners: Vec<TcpListener>, stop: impl Future<Output = ()>) {
        server::serve(self.inner.clone(), listeners, stop).await;
    }

    /// What the configuration says of it.
    pub fn config(&self) -> GatewayConfig {
        self.inner.runner.config().gateway.clone().unwrap_or_default()
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Sixty-four bits that no other gateway has.
fn mark() -> Result<String, GatewayError> {
    let number = getrandom::u64().map_err(|error| GatewayError::Random(error.to_string()))?;
    Ok(format!("{number:016x}"))
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").finish_non_exhaustive()
    }
}
