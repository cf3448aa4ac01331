//! Whatever a client sends, nothing panics and what is kept is JSON.

use super::read_result;
use crate::gemini::{read_embed_request, read_request, take_spelling};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

#[test]
fn depth_does_no_harm() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let body = format!(r#"{{"contents":[],"x":{deep}}}"#);
    assert!(read_request(body.as_bytes(), "m", false).is_err());
}

const WORDS: &[&str] = &[
    "contents",
    "role",
    "parts",
    "text",
    "thought",
    "thoughtSignature",
    "functionCall",
    "name",
    "args",
    "id",
    "functionResponse",
    "response",
    "output",
    "error",
    "inlineData",
    "inline_data",
    "mimeType",
    "mime_type",
    "data",
    "fileData",
    "fileUri",
    "systemInstruction",
    "tools",
    "functionDeclarations",
    "parameters",
    "parametersJsonSchema",
    "toolConfig",
    "functionCallingConfig",
    "mode",
    "ANY",
    "allowedFunctionNames",
    "generationConfig",
    "responseMimeType",
    "application/json",
    "responseSchema",
    "thinkingConfig",
    "topK",
    "stopSequences",
    "requests",
    "instances",
    "content",
    "user",
    "model",
    "AQID",
    "type",
    "properties",
    "nullable",
    "OBJECT",
    "function_call",
    "function_response",
    "file_data",
    "file_uri",
    "tool_config",
    "function_calling_config",
    "allowed_function_names",
    "VALIDATED",
    "thinking_config",
    "max_output_tokens",
    "task_type",
    "any_of",
    "",
];

/// JSON made of the words of the protocol, so that it gets far.
fn any_json() -> impl Strategy<Value = Value> {
    let word = proptest::sample::select(WORDS);
    let leaf = prop_oneof![
        4 => word.clone().prop_map(Value::from),
        1 => any::<i32>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        let members = vec((word.clone(), inner.clone()), 0..6);
        let object = |members: Vec<(&str, Value)>| {
            let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
            Value::Object(members.collect::<Map<_, _>>())
        };
        prop_oneof![1 => vec(inner, 0..4).prop_map(Value::from), 3 => members.prop_map(object)]
    })
}

proptest! {
    #[test]
    fn no_json_makes_it_panic(value in any_json()) {
        let _ = read_request(value.to_string().as_bytes(), "m", true);
        if let Ok(mut request) = read_embed_request(value.to_string().as_bytes(), "m") {
            take_spelling(&mut request);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in vec(any::<u8>(), 0..64)) {
        let _ = read_request(&bytes, "m", false);
    }

    #[test]
    fn no_parts_make_it_panic(parts in vec(any_json(), 0..4), tools in any_json(), config in any_json()) {
        let members = json!({ "contents": [{ "role": "model", "parts": parts }],
            "tools": [{ "functionDeclarations": [tools] }], "generationConfig": config });
        if let Ok(request) = read_result(members) {
            let extra = request.extra.map(|extra| extra.value).unwrap_or_default();
            prop_assert!(serde_json::from_str::<Value>(&extra).is_ok(), "{}", extra);
        }
    }
}
