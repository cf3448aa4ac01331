//! Answers as JSON documents, and their figures as a line.

use base64::prelude::{BASE64_STANDARD, Engine};
use hotcell::Collected;
use hotcell::types::{
    Delta, Event, FinishReason, MediaKind, MediaPart, MediaSource, Native, NativeAt, Part, Usage,
};
use serde_json::{Value, json};
use std::time::Duration;

/// The whole answer. Members that say nothing are left out.
pub(crate) fn answer(
    collected: &Collected,
    request_id: &str,
    model: &str,
    cost: Option<f64>,
) -> Value {
    let first = collected.choices.first().cloned().unwrap_or_default();
    let calls: Vec<Value> = first
        .tool_calls()
        .map(|call| {
            let arguments: Value = serde_json::from_str(&call.arguments)
                .unwrap_or_else(|_| Value::String(call.arguments.clone()));
            json!({ "id": call.id, "name": call.name, "arguments": arguments })
        })
        .collect();
    let media: Vec<Value> = first
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Media(part) => Some(medium(part)),
            _ => None,
        })
        .collect();
    let citations: Vec<Value> = first.citations.iter().map(native).collect();
    let text = first.text();
    let finished = first.finished.as_ref();
    let started = collected.started.as_ref();
    let mut document = json!({
        "model": model,
        "text": text,
        "json": serde_json::from_str::<Value>(&text).ok().filter(Value::is_object),
        "reasoning": Some(first.reasoning()).filter(|text| !text.is_empty()),
        "refusal": first.refusal(),
        "tool-calls": calls,
        "media": media,
        "citations": citations,
        "finish": finished.map(|finished| finish(finished.reason)),
        "usage": collected.usage.as_ref().map(usage_object),
        "cost-usd": cost,
        "warnings": collected.warnings,
        "provider-model": started.and_then(|started| started.model.as_ref()),
        "provider-id": started.and_then(|started| started.id.as_ref()),
        "request-id": request_id,
    });
    said(&mut document);
    document
}

/// One event, as `--events` prints it.
pub(crate) fn event(event: &Event) -> Value {
    let mut document = match event {
        Event::Started(started) => json!({
            "event": "started", "id": started.id, "model": started.model,
            "created": started.created, "extra": started.extra.as_ref().map(native),
        }),
        Event::Warning(warning) => json!({ "event": "warning", "message": warning }),
        Event::Text(delta) => piece("text", delta),
        Event::Reasoning(delta) => piece("reasoning", delta),
        Event::Refusal(delta) => piece("refusal", delta),
        Event::Signature(delta) => piece("signature", delta),
        Event::RedactedReasoning(delta) => piece("redacted-reasoning", delta),
        Event::ToolCallStarted(call) => json!({
            "event": "tool-call-started", "choice": call.choice, "index": call.index,
            "id": call.id, "name": call.name, "signature": call.signature,
            "extra": call.extra.as_ref().map(native),
        }),
        Event::ToolCallArguments(delta) => piece("tool-call-arguments", delta),
        Event::Media(event) => {
            let (choice, index) = (event.choice, event.index);
            json!({ "event": "media", "choice": choice, "index": index, "media": medium(&event.part) })
        }
        Event::Citation(at) => native_at("citation", at),
        Event::Logprobs(at) => native_at("logprobs", at),
        Event::Native(at) => native_at("native", at),
        Event::Usage(usage) => json!({ "event": "usage", "usage": usage_object(usage) }),
        Event::Finished(finished) => json!({
            "event": "finished", "choice": finished.choice, "reason": finish(finished.reason),
            "raw": finished.raw, "extra": finished.extra.as_ref().map(native),
        }),
    };
    said(&mut document);
    document
}

/// Takes out what says nothing.
fn said(document: &mut Value) {
    if let Some(members) = document.as_object_mut() {
        members.retain(|_, value| !value.is_null() && value != &json!([]));
    }
}

fn piece(event: &str, delta: &Delta) -> Value {
    json!({ "event": event, "choice": delta.choice, "index": delta.index, "text": delta.text })
}

fn native_at(event: &str, at: &NativeAt) -> Value {
    json!({ "event": event, "choice": at.choice, "index": at.index, "value": native(&at.value) })
}

/// The provider's own words, as the JSON that they are.
fn native(native: &Native) -> Value {
    let value: Value =
        serde_json::from_str(&native.value).unwrap_or_else(|_| Value::String(native.value.clone()));
    json!({ "dialect": native.dialect, "value": value })
}

fn medium(part: &MediaPart) -> Value {
    let kind = match part.kind {
        MediaKind::Image => "image",
        MediaKind::Audio => "audio",
        MediaKind::Video => "video",
        MediaKind::Document => "document",
    };
    let mut document = json!({ "kind": kind, "mime": part.mime, "name": part.name });
    match &part.source {
        MediaSource::Url(url) => document["url"] = json!(url),
        MediaSource::FileId(id) => document["file-id"] = json!(id),
        MediaSource::Bytes(bytes) => document["base64"] = json!(BASE64_STANDARD.encode(bytes)),
    }
    said(&mut document);
    document
}

/// The word for why an answer ended.
pub(crate) fn finish(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool-calls",
        FinishReason::ContentFilter => "content-filter",
        FinishReason::Refusal => "refusal",
        FinishReason::Pause => "pause",
        FinishReason::Other => "other",
    }
}

/// Usage, without the provider's own convention.
pub(crate) fn usage_object(usage: &Usage) -> Value {
    let mut object = json!({
        "input": usage.input,
        "output": usage.output,
        "cache-read": usage.cache_read,
        "cache-write": usage.cache_write,
        "reasoning": usage.reasoning,
    });
    said(&mut object);
    object
}

/// A price in dollars, with as many digits as it takes to be one.
pub(crate) fn dollars(amount: f64) -> String {
    match amount {
        amount if amount >= 1.0 => format!("${amount:.2}"),
        amount if amount >= 0.01 => format!("${amount:.3}"),
        amount => format!("${amount:.6}"),
    }
}

/// Usage, cost and times on one line.
pub(crate) fn usage(
    usage: Option<&Usage>,
    cost: Option<f64>,
    first: Duration,
    total: Duration,
) -> String {
    let mut facts = Vec::new();
    match usage {
        Some(usage) => {
            let count =
                |count: Option<u64>| count.map_or("?".to_owned(), |count| count.to_string());
            facts.push(format!("{} tokens in, {} out", count(usage.input), count(usage.output)));
            let details = [(usage.cache_read, "cached"), (usage.reasoning, "reasoning")];
            for (count, what) in details {
                if let Some(count) = count.filter(|count| *count > 0) {
                    facts.push(format!("{count} {what}"));
                }
            }
        }
        None => facts.push("the provider did not say how many tokens".to_owned()),
    }
    facts.extend(cost.map(dollars));
    let seconds = |time: Duration| match time.as_millis() {
        0..1000 => format!("{} ms", time.as_millis()),
        _ => format!("{:.1} s", time.as_secs_f64()),
    };
    facts.push(format!("first after {}", seconds(first)));
    facts.push(format!("all after {}", seconds(total)));
    facts.join(" · ")
}
