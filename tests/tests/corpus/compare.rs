//! What must be equal, and what the protocols call equal.

use crate::exchange::Exchange;
use hotcell::types::{EmbedResponse, Model, Usage};
use hotcell::{Choice, Collected, Error};
use serde_json::{Map, Value};

/// What an answer told: added up, and its text in the order of arrival.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) collected: Collected,
    pub(crate) text: String,
}

/// Holds a chat answer against what the provider's own SDK made of it.
pub(crate) fn chat(exchange: &Exchange, answer: Result<Told, (Told, Error)>) -> Result<(), String> {
    let expected = &exchange.expected;
    if let Some(error) = expected.get("error") {
        return match answer {
            Ok(_) => Err("an error was expected".to_owned()),
            Err((_, found)) => failure(error, &found),
        };
    }
    let told = answer.map_err(|(_, error)| format!("failed: {error}"))?;
    let collected = told.collected;
    let choice = collected.choices.first().cloned().unwrap_or_default();
    // Of a stream the corpus adds up the texts of all choices as they arrive; of a
    // whole answer it reads the first.
    let text = if exchange.stream { told.text } else { choice.text() };
    equal("text", &expected["text"], &text.into())?;
    equal("reasoning", &expected["reasoning"], &choice.reasoning().into())?;
    if expected.get("refusal").is_some() {
        let refusal = choice.refusal().map_or(Value::Null, Value::from);
        equal("refusal", &blank_as_null(&expected["refusal"]), &refusal)?;
    }
    let raw = choice.finished.as_ref().and_then(|finished| finished.raw.clone());
    equal("finish", &expected["finish"], &raw.map_or(Value::Null, Value::from))?;
    tool_calls(&expected["tool_calls"], &choice)?;
    if let Some(count) = expected.get("signature_count").and_then(Value::as_u64) {
        let signed = choice.parts.iter().filter(|part| match part {
            // Both are opaque to us, and must go back as they came.
            hotcell::types::Part::Reasoning(part) => {
                part.signature.is_some() || part.redacted.is_some()
            }
            _ => false,
        });
        equal("signature_count", &count.into(), &signed.count().into())?;
    }
    usage(&expected["usage"], collected.usage.as_ref(), &exchange.id)
}

fn failure(expected: &Value, found: &Error) -> Result<(), String> {
    if let Some(status) = expected.get("status").filter(|status| !status.is_null()) {
        let found = found.failure.status.map_or(Value::Null, Value::from);
        equal("error status", status, &found)?;
    }
    if found.failure.kind == hotcell::types::FailureKind::Internal {
        return Err(format!("an internal failure: {found}"));
    }
    Ok(())
}

fn tool_calls(expected: &Value, choice: &Choice) -> Result<(), String> {
    let found: Vec<_> = choice.tool_calls().collect();
    let expected = expected.as_array().map(Vec::as_slice).unwrap_or_default();
    equal("number of tool calls", &expected.len().into(), &found.len().into())?;
    for (expected, found) in expected.iter().zip(found) {
        equal("tool call id", &expected["id"], &found.id.clone().into())?;
        equal("tool call name", &expected["name"], &found.name.clone().into())?;
        let parsed = serde_json::from_str::<Value>(&found.arguments);
        match (expected["arguments"].get("__raw__"), parsed) {
            // What is not JSON is carried as it stands; nothing at all is `{}`.
            (Some(raw), _) if raw.as_str() == Some("") => {
                equal("tool arguments", &"{}".into(), &found.arguments.clone().into())?;
            }
            (Some(raw), _) => equal("tool arguments", raw, &found.arguments.clone().into())?,
            (None, Ok(parsed)) => {
                let none = expected["arguments"].is_null()
                    && (parsed.is_null() || parsed == Value::Object(Map::new()));
                if !none {
                    equal("tool arguments", &expected["arguments"], &parsed)?;
                }
            }
            (None, Err(error)) => return Err(format!("tool arguments are not JSON: {error}")),
        }
    }
    Ok(())
}

/// The corpus keeps each provider's own convention, and so does `raw`: Anthropic's
/// input leaves out what was read from and written to the cache.
fn usage(expected: &Value, found: Option<&Usage>, id: &str) -> Result<(), String> {
    let Some(expected) = expected.as_object() else { return Ok(()) };
    let Some(found) = found else {
        let any = expected.values().any(|value| !value.is_null());
        return if any { Err("no usage".to_owned()) } else { Ok(()) };
    };
    let anthropic = expected.contains_key("cache_read") || expected.contains_key("cache_write");
    let cached = found.cache_read.unwrap_or(0) + found.cache_write.unwrap_or(0);
    let input =
        found.input.map(|input| if anthropic { input.saturating_sub(cached) } else { input });
    for (name, value) in expected {
        let counted = match name.as_str() {
            "input" => input,
            "output" => found.output,
            "cached_input" | "cache_read" => found.cache_read,
            "cache_write" => found.cache_write,
            "reasoning" => found.reasoning,
            other => return Err(format!("{id} expects usage `{other}`, which is not known here")),
        };
        // "null means that the provider did not say": what it says in another member
        // than its SDK reads is no error.
        if !value.is_null() {
            equal(&format!("usage {name}"), value, &counted.map_or(Value::Null, Value::from))?;
        }
    }
    Ok(())
}

