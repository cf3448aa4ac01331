//! What the page says, as data.

use super::inventory::Adapter;
use crate::Inner;
use crate::deployment::Deployment;
use crate::seeing::live::Phase;
use crate::seeing::metrics::get;
use crate::seeing::record::{provider, shown};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Requests under way that are listed.
const LISTED: usize = 50;

/// All of it. Times are in UTC, durations in milliseconds, amounts in US dollars.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Status {
    pub(super) version: &'static str,
    pub(super) started: String,
    pub(super) uptime_s: u64,
    /// Resident bytes.
    pub(super) memory: Option<u64>,
    pub(super) now: Now,
    pub(super) total: Sums,
    /// The oldest first.
    pub(super) live: Vec<Request>,
    pub(super) models: Vec<Place>,
    pub(super) providers: Vec<Provider>,
    pub(super) spend: Vec<Spend>,
    /// None where nobody watches the audit.
    pub(super) denials: Option<Denials>,
    pub(super) adapters: Vec<Adapter>,
    /// What an audit would have somebody look at: how bad it is, and what it is.
    pub(super) findings: Vec<(String, String)>,
    /// Why there are none of the two, if so.
    pub(super) audit_problem: Option<String>,
}

/// What is under way.
#[derive(Debug, Serialize)]
pub(super) struct Now {
    pub(super) requests: usize,
    pub(super) waiting: usize,
    pub(super) streaming: usize,
    pub(super) places: u32,
}

/// What was.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Sums {
    pub(super) requests: u64,
    pub(super) failures: u64,
    pub(super) input: u64,
    pub(super) output: u64,
    pub(super) cost: f64,
    /// Answers without a known price.
    pub(super) unpriced: u64,
}

/// A request that is under way.
#[derive(Debug, Serialize)]
pub(super) struct Request {
    pub(super) endpoint: &'static str,
    pub(super) model: Arc<str>,
    pub(super) deployment: Arc<str>,
    pub(super) phase: &'static str,
    pub(super) attempts: u32,
    pub(super) ms: u64,
}

/// A deployment of a model that is configured.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Place {
    pub(super) model: String,
    pub(super) deployment: String,
    /// `ready`, `cooling` or `full`.
    pub(super) state: &'static str,
    /// How long it is left alone.
    pub(super) cooling_ms: Option<u64>,
    pub(super) latency_ms: Option<u64>,
    pub(super) busy: u32,
    pub(super) attempts: u64,
    pub(super) failures: u64,
    pub(super) cool_downs: u64,
}

/// A provider that is configured, has its key, or was asked.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Provider {
    pub(super) name: String,
    pub(super) adapter: String,
    pub(super) ready: bool,
    pub(super) problem: Option<String>,
    #[serde(flatten)]
    pub(super) sums: Sums,
    pub(super) bytes_sent: u64,
    pub(super) bytes_received: u64,
    /// Exchanges with it that broke.
    pub(super) broken: u64,
}

/// What one model cost at one place.
#[derive(Debug, Serialize)]
pub(super) struct Spend {
    pub(super) model: Arc<str>,
    pub(super) deployment: Arc<str>,
    #[serde(flatten)]
    pub(super) sums: Sums,
}

/// What adapters were denied.
#[derive(Debug, Serialize)]
pub(super) struct Denials {
    pub(super) total: u64,
    /// The newest first.
    pub(super) lately: Vec<Denied>,
}

/// One of them.
#[derive(Debug, Serialize)]
pub(super) struct Denied {
    pub(super) time: String,
    pub(super) request: String,
    pub(super) provider: String,
    pub(super) adapter: String,
    pub(super) rule: String,
    pub(super) detail: String,
}

impl Status {
    pub(super) async fn of(gateway: &Inner) -> Self {
        let seeing = &gateway.seeing;
        let audit = seeing.audit.report(&gateway.runner).await;
        let inventory = audit.as_ref().ok();
        let started = UNIX_EPOCH + Duration::from_secs(seeing.started);
        let spend = spend(gateway);
        let mut total = Sums::default();
        for (_, series) in seeing.metrics.all() {
            total.add(&series);
        }
        Self {
            version: env!("CARGO_PKG_VERSION"),
            started: humantime::format_rfc3339_seconds(started).to_string(),
            uptime_s: SystemTime::now().duration_since(started).unwrap_or_default().as_secs(),
            memory: seeing.memory.bytes(),
            now: Now {
                requests: seeing.lives.count(|_| true),
                waiting: seeing.lives.count(|live| live.phase() == Phase::Waiting),
                streaming: seeing.lives.count(|live| live.phase() == Phase::Streaming),
                places: gateway.limits.requests,
            },
            total,
            live: live(gateway),
            models: places(gateway),
            providers: providers(gateway, &spend),
            spend,
            denials: denials(gateway),
            adapters: inventory.map(|it| it.adapters.clone()).unwrap_or_default(),
            findings: inventory.map(|it| it.findings.clone()).unwrap_or_default(),
            audit_problem: audit.err(),
        }
    }
}

