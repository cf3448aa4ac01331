//! What must be equal, and what the protocols call equal.

pub(crate) mod answer;
pub(crate) mod chat;
pub(crate) mod embeddings;
pub(crate) mod models;
pub(crate) mod normal;
pub(crate) mod request;
pub(crate) mod rerank;
pub(crate) mod tokens;

use crate::exchange::Exchange;
use hotcell::Error;
use hotcell::types::FailureKind;
use serde_json::Value;

/// The error that is expected, if one is: said so, or told by the status.
fn expected_error(exchange: &Exchange) -> Option<Value> {
    let said = exchange.expected.get("error").filter(|error| !error.is_null());
    let status = exchange.response.status;
    said.cloned().or_else(|| (status >= 400).then(|| serde_json::json!({ "status": status })))
}

/// Holds a failure against an expected error: its status, its sentence, and that it
/// was the provider who failed.
fn failure(exchange: &Exchange, expected: &Value, found: &Error) -> Result<String, String> {
    let failure = &found.failure;
    if let Some(status) = expected.get("status").filter(|status| status.is_number()) {
        equal("error status", status, &failure.status.map_or(Value::Null, Value::from))?;
    }
    if matches!(
        failure.kind,
        FailureKind::Internal | FailureKind::Unsupported | FailureKind::Denied
    ) {
        return Err(format!("failed by itself: {found}"));
    }
    let body = exchange.response.body.json();
    // Ollama's error is its sentence.
    if let Some(said) = body["error"]["message"].as_str().or(body["error"].as_str())
        && !failure.message.contains(said.trim())
    {
        return Err(format!(
            "the provider's sentence is lost: {:?} became {:?}",
            said, failure.message
        ));
    }
    Ok(format!("{failure:?}"))
}

fn equal(what: &str, expected: &Value, found: &Value) -> Result<(), String> {
    if same(expected, found) {
        return Ok(());
    }
    let (path, expected, found) = difference(what.to_owned(), expected, found);
    Err(format!("{path}: expected {}, found {}", short(&expected), short(&found)))
}

/// Equal by value: 1 is 1.0, and objects have no order.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let within = |(name, a)| b.get(name).is_some_and(|b| same(a, b));
            a.len() == b.len() && a.iter().all(within)
        }
        _ => left == right,
    }
}

/// The place where two values differ first, and what is there.
fn difference(path: String, expected: &Value, found: &Value) -> (String, Value, Value) {
    match (expected, found) {
        (Value::Object(a), Value::Object(b)) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            for name in names {
                match (a.get(name), b.get(name)) {
                    (Some(a), Some(b)) if same(a, b) => {}
                    (a, b) => {
                        let nothing = Value::String("(nothing)".to_owned());
                        let (a, b) = (a.unwrap_or(&nothing), b.unwrap_or(&nothing));
                        return difference(format!("{path}.{name}"), a, b);
                    }
                }
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                if !same(a, b) {
                    return difference(format!("{path}[{index}]"), a, b);
                }
            }
            if a.len() != b.len() {
                return (format!("{path}.length"), a.len().into(), b.len().into());
            }
        }
        _ => {}
    }
    (path, expected.clone(), found.clone())
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(300) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
