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
mod belated;
mod body;
mod cache;
mod charge;
mod chat;
mod check;
mod connection;
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
mod line;
mod machine;
mod models;
mod moderation;
mod origin;
#[cfg(target_os = "linux")]
pub mod packet;
#[cfg(target_os = "linux")]
mod passage;
mod presence;
mod pulse;
mod reply;
mod rerank;
mod route;
mod seeing;
mod server;
mod speech;
mod store;
mod stored;
mod tokens;
mod transcription;
mod turn;
#[expect(dead_code, reason = "get, set and delete are for answers that are kept")]
mod valkey;
mod visit;
mod weight;

pub use admin::{Ask, Desk, Told};
pub use check::check;
pub use error::GatewayError;
pub use ledger::{Money, Window};
#[cfg(target_os = "linux")]
pub use passage::Passage;
pub use seeing::Watch;
pub use server::Order;
pub use store::{Budget, Key, Limits, StoreError, Team, Time};

use cache::Cache;
use control::Control;
use deployment::Models;
use gate::Gate;
use hotcell::confinement::Confinement;
use hotcell::{GatewayConfig, GatewayLimits, Runner};
use incoming::Bodies;
use seeing::{Door, Seeing};
use std::fmt;
use std::fs::File;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
#[cfg(target_os = "linux")]
use tokio::sync::oneshot;
use tokio::sync::watch;

/// A gateway. Cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

/// What a process takes over from those of the same gateway that came before it.
#[derive(Debug, Default)]
pub struct Inheritance {
    /// [`Gateway::lock`] of the one before.
    pub lock: Option<File>,
    /// One of them still serves, or ends what it began.
    pub others_serve: bool,
}

