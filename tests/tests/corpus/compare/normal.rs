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

/// Protocol buffers have two names of each member in JSON, and take either: the same are the same.
pub(crate) fn first_names(members: &mut Map<String, Value>) {
    *members = std::mem::take(members)
        .into_iter()
        .map(|(name, mut value)| {
            rename(&mut value);
            (camel(&name), value)
        })
        .collect();
}

fn rename(value: &mut Value) {
    match value {
        Value::Object(members) => first_names(members),
        Value::Array(list) => list.iter_mut().for_each(rename),
        _ => {}
    }
}

/// `inline_data` as `inlineData`.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

/// OpenAI's reference: "a string or an array of strings": one text is a list of one. So
/// it is to Ollama.
pub(crate) fn one_text(members: &mut Map<String, Value>) {
    if let Some(input @ Value::String(_)) = members.get_mut("input") {
        *input = Value::Array(vec![input.take()]);
    }
}
