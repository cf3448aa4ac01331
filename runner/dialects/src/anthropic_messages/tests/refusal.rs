//! What is refused, and how the client is told.

use super::read_result;
use crate::anthropic_messages::read_request;
use serde_json::{Value, json};

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let message = |content: Value| json!({ "messages": [{ "role": "user", "content": content }] });
    let result = |content: Value| {
        message(json!([{ "type": "tool_result", "tool_use_id": "a", "content": content }]))
    };
    for (members, path, expected) in [
        (json!({ "model": 7 }), "model", "expected a string, found a number"),
        (json!({ "model": null }), "model", "expected a string, found null"),
        (json!({ "messages": {} }), "messages", "expected a list, found an object"),
        (json!({ "messages": [7] }), "messages[0]", "expected an object, found a number"),
        (json!({ "messages": [{}] }), "messages[0].role", "expected a string, found nothing"),
        (
            json!({ "messages": [{ "role": "tool" }] }),
            "messages[0].role",
            "expected `user`, `assistant` or `system`, found `tool`",
        ),
        (
            json!({ "messages": [{ "role": "user" }] }),
            "messages[0].content",
            "expected a string or a list of blocks, found nothing",
        ),
        (
            message(json!(true)),
            "messages[0].content",
            "expected a string or a list of blocks, found a boolean",
        ),
        (message(json!(["x"])), "messages[0].content[0]", "expected an object, found a string"),
        (
            message(json!([{ "type": "text", "text": "a" }, { "text": "b" }])),
            "messages[0].content[1].type",
            "expected a string, found nothing",
        ),
        (
            message(json!([{ "type": "tool_use", "id": "a", "name": "f" }])),
            "messages[0].content[0].input",
            "expected an object, found nothing",
        ),
        (
            result(json!([{ "type": "image", "source": { "type": "url" } }])),
            "messages[0].content[0].content[0].source.url",
            "expected a string, found nothing",
        ),
        (
            result(json!(7)),
            "messages[0].content[0].content",
            "expected a string or a list of blocks, found a number",
        ),
        (json!({ "system": 7 }), "system", "expected a string or a list of blocks, found a number"),
        (
            json!({ "system": [{ "type": "text", "text": "", "cache_control": 1 }] }),
            "system[0].cache_control",
            "expected an object, found a number",
        ),
        (json!({ "tools": [{}] }), "tools[0].name", "expected a string, found nothing"),
        (
            json!({ "tools": [{ "name": "f", "input_schema": [] }] }),
            "tools[0].input_schema",
            "expected an object, found a list",
        ),
        (json!({ "tool_choice": {} }), "tool_choice.type", "expected a string, found nothing"),
        (
            json!({ "max_tokens": -1 }),
            "max_tokens",
            "expected a whole number from 0 to 4294967295, found a number",
        ),
        (json!({ "temperature": "hot" }), "temperature", "expected a number, found a string"),
        (json!({ "stream": 1 }), "stream", "expected true or false, found a number"),
        (
            json!({ "stop_sequences": ["a", 1] }),
            "stop_sequences[1]",
            "expected a string, found a number",
        ),
        (json!({ "thinking": {} }), "thinking.type", "expected a string, found nothing"),
        (
            json!({ "output_config": { "format": { "type": "json_schema" } } }),
            "output_config.format.schema",
            "expected an object, found nothing",
        ),
    ] {
        let error = read_result(members).expect_err(path);
        assert_eq!((error.path.as_str(), error.message.as_str()), (path, expected));
    }
}

#[test]
fn what_is_no_request_is_refused() {
    for (body, path, word) in [
        (&b"\xff"[..], "", "UTF-8"),
        (b"", "", "not JSON"),
        (b"{", "", "not JSON"),
        (b"{} x", "", "not JSON"),
        (b"[]", "", "expected an object, found a list"),
        (b"{}", "model", "expected a string, found nothing"),
        (b"{\"model\":\"m\"}", "messages", "expected a list, found nothing"),
        (b"{\"model\":\"\\ud800\"}", "model", "not a string of Unicode"),
    ] {
        let error = read_request(body).expect_err(word);
        assert_eq!(error.path, path);
        assert!(error.message.contains(word), "{error}");
    }
}
