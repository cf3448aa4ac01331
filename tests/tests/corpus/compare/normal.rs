//! What protocols call equal: the defaults that they define.

use serde_json::{Map, Value};

/// Nothing but the same is equal.
pub(crate) fn as_it_is(_: &mut Map<String, Value>) {}

/// Most chat protocols do not stream unless asked to: `false` says nothing.
pub(crate) fn not_streaming(members: &mut Map<String, Value>) {
    if members.get("stream") == Some(&Value::Bool(false)) {
        members.remove("stream");
    }
}

/// Ollama streams unless told otherwise: `true` says nothing.
pub(crate) fn streaming(members: &mut Map<String, Value>) {
    if members.get("stream") == Some(&Value::Bool(true)) {
        members.remove("stream");
    }
}

/// OpenAI's reference: "a string or an array of strings": one text is a list of one. So
/// it is to Ollama.
pub(crate) fn one_text(members: &mut Map<String, Value>) {
    if let Some(input @ Value::String(_)) = members.get_mut("input") {
        *input = Value::Array(vec![input.take()]);
    }
}
