//! What the operator sees of the gateway: metrics, an access log, traces, and a page that has it
//! all together.
//!
//! Each request is one [`Record`], made when it is over. It goes to the numbers at once, and
//! where there is a log or a collector, to a queue that has an end. No request waits for whoever
//! looks on, and nobody who does sees a prompt, an answer or a credential.

mod door;
mod label;
mod live;
mod log;
mod memory;
mod metrics;
mod operation;
mod page;
mod record;
mod trace;
mod visit;
mod watch;

pub(crate) use door::{Door, show, view};
pub(crate) use label::Label;
pub(crate) use visit::Seen;
pub use watch::Watch;

use crate::GatewayError;
use crate::deployment::Models;
use hotcell::confinement::Confinement;
use hotcell::{GatewayConfig, ProviderInfo, Runner};
use label::Labels;
use live::Lives;
use log::Log;
use memory::Memory;
use metrics::{Key, Metrics};
use record::Record;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use trace::Traces;

/// Everybody who looks on.
pub(crate) struct Seeing {
    pub(crate) labels: Labels,
    lives: Lives,
    metrics: Metrics,
    memory: Memory,
    log: Option<Arc<Log>>,
    traces: Option<Arc<Traces>>,
    watch: Option<Arc<Watch>>,
    audit: page::Audit,
    /// As they stood at the start.
    providers: Vec<ProviderInfo>,
    /// Seconds since 1970.
    started: u64,
    /// How often something new was loaded, and how often it could not be: by processes of this
    /// gateway, of which this is one.
    reloads: [AtomicU64; 2],
}

impl Seeing {
    /// Opens what has to be open before the process confines itself. `mark` is a random number.
    ///
    /// # Errors
    /// A log that cannot be opened, and a collector that cannot be asked.
    pub(crate) fn new(
        runner: &Runner,
        config: &GatewayConfig,
        models: &Arc<Models>,
        providers: Vec<ProviderInfo>,
        mark: u64,
    ) -> Result<Self, GatewayError> {
        let open = |config| {
            Log::open(config).map_err(|error| GatewayError::Log {
                file: config.file.clone(),
                why: error.to_string(),
            })
        };
        let traces = config.traces.as_ref();
        let traces = traces.map(|traces| Traces::new(traces, runner.config(), &providers, mark));
        Ok(Self {
            labels: Labels::new(runner, models, &providers),
            lives: Lives::default(),
            metrics: Metrics::new(),
            memory: Memory::open(),
            log: config.log.as_ref().map(open).transpose()?.map(Arc::new),
            traces: traces.transpose().map_err(GatewayError::Traces)?.map(Arc::new),
            watch: None,
            audit: page::Audit::default(),
            started: crate::now(),
            reloads: Default::default(),
            providers,
        })
    }

    /// So often something new was loaded, and so often it could not be.
    pub(crate) fn reloaded(&self, done: u64, failed: u64) {
        self.reloads[0].store(done, Ordering::Relaxed);
        self.reloads[1].store(failed, Ordering::Relaxed);
    }

    /// Also shows what this one sees.
    pub(crate) fn set_watch(&mut self, watch: Arc<Watch>) {
        self.watch = Some(watch);
    }

    /// Reads what is needed later.
    pub(crate) fn read_ahead(&self) {
        if let Some(traces) = &self.traces {
            traces.read_ahead();
        }
    }

    /// Adds what it has to reach.
    pub(crate) fn confinement(&self, confinement: Confinement) -> Confinement {
        let ports = self.traces.iter().flat_map(|traces| traces.ports());
        ports.fold(confinement, Confinement::connect)
    }

    /// Begins to write and to send.
    pub(crate) fn start(&self) {
        if let Some(log) = &self.log {
            log.start();
        }
        if let Some(traces) = &self.traces {
            traces.start();
        }
    }

    /// Writes and sends what is left.
    pub(crate) async fn end(&self) {
        if let Some(traces) = &self.traces {
            traces.flush().await;
        }
        if let Some(log) = self.log.clone() {
            let _ = tokio::task::spawn_blocking(move || log.flush()).await;
        }
    }

    /// A request is over.
    fn tell(&self, number: u64, model: Label, record: Record) {
        self.lives.end(number);
        let deployment = record.deployment.as_ref().map(|at| self.labels.of_deployment(at));
        let deployment = deployment.unwrap_or_default();
        self.metrics.add(Key { endpoint: record.endpoint.name(), model, deployment }, &record);
        let traces = self.traces.as_ref().filter(|_| record.trace.is_some());
        if self.log.is_none() && traces.is_none() {
            return;
        }
        let record = Arc::new(record);
        if let Some(log) = &self.log {
            log.offer(&record);
        }
        if let Some(traces) = traces {
            traces.offer(&record);
        }
    }
}
