//! JSON objects that are put together and taken apart, each step compiled once.

use hotcell_sdk::{Failure, RequestBuilder, Response};
use serde_json::{Map, Value};

#[inline(never)]
pub(crate) fn put(object: &mut Map<String, Value>, name: &str, value: Value) {
    object.insert(name.to_owned(), value);
}

/// Takes a string out that says something.
#[inline(never)]
pub(crate) fn take_text(object: &mut Map<String, Value>, name: &str) -> Option<String> {
    match object.remove(name) {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// Takes a list out; an empty one where there is none.
#[inline(never)]
pub(crate) fn take_list(object: &mut Map<String, Value>, name: &str) -> Vec<Value> {
    match object.remove(name) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

/// Reads an object of Ollama's.
#[inline(never)]
pub(crate) fn read(text: &str) -> Result<Map<String, Value>, Failure> {
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Failure::malformed("the answer is not a JSON object")),
        Err(why) => Err(Failure::malformed(format!("the answer is not JSON: {why}"))),
    }
}

/// Sends an object, or nothing, and waits for the response's head.
#[inline(never)]
pub(crate) fn send(
    builder: RequestBuilder<'_>,
    body: Option<Map<String, Value>>,
    accept: &str,
) -> Result<Response, Failure> {
    let mut builder = builder.header("accept", accept);
    if let Some(body) = body {
        let body = Value::Object(body).to_string().into_bytes();
        builder = builder.header("content-type", "application/json").body(body);
    }
    let response = builder.send()?;
    if response.status() >= 300 {
        return Err(crate::error::of_response(&response));
    }
    Ok(response)
}
