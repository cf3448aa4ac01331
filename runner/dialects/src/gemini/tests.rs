mod content;
mod noise;
mod request;
mod spelling;

use super::{DIALECT, read_request};
use crate::DialectError;
use hotcell::types::{ChatRequest, Native};
use serde_json::{Value, json};

/// Reads a request that has what every request has, and these members.
fn read(members: Value) -> ChatRequest {
    read_result(members).expect("a request")
}

fn read_result(members: Value) -> Result<ChatRequest, DialectError> {
    let mut request = json!({ "contents": [] });
    if let (Some(request), Value::Object(members)) = (request.as_object_mut(), members) {
        request.extend(members);
    }
    read_request(request.to_string().as_bytes(), "m", false)
}

fn value(native: Option<&Native>) -> Value {
    native.map_or(Value::Null, |native| {
        assert_eq!(native.dialect, DIALECT);
        serde_json::from_str(&native.value).expect("JSON")
    })
}

/// What of a request stays beside what is read.
fn kept(request: &ChatRequest) -> Value {
    value(request.extra.as_ref())
}
