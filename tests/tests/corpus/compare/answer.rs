//! An answer that was written again, held against the one that was recorded.

use super::equal;
use crate::dialect::Dialect;
use crate::exchange::Exchange;
use crate::replay::Told;
use hotcell::Collected;
use hotcell::types::{Event, Part};
use hotcell_dialects::Refusal;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Members of whole answers that may differ from the recorded ones, by dialect and path,
/// and why.
const EXCEPTIONS: [(&str, &str, Exception, &str); 13] = [
    ("openai-chat", "choices.delta", Exception::Gone, "repeats the message beside it"),
    ("openai-chat", "choices.message.annotations", Exception::Empty, "a list of nothing"),
    ("openai-chat", "choices.message.tool_calls", Exception::Empty, "a list of nothing"),
    ("openai-chat", "choices.message.content", Exception::Empty, "an empty text beside calls"),
    ("openai-chat", "choices.message.reasoning_content", Exception::Empty, "no thought"),
    ("openai-chat", "choices.message.tool_calls.index", Exception::Gone, "its place says it"),
    (
        "openai-chat",
        "choices.message.tool_calls.function.arguments",
        Exception::NoArguments,
        "JSON where it was none",
    ),
    ("openai-responses", "output.content", Exception::Empty, "reasoning without words"),
    ("openai-responses", "output.content.annotations", Exception::Empty, "a list of nothing"),
    ("openai-responses", "output.content.logprobs", Exception::Empty, "a list of nothing"),
    ("openai-responses", "output.status", Exception::Usual("\"completed\""), "what is done"),
    ("gemini", "candidates.index", Exception::Usual("0"), "the protocol's own default"),
    ("gemini", "candidates.content.parts.functionCall.args", Exception::Usual("{}"), "nothing"),
];

/// In what a member may differ.
#[derive(Clone, Copy, PartialEq)]
enum Exception {
    /// It may be missing.
    Gone,
    /// It may be missing where it is an empty list or text.
    Empty,
    /// A call without arguments has an empty text or an empty object.
    NoArguments,
    /// It may be missing where it is this.
    Usual(&'static str),
}

/// Whether a whole answer is the recorded one.
pub(crate) fn whole(dialect: Dialect, exchange: &Exchange, body: &[u8]) -> Result<(), String> {
    let written = serde_json::from_slice(body)
        .map_err(|error| format!("not JSON: {error}: {}", String::from_utf8_lossy(body)))?;
    let mut recorded = exchange.response.body.json();
    for candidate in recorded["candidates"].as_array_mut().into_iter().flatten() {
        if let Value::Array(parts) = &mut candidate["content"]["parts"] {
            as_one_text(parts);
        }
    }
    for choice in recorded["choices"].as_array_mut().into_iter().flatten() {
        as_text(&mut choice["message"]);
    }
    equal("answer", &plain(dialect, "", recorded), &plain(dialect, "", written))
}

/// Mistral's thoughts stand in a list of content; to clients they are told as those of all
/// other providers are.
fn as_text(message: &mut Value) {
    let Value::Array(parts) = &message["content"] else { return };
    let parts = parts.clone();
    let text = |value: &Value| -> String {
        let pieces = value.as_array().map(Vec::as_slice).unwrap_or(std::slice::from_ref(value));
        pieces.iter().filter_map(|piece| piece["text"].as_str()).collect()
    };
    let (mut thoughts, mut words) = (String::new(), String::new());
    for part in &parts {
        match part["type"].as_str() {
            Some("thinking") => thoughts.push_str(&text(&part["thinking"])),
            _ => words.push_str(&text(part)),
        }
    }
    message["content"] = words.into();
    message["reasoning_content"] = thoughts.into();
}

/// Pieces of a text that stand one behind the other are one text, with the signature that
/// comes with the last of them.
fn as_one_text(parts: &mut Vec<Value>) {
    let words = |part: &Value| {
        let known =
            |name: &String| ["text", "thought", "thoughtSignature"].contains(&name.as_str());
        part.as_object().is_some_and(|part| part.keys().all(known))
    };
    parts.dedup_by(|next, last| {
        let more = words(next) && words(last) && next["thought"] == last["thought"];
        if !more || last.get("thoughtSignature").is_some() {
            return false;
        }
        let text = |part: &Value| part["text"].as_str().unwrap_or_default().to_owned();
        last["text"] = (text(last) + &text(next)).into();
        if let Some(signature) = next.get("thoughtSignature") {
            last["thoughtSignature"] = signature.clone();
        }
        true
    });
}

/// Without what may differ: what is null says no more than what is absent.
fn plain(dialect: Dialect, path: &str, value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut plainer = Map::new();
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let exception = EXCEPTIONS
                    .iter()
                    .find(|(of, at, ..)| (*of, *at) == (dialect.name, path.as_str()));
                let empty = value == json!("") || value == json!([]);
                let left_out = match exception {
                    Some((_, _, Exception::Gone, _)) => true,
                    Some((_, _, Exception::Empty, _)) => empty,
                    Some((_, _, Exception::NoArguments, _)) => empty || value == json!("{}"),
                    Some((_, _, Exception::Usual(usual), _)) => value == read(usual),
                    None => false,
                };
                if !left_out && !value.is_null() {
                    plainer.insert(name, plain(dialect, &path, value));
                }
            }
            Value::Object(plainer)
        }
        Value::Array(list) => list.into_iter().map(|value| plain(dialect, path, value)).collect(),
        // `1.0` is the same number as `1`.
        Value::Number(number) => number.as_f64().map_or(Value::Null, Value::from),
        value => value,
    }
}