impl Sums {
    fn add(&mut self, series: &crate::seeing::metrics::Series) {
        self.requests += series.requests();
        self.failures += series.failures().map(|(_, count)| count).sum::<u64>();
        self.input += series.input.sum();
        self.output += series.output.sum();
        self.cost += series.cost();
        self.unpriced += get(&series.unpriced);
    }

    fn add_sums(&mut self, other: &Self) {
        self.requests += other.requests;
        self.failures += other.failures;
        self.input += other.input;
        self.output += other.output;
        self.cost += other.cost;
        self.unpriced += other.unpriced;
    }
}

fn live(gateway: &Inner) -> Vec<Request> {
    let seeing = &gateway.seeing;
    let lives = seeing.lives.oldest(LISTED).into_iter();
    let described = lives.map(|live| Request {
        endpoint: live.endpoint.name(),
        model: seeing.labels.text(live.model()),
        deployment: seeing.labels.text(live.deployment()),
        phase: live.phase().name(),
        attempts: live.attempts(),
        ms: live.began.elapsed().as_millis() as u64,
    });
    described.collect()
}

fn places(gateway: &Inner) -> Vec<Place> {
    let now = Instant::now();
    let place = |model: String, at: &Deployment| {
        let cooling = at.cooling(now);
        let state = match (cooling, at.full(now)) {
            (Some(_), _) => "cooling",
            (None, Some(_)) => "full",
            (None, None) => "ready",
        };
        let seen = at.seen();
        Place {
            model,
            deployment: at.model.to_string(),
            state,
            cooling_ms: cooling.map(|left| left.as_millis() as u64),
            latency_ms: at.latency().map(|latency| latency.as_millis() as u64),
            busy: at.busy(),
            attempts: seen.attempts,
            failures: seen.failures,
            cool_downs: seen.cool_downs,
        }
    };
    let entries = gateway.models.entries();
    entries
        .flat_map(|(model, entry)| entry.deployments.iter().map(move |at| place(model.clone(), at)))
        .collect()
}

/// The dearest first.
fn spend(gateway: &Inner) -> Vec<Spend> {
    let seeing = &gateway.seeing;
    let mut by = BTreeMap::<_, Sums>::new();
    for (key, series) in seeing.metrics.all() {
        let deployment = seeing.labels.text(key.deployment);
        if !deployment.is_empty() {
            by.entry((seeing.labels.text(key.model), deployment)).or_default().add(&series);
        }
    }
    let spend = by.into_iter().map(|((model, deployment), sums)| Spend { model, deployment, sums });
    let mut spend: Vec<_> = spend.collect();
    let dearer = |one: &Sums, other: &Sums| {
        other.cost.total_cmp(&one.cost).then(other.requests.cmp(&one.requests))
    };
    spend.sort_by(|one, other| dearer(&one.sums, &other.sums));
    spend
}

fn providers(gateway: &Inner, spend: &[Spend]) -> Vec<Provider> {
    let traffic = gateway.seeing.watch.as_ref().map(|watch| watch.traffic()).unwrap_or_default();
    let all = gateway.seeing.providers.iter().map(|known| {
        let mut sums = Sums::default();
        let here = spend.iter().filter(|it| provider(&it.deployment) == known.name);
        here.for_each(|it| sums.add_sums(&it.sums));
        let traffic = traffic.get(known.name.as_str()).copied().unwrap_or_default();
        Provider {
            name: known.name.clone(),
            adapter: known.adapter.clone(),
            ready: known.is_ready(),
            problem: known.problem.as_ref().map(ToString::to_string),
            sums,
            bytes_sent: traffic.sent,
            bytes_received: traffic.received,
            broken: traffic.failures,
        }
    });
    let is_of_interest = |it: &Provider| it.ready || it.problem.is_some() || it.sums.requests > 0;
    all.filter(is_of_interest).collect()
}

fn denials(gateway: &Inner) -> Option<Denials> {
    let watch = gateway.seeing.watch.as_ref()?;
    let lately = watch.lately().into_iter().map(|denial| Denied {
        time: humantime::format_rfc3339_seconds(denial.at).to_string(),
        request: shown(&denial.request),
        provider: shown(&denial.provider),
        adapter: shown(&denial.adapter),
        rule: denial.rule,
        detail: shown(&denial.detail),
    });
    Some(Denials { total: watch.denials().values().sum(), lately: lately.collect() })
}