/// What every request needs.
struct Inner {
    runner: Runner,
    models: Arc<Models>,
    control: Control,
    /// None where no answers are kept.
    cache: Option<Cache>,
    limits: GatewayLimits,
    gate: Gate,
    bodies: Bodies,
    /// Answers that providers keep.
    stored: stored::Index,
    /// Whoever looks on.
    seeing: Seeing,
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
        Self::inheriting(runner, Inheritance::default())
    }

    /// The same for one of several processes that serve after one another.
    ///
    /// # Errors
    /// The same.
    pub fn inheriting(runner: Runner, inheritance: Inheritance) -> Result<Self, GatewayError> {
        let config = runner.config().gateway.clone().unwrap_or_default();
        let providers = runner.providers_at_rest();
        let ready = providers.iter().filter(|provider| provider.is_ready());
        let ready: Vec<String> = ready.map(|provider| provider.name.clone()).collect();
        let models = Arc::new(Models::new(&config, &ready)?);
        let number = mark()?;
        let limits = config.limits.clone().unwrap_or_default();
        let control = Control::new(runner.config(), inheritance)?;
        let store = control.ledger.as_ref().map(|ledger| ledger.store.clone());
        let cache = Cache::new(runner.config(), &providers, Arc::new(now))?;
        // Whoever wants to see what was used is told it of streams as well.
        let is_seen = config.log.is_some() || config.metrics.is_some() || config.traces.is_some();
        let runner = match control.ledger.is_some() || is_seen {
            true => runner.counting(),
            false => runner,
        };
        Ok(Self {
            inner: Arc::new(Inner {
                seeing: Seeing::new(&runner, &config, &models, providers, number)?,
                models,
                stored: stored::Index::new(store),
                control,
                cache,
                gate: Gate::of(&limits),
                bodies: Bodies::of(&limits),
                limits,
                mark: format!("{number:016x}"),
                requests: AtomicU64::new(0),
                runner,
            }),
        })
    }

    /// The providers that its configured models lead to, by their names.
    pub fn providers(&self) -> std::collections::BTreeSet<&str> {
        self.inner.models.providers()
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
        self.inner.seeing.read_ahead();
        Ok(())
    }

    /// Shows on its status page and in its metrics what `watch` sees of the audit: the runner has
    /// to have been given it as well. To be said before the gateway is cloned or serves; it
    /// changes nothing later.
    #[must_use]
    pub fn watching(mut self, watch: Arc<Watch>) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.seeing.set_watch(watch);
        }
        self
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
        let confinement = self.inner.control.confinement(confinement);
        let confinement = self.inner.seeing.confinement(confinement);
        match &self.inner.cache {
            Some(cache) => cache.confinement(confinement),
            None => confinement,
        }
    }

    /// Shows in its metrics how often something new was loaded, and how often it could not be, by
    /// whoever starts processes of this gateway.
    pub fn reloaded(&self, done: u64, failed: u64) {
        self.inner.seeing.reloaded(done, failed);
    }

    /// What keeps other gateways from using the same state, where it is in a file of this machine:
    /// for the process that comes next.
    pub fn lock(&self) -> Option<&File> {
        self.inner.control.ledger.as_ref()?.store.lock()
    }

    /// Another process of this gateway is about to serve. When this is done, limits hold among
    /// both of them.
    ///
    /// # Errors
    /// The state cannot be written.
    pub async fn share(&self) -> Result<(), StoreError> {
        match &self.inner.control.ledger {
            Some(ledger) => ledger.store.share().await,
            None => Ok(()),
        }
    }

    /// No other process of this gateway is there any more.
    ///
    /// # Errors
    /// The state cannot be read or written.
    pub async fn alone(&self) -> Result<(), StoreError> {
        match &self.inner.control.ledger {
            Some(ledger) => ledger.store.alone().await,
            None => Ok(()),
        }
    }

    /// Serves until `stop` is ready; then what is under way has its time to end. No listener
    /// is accepted from any more then.
    pub async fn serve(&self, listeners: Vec<TcpListener>, stop: impl Future<Output = ()>) {
        self.serve_with_metrics(listeners, Vec::new(), stop).await;
    }

    /// The same, with listeners besides where `/metrics` is and nothing else: whoever reaches
    /// them needs no key.
    pub async fn serve_with_metrics(
        &self,
        listeners: Vec<TcpListener>,
        metrics: Vec<TcpListener>,
        stop: impl Future<Output = ()>,
    ) {
        let (order, orders) = watch::channel(Order::Serve);
        let serving = server::serve(self.inner.clone(), self.sources(listeners, metrics), orders);
        let stopping = async {
            stop.await;
            order.send_replace(Order::End);
            std::future::pending().await
        };
        tokio::select! {
            () = serving => {}
            () = stopping => {}
        }
    }

    /// The same for one of several processes that serve after one another: it obeys orders, and
    /// with a passage connections go to the next process and come from the one before. `retired`
    /// is told when an order to retire has been heard by everybody: what is asked from then on is
    /// answered by the next process.
    #[cfg(target_os = "linux")]
    pub async fn serve_in_turn(
        &self,
        listeners: Vec<TcpListener>,
        metrics: Vec<TcpListener>,
        passage: Passage,
        orders: watch::Receiver<Order>,
        retired: oneshot::Sender<()>,
    ) {
        let sources = server::Sources {
            passage: Some(passage),
            retired: Some(retired),
            ..self.sources(listeners, metrics)
        };
        server::serve(self.inner.clone(), sources, orders).await;
    }

    fn sources(&self, listeners: Vec<TcpListener>, metrics: Vec<TcpListener>) -> server::Sources {
        let door = |listener: &TcpListener| match listener.local_addr() {
            Ok(address) if address.ip().is_loopback() => Door::Loopback,
            _ => Door::Public,
        };
        let listeners = listeners.into_iter().map(|listener| {
            let door = door(&listener);
            (listener, door)
        });
        let metrics = metrics.into_iter().map(|listener| (listener, Door::Metrics));
        server::Sources {
            listeners: listeners.chain(metrics).collect(),
            #[cfg(target_os = "linux")]
            passage: None,
            retired: None,
        }
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
fn mark() -> Result<u64, GatewayError> {
    getrandom::u64().map_err(|error| GatewayError::Random(error.to_string()))
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").finish_non_exhaustive()
    }
}
