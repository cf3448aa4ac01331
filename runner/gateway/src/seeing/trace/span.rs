//! Spans of a request, as OTLP has them: one of the gateway's, and below it one of what a provider
//! was asked.

use super::Context;
use crate::seeing::log::word;
use crate::seeing::operation::{operation, path, vendor};
use crate::seeing::record::{Record, provider, shown};
use crate::visit::Outcome;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The kinds of spans, by their numbers.
const SERVER: u8 = 2;
const CLIENT: u8 = 3;
/// The status of a span that is an error.
const ERROR: u8 = 2;

/// Host and port of each provider's first endpoint.
pub(super) type Places = BTreeMap<String, (String, u16)>;

/// What is sent for requests that are over.
pub(super) fn document<'a>(records: impl Iterator<Item = &'a Record>, places: &Places) -> Value {
    let spans: Vec<Value> = records.flat_map(|record| spans(record, places)).collect();
    let version = env!("CARGO_PKG_VERSION");
    json!({ "resourceSpans": [{
        "resource": { "attributes": [
            text("service.name", "hotcell"),
            text("service.version", version),
        ] },
        "scopeSpans": [{
            "scope": { "name": "hotcell.gateway", "version": version },
            "spans": spans,
        }],
    }] })
}

fn spans(record: &Record, places: &Places) -> Vec<Value> {
    let Some(context) = &record.trace else { return Vec::new() };
    let mut spans = vec![server(record, context)];
    if record.deployment.is_some() {
        spans.push(client(record, context, places));
    }
    spans
}

/// The request, as its client made it.
fn server(record: &Record, context: &Context) -> Value {
    let endpoint = record.endpoint.name();
    let (method, path) = (record.endpoint.method().to_string(), path(endpoint));
    let mut attributes = vec![
        text("http.request.method", &method),
        text("http.route", path),
        whole("http.response.status_code", u64::from(record.status)),
        text("hotcell.request.id", &record.id),
        whole("hotcell.attempts", u64::from(record.attempts)),
        whole("hotcell.fallbacks", u64::from(record.fallbacks)),
        number("hotcell.queue_seconds", record.queued.as_secs_f64()),
    ];
    if !record.model.is_empty() {
        attributes.push(text("hotcell.model", &shown(&record.model)));
    }
    attributes.extend(record.key().map(|key| text("hotcell.key.id", &shown(key))));
    attributes.extend(record.team().map(|team| text("hotcell.team", &shown(team))));
    attributes.extend(record.cache.map(|found| text("hotcell.cache", found.name())));
    attributes.extend(record.cost.map(|cost| number("hotcell.cost_usd", cost)));
    // What a client did wrong is no error of the server's.
    let failed = match record.outcome {
        Outcome::Failed(_) if record.status >= 500 || record.status == 200 => {
            Some(word(record.outcome))
        }
        _ => None,
    };
    let times = (Duration::ZERO, record.duration);
    let ids = (context.server, context.parent);
    span(record, context, ids, SERVER, &format!("{method} {path}"), times, attributes, failed)
}

/// What a provider was asked for it.
fn client(record: &Record, context: &Context, places: &Places) -> Value {
    let operation = operation(record.endpoint.name());
    let deployment = record.deployment.as_deref().map_or("", |at| &at.model);
    let provider = provider(deployment);
    let model = shown(deployment.split_once('/').map_or("", |(_, model)| model));
    let mut attributes = vec![
        text("gen_ai.operation.name", operation),
        text("gen_ai.provider.name", vendor(&shown(provider))),
        text("gen_ai.request.model", &model),
    ];
    if record.is_stream {
        attributes.push(json!({ "key": "gen_ai.request.stream", "value": { "boolValue": true } }));
        let first = record.first.map(|first| first.saturating_sub(record.queued));
        attributes.extend(
            first.map(|it| number("gen_ai.response.time_to_first_chunk", it.as_secs_f64())),
        );
    }
    let said = [
        ("gen_ai.response.model", &context.response_model),
        ("gen_ai.response.id", &context.response_id),
    ];
    attributes
        .extend(said.iter().filter_map(|(name, said)| Some(text(name, &shown(said.as_ref()?)))));
    if !context.finishes.is_empty() {
        let values: Vec<Value> =
            context.finishes.iter().map(|reason| json!({ "stringValue": reason })).collect();
        attributes.push(json!({
            "key": "gen_ai.response.finish_reasons",
            "value": { "arrayValue": { "values": values } },
        }));
    }
    let tokens = record.tokens.unwrap_or_default();
    let counted = [
        ("gen_ai.usage.input_tokens", tokens.input),
        ("gen_ai.usage.output_tokens", tokens.output),
        ("gen_ai.usage.cache_read.input_tokens", tokens.cache_read),
        ("gen_ai.usage.cache_creation.input_tokens", tokens.cache_write),
        ("gen_ai.usage.reasoning.output_tokens", tokens.reasoning),
    ];
    attributes.extend(counted.iter().filter_map(|(name, count)| Some(whole(name, (*count)?))));
    if let Some((host, port)) = places.get(provider) {
        attributes.push(text("server.address", host));
        attributes.push(whole("server.port", u64::from(*port)));
    }
    let failed = match record.outcome {
        Outcome::Answered => None,
        Outcome::Failed(_) => Some(word(record.outcome)),
    };
    let name = format!("{operation} {model}");
    let times = (record.queued.min(record.duration), record.duration);
    let ids = (context.client, Some(context.server));
    span(record, context, ids, CLIENT, &name, times, attributes, failed)
}

#[expect(clippy::too_many_arguments, reason = "these are what a span is made of")]
fn span(
    record: &Record,
    context: &Context,
    (id, parent): (u64, Option<u64>),
    kind: u8,
    name: &str,
    (begins, ends): (Duration, Duration),
    mut attributes: Vec<Value>,
    failed: Option<&str>,
) -> Value {
    let mut status = json!({});
    if let Some(error) = failed {
        attributes.push(text("error.type", error));
        status = json!({ "code": ERROR });
    }
    let mut span = json!({
        "traceId": context.trace_id(),
        "spanId": format!("{id:016x}"),
        "name": name,
        "kind": kind,
        "startTimeUnixNano": nanos(record.at + begins),
        "endTimeUnixNano": nanos(record.at + ends),
        "attributes": attributes,
        "status": status,
    });
    if let Some(parent) = parent {
        span["parentSpanId"] = json!(format!("{parent:016x}"));
    }
    span
}

/// Numbers of 64 bits are texts in the JSON of protocol buffers.
fn nanos(at: SystemTime) -> String {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos()).to_string()
}

fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

fn whole(key: &str, value: u64) -> Value {
    json!({ "key": key, "value": { "intValue": value.to_string() } })
}

fn number(key: &str, value: f64) -> Value {
    json!({ "key": key, "value": { "doubleValue": value } })
}