/// Whether an error body is the recorded one. Where that has no member `error`, in which clients of
/// OpenAI look for the reason, the same may stand in one as well.
pub(crate) fn refusal(exchange: &Exchange, refusal: &Refusal) -> Result<(), String> {
    let mut written: Value = serde_json::from_slice(&refusal.body)
        .map_err(|error| format!("the refusal is not JSON: {error}"))?;
    let status = exchange.response.status;
    if status < 400 {
        return Ok(());
    }
    equal("status", &status.into(), &refusal.status.into())?;
    let Value::Object(recorded) = exchange.response.body.json() else { return Ok(()) };
    if !recorded.contains_key("error")
        && let Some(error) = written.as_object_mut().and_then(|members| members.remove("error"))
    {
        for (name, value) in &recorded {
            equal(&format!("error.error.{name}"), value, &error[name])?;
        }
    }
    equal("error", &Value::Object(recorded), &written)
}

/// Whether two answers failed alike.
pub(crate) fn same_failure(told: &Told, again: &Told) -> Result<(), String> {
    let failure = |told: &Told| match &told.error {
        Some(error) => {
            let failure = &error.failure;
            json!({
                "kind": format!("{:?}", failure.kind),
                "message": failure.message,
                "code": failure.code,
                "param": failure.param,
                "status": failure.status,
            })
        }
        None => Value::Null,
    };
    equal("failure", &failure(told), &failure(again))
}

/// Whether two answers add up to the same, and nothing is lost of what only their dialect
/// has a word for.
pub(crate) fn same(told: &Told, again: &Told) -> Result<(), String> {
    same_sum(told, again)?;
    let (first, second) = (leaves(told), leaves(again));
    let lost: Vec<&String> = first.difference(&second).collect();
    if lost.is_empty() { Ok(()) } else { Err(format!("lost: {lost:?}")) }
}

/// Whether two answers add up to the same.
pub(crate) fn same_sum(told: &Told, again: &Told) -> Result<(), String> {
    if told.error.is_some() {
        if again.error.is_none() {
            return Err("it no longer fails".to_owned());
        }
    } else if let Some(error) = &again.error {
        return Err(format!("failed: {error}"));
    }
    equal("sum", &sum(told), &sum(again))
}

/// All of an answer that does not depend on the form in which it came.
fn sum(told: &Told) -> Value {
    let mut collected = Collected::default();
    told.events.iter().for_each(|event| collected.push(event.clone()));
    collected.finish();
    let choices = collected.choices.iter().map(|choice| {
        let of = |filter: fn(&Part) -> Option<Value>| -> Vec<Value> {
            choice.parts.iter().filter_map(filter).collect()
        };
        let calls = of(|part| match part {
            Part::ToolCall(call) => Some(json!([call.id, call.name, read(&call.arguments), call.signature])),
            _ => None,
        });
        let opaque = of(|part| match part {
            Part::Reasoning(part) => {
                let any = part.signature.is_some() || part.redacted.is_some();
                any.then(|| json!([part.text, part.signature, part.redacted]))
            }
            _ => None,
        });
        let media = of(|part| match part {
            Part::Media(part) => Some(format!("{:?} {:?}", part.kind, part.source).into()),
            _ => None,
        });
        let values = |natives: &[hotcell::types::Native]| -> Vec<Value> {
            natives.iter().map(|native| read(&native.value)).collect()
        };
        json!({
            "text": choice.text(),
            "reasoning": choice.reasoning(),
            "refusal": choice.refusal(),
            "calls": calls,
            "opaque": opaque,
            "media": media,
            "citations": values(&choice.citations),
            "finish": choice.finished.as_ref().map(|end| json!([format!("{:?}", end.reason), end.raw])),
        })
    });
    let started = collected.started.as_ref();
    json!({
        "choices": choices.collect::<Vec<_>>(),
        "id": started.map(|started| &started.id),
        "model": started.map(|started| &started.model),
        "created": started.map(|started| started.created),
        "usage": collected.usage.as_ref().map(|usage| json!([
            usage.input, usage.output, usage.cache_read, usage.cache_write, usage.reasoning,
            usage.raw.as_ref().map(|raw| read(&raw.value)),
        ])),
    })
}

/// Members and their values of all that only the dialect has a word for, wherever it came.
fn leaves(told: &Told) -> BTreeSet<String> {
    let mut leaves = BTreeSet::new();
    for event in &told.events {
        let native = match event {
            Event::Started(started) => started.extra.as_ref(),
            Event::ToolCallStarted(call) => call.extra.as_ref(),
            Event::Finished(finished) => finished.extra.as_ref(),
            Event::Native(at) | Event::Logprobs(at) => Some(&at.value),
            _ => None,
        };
        if let Some(native) = native {
            collect("", &read(&native.value), &mut leaves);
        }
    }
    leaves
}

fn collect(name: &str, value: &Value, leaves: &mut BTreeSet<String>) {
    // Which chunk or block a value came in is not what it says.
    let place = ["object", "index", "type"].contains(&name);
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| collect(name, value, leaves));
        }
        Value::Array(list) => list.iter().for_each(|value| collect(name, value, leaves)),
        Value::Null => {}
        _ if place => {}
        value => _ = leaves.insert(format!("{name}: {value}")),
    }
}

fn read(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|_| json.into())
}