/// Holds vectors against the recorded body.
pub(crate) fn embeddings(
    exchange: &Exchange,
    answer: Result<EmbedResponse, Error>,
) -> Result<(), String> {
    let body: Value = serde_json::from_slice(&exchange.response.body()).unwrap_or_default();
    if exchange.response.status >= 400 {
        return match answer {
            Ok(_) => Err("an error was expected".to_owned()),
            Err(error) => equal(
                "error status",
                &exchange.response.status.into(),
                &error.failure.status.map_or(Value::Null, Value::from),
            ),
        };
    }
    let answer = answer.map_err(|error| format!("failed: {error}"))?;
    let data = body["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    equal("number of vectors", &data.len().into(), &answer.vectors.len().into())?;
    for (entry, vector) in data.iter().zip(&answer.vectors) {
        if let Some(numbers) = entry["embedding"].as_array() {
            let numbers: Vec<f32> =
                numbers.iter().filter_map(Value::as_f64).map(|number| number as f32).collect();
            if numbers != *vector {
                return Err("a vector differs".to_owned());
            }
        }
    }
    let tokens = answer.usage.as_ref().and_then(|usage| usage.input);
    equal("tokens", &body["usage"]["prompt_tokens"], &tokens.map_or(Value::Null, Value::from))
}

/// Holds a list of models against the recorded body.
pub(crate) fn models(exchange: &Exchange, answer: Result<Vec<Model>, Error>) -> Result<(), String> {
    if exchange.response.status >= 400 {
        return answer.map_or(Ok(()), |_| Err("an error was expected".to_owned()));
    }
    let answer = answer.map_err(|error| format!("failed: {error}"))?;
    let body: Value = serde_json::from_slice(&exchange.response.body()).unwrap_or_default();
    let list = body.get("data").unwrap_or(&body).as_array().cloned().unwrap_or_default();
    let expected: Vec<&str> = list.iter().filter_map(|entry| entry["id"].as_str()).collect();
    let found: Vec<&str> = answer.iter().map(|model| model.id.as_str()).collect();
    equal("models", &expected.into(), &found.into())
}

/// Holds the body that left against the recorded one.
pub(crate) fn request(
    kind: &str,
    exchange: &Exchange,
    recorded: &[u8],
    sent: &[u8],
) -> Result<(), String> {
    let read =
        |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).map_err(|error| error.to_string());
    let recorded = normal(kind, read(recorded)?);
    let sent = normal(kind, read(sent)?);
    let _ = exchange;
    equal("body", &recorded, &sent)
}

/// Brings a request to the one form of all that its protocol calls equal.
fn normal(kind: &str, mut body: Value) -> Value {
    if let Some(members) = body.as_object_mut() {
        // Not to stream is what both protocols do by default.
        if members.get("stream") == Some(&Value::Bool(false)) {
            members.remove("stream");
        }
        if kind == "embeddings"
            && let Some(input @ Value::String(_)) = members.get("input").cloned()
        {
            // One text is a list of one text.
            members.insert("input".into(), Value::Array(vec![input]));
        }
    }
    body
}

fn blank_as_null(value: &Value) -> Value {
    if value.as_str() == Some("") { Value::Null } else { value.clone() }
}

/// Equal by value: numbers are numbers, objects have no order.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left == right || left.as_f64() == right.as_f64()
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(name, left)| right.get(name).is_some_and(|right| same(left, right)))
        }
        _ => left == right,
    }
}

fn equal(what: &str, expected: &Value, found: &Value) -> Result<(), String> {
    if same(expected, found) {
        return Ok(());
    }
    let (path, expected, found) = difference(String::new(), expected, found);
    let cut = |value: &Value| value.to_string().chars().take(300).collect::<String>();
    Err(format!("{what}{path}: expected {}, found {}", cut(&expected), cut(&found)))
}

/// Where two values first differ.
fn difference(path: String, expected: &Value, found: &Value) -> (String, Value, Value) {
    match (expected, found) {
        (Value::Object(left), Value::Object(right)) => {
            let names = left.keys().chain(right.keys());
            for name in names {
                let (a, b) = (left.get(name), right.get(name));
                if !matches!((a, b), (Some(a), Some(b)) if same(a, b)) {
                    let none = Value::String("nothing".into());
                    let (a, b) = (a.unwrap_or(&none), b.unwrap_or(&none));
                    return difference(format!("{path}.{name}"), a, b);
                }
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (a, b)) in left.iter().zip(right).enumerate() {
                if !same(a, b) {
                    return difference(format!("{path}[{index}]"), a, b);
                }
            }
        }
        _ => {}
    }
    (path, expected.clone(), found.clone())
}
