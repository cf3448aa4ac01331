//! `/metrics`: every number there is.
//!
//! What the GenAI semantic conventions of OpenTelemetry have a name for has that name, written
//! as Prometheus writes it; all else begins with `hotcell_`. `docs/gateway.md` has the list.

use super::text::Text;
use super::{Key, Series, get};
use crate::Inner;
use crate::seeing::live::Phase;
use crate::seeing::operation::{operation, vendor};
use crate::seeing::record::provider;
use std::sync::Arc;
use std::time::Instant;

/// In a second.
const MICRO: f64 = 1e6;

/// One series, and what it is told apart by, in words.
struct Named {
    key: Key,
    model: Arc<str>,
    deployment: Arc<str>,
    series: Arc<Series>,
}

impl Named {
    fn labels(&self) -> [(&'static str, &str); 4] {
        [
            ("endpoint", self.key.endpoint),
            ("model", &self.model),
            ("deployment", &self.deployment),
            ("provider", provider(&self.deployment)),
        ]
    }

    /// By the names of the conventions, which say nothing of endpoints and deployments.
    fn conventional(&self) -> [(&'static str, &str); 5] {
        [
            ("gen_ai_operation_name", operation(self.key.endpoint)),
            ("gen_ai_provider_name", vendor(provider(&self.deployment))),
            ("gen_ai_request_model", &self.model),
            ("deployment", &self.deployment),
            ("endpoint", self.key.endpoint),
        ]
    }
}

/// Writes all of it.
pub(crate) fn expose(gateway: &Inner) -> Vec<u8> {
    let seeing = &gateway.seeing;
    let named = |(key, series): (Key, Arc<Series>)| Named {
        key,
        model: seeing.labels.text(key.model),
        deployment: seeing.labels.text(key.deployment),
        series,
    };
    let all: Vec<Named> = seeing.metrics.all().into_iter().map(named).collect();
    let mut text = Text::default();
    process(gateway, &mut text);
    requests(&all, &mut text);
    conventional(&all, &mut text);
    tokens(&all, &mut text);
    present(gateway, &mut text);
    cache(gateway, &all, &mut text);
    deployments(gateway, &mut text);
    audit(gateway, &mut text);
    seen(gateway, &mut text);
    text.into_bytes()
}

fn process(gateway: &Inner, text: &mut Text) {
    text.gauge("hotcell_build_info", "The version that runs.");
    text.value(&[("version", env!("CARGO_PKG_VERSION"))], 1);
    text.gauge("process_start_time_seconds", "When the gateway began, in seconds since 1970.");
    text.value(&[], gateway.seeing.started);
    text.counter("hotcell_reloads_total", "Changed configurations, and what became of them.");
    for (result, count) in ["done", "failed"].into_iter().zip(&gateway.seeing.reloads) {
        text.value(&[("result", result)], get(count));
    }
    if let Some(bytes) = gateway.seeing.memory.bytes() {
        text.gauge("process_resident_memory_bytes", "Memory of the process, cells included.");
        text.value(&[], bytes);
    }
}

fn requests(all: &[Named], text: &mut Text) {
    text.counter("hotcell_requests_total", "Requests that are over, by the client's status.");
    for named in all {
        for (status, count) in named.series.statuses() {
            text.value(&with(&named.labels(), ("status", &status)), count);
        }
    }
    text.counter("hotcell_failures_total", "Requests that were not answered to their end.");
    for named in all {
        for (kind, count) in named.series.failures() {
            text.value(&with(&named.labels(), ("error_type", kind)), count);
        }
    }
    let asked = || all.iter().filter(|named| !named.deployment.is_empty());
    text.counter("hotcell_retries_total", "Attempts beyond the first of their requests.");
    asked().for_each(|it| text.value(&it.labels(), get(&it.series.retries)));
    text.counter("hotcell_fallbacks_total", "Models turned to in the place of others.");
    asked().for_each(|it| text.value(&it.labels(), get(&it.series.fallbacks)));
    text.counter("hotcell_cost_dollars_total", "What answers cost, in US dollars.");
    asked().for_each(|it| text.value(&it.labels(), it.series.cost()));
    text.counter("hotcell_unpriced_total", "Answers that nobody knows the price of.");
    asked().for_each(|it| text.value(&it.labels(), get(&it.series.unpriced)));
}

fn conventional(all: &[Named], text: &mut Text) {
    let asked = || all.iter().filter(|named| !named.deployment.is_empty());
    text.histogram("gen_ai_server_request_duration_seconds", "From a request to its last byte.");
    asked().for_each(|it| text.values(&it.conventional(), &it.series.duration, MICRO));
    text.histogram(
        "gen_ai_server_time_to_first_token_seconds",
        "From a request to the first of a streamed answer.",
    );
    asked().for_each(|it| text.values(&it.conventional(), &it.series.first, MICRO));
    text.histogram("gen_ai_client_token_usage", "Tokens of one request.");
    for named in asked() {
        let labels = named.conventional();
        let kinds = [("input", &named.series.input), ("output", &named.series.output)];
        for (kind, histogram) in kinds {
            text.values(&with(&labels, ("gen_ai_token_type", kind)), histogram, 1.0);
        }
    }
}

fn tokens(all: &[Named], text: &mut Text) {
    text.counter(
        "hotcell_tokens_total",
        "Tokens; those read from a cache or written to one are input too, reasoning is output.",
    );
    for named in all.iter().filter(|named| !named.deployment.is_empty()) {
        let series = &named.series;
        let kinds = [
            ("input", series.input.sum()),
            ("output", series.output.sum()),
            ("cache-read", get(&series.cache_read)),
            ("cache-write", get(&series.cache_write)),
            ("reasoning", get(&series.reasoning)),
        ];
        for (kind, count) in kinds {
            text.value(&with(&named.labels(), ("type", kind)), count);
        }
    }
}

/// What is under way.
fn present(gateway: &Inner, text: &mut Text) {
    let (lives, metrics) = (&gateway.seeing.lives, &gateway.seeing.metrics);
    text.gauge("hotcell_requests_in_flight", "Requests under way, those that wait included.");
    text.value(&[], lives.count(|_| true));
    text.gauge("hotcell_streams_open", "Answers that come piece by piece.");
    text.value(&[], lives.count(|live| live.phase() == Phase::Streaming));
    text.gauge("hotcell_requests_waiting", "Requests that wait for a place.");
    text.value(&[], lives.count(|live| live.phase() == Phase::Waiting));
    text.gauge("hotcell_places", "Requests that may be asked of providers at one time.");
    text.value(&[], gateway.limits.requests);
    text.histogram("hotcell_queue_seconds", "How long requests waited for a place.");
    text.values(&[], &metrics.queue, MICRO);
}

/// Answers that are kept; nothing where none are.
fn cache(gateway: &Inner, all: &[Named], text: &mut Text) {
    let Some(cache) = &gateway.cache else { return };
    text.counter("hotcell_cache_requests_total", "Answers that were looked for, and found or not.");
    for named in all {
        let series = &named.series;
        let results = [("hit", get(&series.cache_hits)), ("miss", get(&series.cache_misses))];
        for (result, count) in results.into_iter().filter(|(_, count)| *count > 0) {
            text.value(&with(&named.labels(), ("result", result)), count);
        }
    }
    // What a server holds, it tells itself.
    let Some(standing) = cache.standing() else { return };
    text.gauge("hotcell_cache_entries", "Answers that are kept.");
    text.value(&[], standing.entries);
    text.gauge("hotcell_cache_bytes", "What they take.");
    text.value(&[], standing.bytes);
    text.counter("hotcell_cache_evicted_total", "Answers that left for others before their time.");
    text.value(&[], standing.evicted);
}

/// The places of models that are configured.
fn deployments(gateway: &Inner, text: &mut Text) {
    let now = Instant::now();
    let models = gateway.models.entries();
    let all: Vec<_> = models
        .flat_map(|(model, entry)| entry.deployments.iter().map(move |at| (model.clone(), at)))
        .collect();
    let each = |text: &mut Text, value: &dyn Fn(&crate::deployment::Deployment) -> Option<f64>| {
        let mut last = None;
        for (model, at) in &all {
            // A deployment that is named twice is one series.
            if last.replace((model, &at.model)) == Some((model, &at.model)) {
                continue;
            }
            if let Some(value) = value(at) {
                text.value(&[("model", model), ("deployment", &at.model)], value);
            }
        }
    };
    text.gauge("hotcell_deployment_busy", "Requests under way at a deployment.");
    each(text, &|at| Some(f64::from(at.busy())));
    text.gauge("hotcell_deployment_cooling", "Whether a deployment is left alone for a while.");
    each(text, &|at| Some(f64::from(u8::from(at.cooling(now).is_some()))));
    text.gauge("hotcell_deployment_latency_seconds", "How long answers lately took to begin.");
    each(text, &|at| at.latency().map(|latency| latency.as_secs_f64()));
    text.counter("hotcell_deployment_attempts_total", "How often a deployment was asked.");
    each(text, &|at| Some(at.seen().attempts as f64));
    text.counter("hotcell_deployment_failures_total", "How often a deployment failed.");
    each(text, &|at| Some(at.seen().failures as f64));
    text.counter("hotcell_cool_downs_total", "How often a deployment was left alone.");
    each(text, &|at| Some(at.seen().cool_downs as f64));
}

/// What the audit says; nothing where nobody watches it.
fn audit(gateway: &Inner, text: &mut Text) {
    let Some(watch) = &gateway.seeing.watch else { return };
    text.counter("hotcell_denials_total", "What adapters were denied.");
    for ((provider, adapter, rule), count) in watch.denials() {
        let labels = [("provider", &*provider), ("adapter", &*adapter), ("rule", &*rule)];
        text.value(&labels, count);
    }
    text.counter("hotcell_egress_granted_total", "Requests of adapters that went out.");
    text.value(&[], watch.granted());
    text.counter("hotcell_egress_failures_total", "Exchanges with providers that broke.");
    let traffic = watch.traffic();
    for (provider, it) in &traffic {
        text.value(&[("provider", provider)], it.failures);
    }
    text.counter("hotcell_egress_bytes_total", "Bodies of requests and responses, in bytes.");
    for (provider, it) in &traffic {
        text.value(&[("provider", provider), ("direction", "sent")], it.sent);
        text.value(&[("provider", provider), ("direction", "received")], it.received);
    }
}

/// How seeing itself does.
fn seen(gateway: &Inner, text: &mut Text) {
    if let Some(log) = &gateway.seeing.log {
        text.counter("hotcell_log_lines_total", "Lines of the access log, by what became of them.");
        let (written, dropped) = log.counts();
        text.value(&[("result", "written")], written);
        text.value(&[("result", "dropped")], dropped);
    }
    if let Some(traces) = &gateway.seeing.traces {
        text.counter("hotcell_traces_total", "Traced requests, by what became of their spans.");
        let (sent, dropped) = traces.counts();
        text.value(&[("result", "sent")], sent);
        text.value(&[("result", "dropped")], dropped);
    }
}

/// One more label.
fn with<'a, const N: usize>(
    labels: &[(&'a str, &'a str); N],
    more: (&'a str, &'a str),
) -> Vec<(&'a str, &'a str)> {
    labels.iter().copied().chain([more]).collect()
}
