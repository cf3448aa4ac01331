//! Whatever a client sends, nothing panics and what is kept is JSON.

use super::read_result;
use crate::anthropic_messages::read_request;
use hotcell::types::{ChatRequest, Native, Part, Tool};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

#[test]
fn depth_has_an_end() {
    // The object itself is one of them.
    for (depth, is_fine) in [(126, true), (127, false), (100_000, false)] {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let body = format!(r#"{{"model":"m","messages":[],"x":{deep}}}"#);
        assert_eq!(read_request(body.as_bytes()).is_ok(), is_fine, "{depth}");
        // As many as whoever reads the value beyond the wall takes.
        assert_eq!(serde_json::from_str::<Value>(&body).is_ok(), is_fine, "{depth}");
        let body = format!(r#"{{"model":"m","messages":{deep}}}"#);
        assert!(read_request(body.as_bytes()).is_err());
    }
    for text in [r#"\\"#, r#"\""#, r#"[[\\\"["#, ""] {
        let text = text.repeat(1_000) + &"[".repeat(200);
        let body = format!(r#"{{"model":"m","messages":[],"x":"{text}"}}"#);
        assert!(read_request(body.as_bytes()).is_ok(), "{text}");
    }
}

#[test]
fn of_several_members_with_one_name_the_last_is_kept_alone() {
    let many: String = (0..100).map(|number| format!(r#""m{number}":1,"#)).collect();
    for more in ["", &many] {
        let body = format!(
            r#"{{"model":"a","x":1,"stream":true,{more}"messages":[],"m\u006fdel":"b","x":2,"stream":false}}"#
        );
        let read = read_request(body.as_bytes()).unwrap();
        assert_eq!((read.model.as_str(), read.stream), ("b", false));
        let extra = read.extra.unwrap().value;
        assert!(extra.ends_with(r#""x":2,"stream":false}"#), "{extra}");
        assert_eq!(extra.matches("\"x\"").count(), 1, "{extra}");
        assert_eq!(extra.matches("\"stream\"").count(), 1, "{extra}");
    }
}

const WORDS: &[&str] = &[
    "model",
    "messages",
    "role",
    "content",
    "type",
    "text",
    "system",
    "tools",
    "name",
    "input_schema",
    "tool_choice",
    "thinking",
    "output_config",
    "format",
    "schema",
    "source",
    "media_type",
    "data",
    "url",
    "file_id",
    "title",
    "cache_control",
    "ttl",
    "ephemeral",
    "1h",
    "tool_use",
    "tool_result",
    "tool_use_id",
    "is_error",
    "id",
    "input",
    "signature",
    "user",
    "assistant",
    "image",
    "document",
    "base64",
    "redacted_thinking",
    "max_tokens",
    "temperature",
    "stop_sequences",
    "stream",
    "effort",
    "auto",
    "any",
    "tool",
    "disable_parallel_tool_use",
    "AQID",
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
        let _ = read_request(value.to_string().as_bytes());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in vec(any::<u8>(), 0..64)) {
        let _ = read_request(&bytes);
    }

    /// What is kept as text has to parse, or the runner refuses the request.
    #[test]
    fn what_is_kept_is_json(system in any_json(), content in any_json(), tools in any_json()) {
        let members = json!({ "system": system, "tools": tools, "x": content,
            "messages": [{ "role": "user", "content": content }] });
        if let Ok(request) = read_result(members) {
            for native in natives(&request) {
                prop_assert!(serde_json::from_str::<Value>(&native.value).is_ok(), "{native:?}");
            }
        }
    }
}

fn natives(request: &ChatRequest) -> Vec<&Native> {
    let parts = request.messages.iter().flat_map(|message| &message.parts);
    let parts = parts.filter_map(|part| match part {
        Part::Text(part) => part.extra.as_ref(),
        Part::Media(part) => part.extra.as_ref(),
        Part::Reasoning(part) => part.extra.as_ref(),
        Part::ToolCall(part) => part.extra.as_ref(),
        Part::ToolResult(part) => part.extra.as_ref(),
        Part::Native(native) => Some(native),
        Part::Refusal(_) => None,
    });
    let tools = request.tools.iter().filter_map(|tool| match tool {
        Tool::Function(tool) => tool.extra.as_ref(),
        Tool::Native(native) => Some(native),
    });
    let messages = request.messages.iter().filter_map(|message| message.extra.as_ref());
    parts.chain(tools).chain(messages).chain(request.extra.as_ref()).collect()
}
