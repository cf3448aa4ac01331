//! Answers as JSON documents, and their figures as a line.

use hotcell::Collected;
use hotcell::types::{FinishReason, Usage};
use serde_json::{Value, json};
use std::time::Duration;

/// The whole answer. Members that say nothing are left out.
pub(crate) fn answer(collected: &Collected, request_id: &str, model: &str) -> Value {
    let first = collected.choices.first().cloned().unwrap_or_default();
    let calls: Vec<Value> = first
        .tool_calls()
        .map(|call| {
            let arguments: Value = serde_json::from_str(&call.arguments)
                .unwrap_or_else(|_| Value::String(call.arguments.clone()));
            json!({ "id": call.id, "name": call.name, "arguments": arguments })
        })
        .collect();
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
        "finish": finished.map(|finished| finish(finished.reason)),
        "usage": collected.usage.as_ref().map(usage_object),
        "warnings": collected.warnings,
        "provider-model": started.and_then(|started| started.model.as_ref()),
        "provider-id": started.and_then(|started| started.id.as_ref()),
        "request-id": request_id,
        "choices": Some(&collected.choices).filter(|choices| choices.len() > 1),
    });
    if let Some(members) = document.as_object_mut() {
        members.retain(|_, value| !value.is_null() && value != &json!([]));
    }
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
    if let Some(members) = object.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    object
}

/// Usage and times on one line.
pub(crate) fn usage(usage: Option<&Usage>, first: Duration, total: Duration) -> String {
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
    let seconds = |time: Duration| match time.as_millis() {
        0..1000 => format!("{} ms", time.as_millis()),
        _ => format!("{:.1} s", time.as_secs_f64()),
    };
    facts.push(format!("first after {}", seconds(first)));
    facts.push(format!("all after {}", seconds(total)));
    facts.join(" · ")
}
