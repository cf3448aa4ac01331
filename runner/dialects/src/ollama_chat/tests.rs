//! What is read means what it says, and nothing of it is lost.

use super::read_request;
use hotcell::types::{
    ChatRequest, MediaSource, OutputFormat, Part, Role, Tool, ToolResult, ToolResultPart,
};
use serde_json::{Value, json};

fn read(body: &Value) -> ChatRequest {
    read_request(body.to_string().as_bytes()).unwrap()
}

fn extra(request: &ChatRequest) -> Value {
    serde_json::from_str(&request.extra.as_ref().unwrap().value).unwrap()
}

fn results(request: &ChatRequest) -> Vec<&ToolResult> {
    let parts = request.messages.iter().flat_map(|message| &message.parts);
    let results = parts.filter_map(|part| match part {
        Part::ToolResult(result) => Some(result),
        _ => None,
    });
    results.collect()
}

fn calls(request: &ChatRequest) -> Vec<(&str, &str)> {
    let parts = request.messages.iter().flat_map(|message| &message.parts);
    let calls = parts.filter_map(|part| match part {
        Part::ToolCall(call) => Some((call.id.as_str(), call.arguments.as_str())),
        _ => None,
    });
    calls.collect()
}

#[test]
fn options_are_understood_and_stay_as_they_are() {
    let options = json!({ "temperature": 0.5, "top_p": 1, "top_k": 40, "seed": -3,
        "num_predict": 9, "stop": "x", "presence_penalty": 0.1, "frequency_penalty": 0.2,
        "num_ctx": 8192 });
    let request = read(&json!({ "model": "m", "messages": [], "options": options }));
    let sampling = &request.sampling;
    assert_eq!((sampling.temperature, sampling.top_p), (Some(0.5), Some(1.0)));
    assert_eq!((sampling.top_k, sampling.seed), (Some(40), Some(-3)));
    assert_eq!(sampling.max_output_tokens, Some(9));
    assert_eq!((sampling.presence_penalty, sampling.frequency_penalty), (Some(0.1), Some(0.2)));
    assert_eq!(sampling.stop, ["x"]);
    assert_eq!(extra(&request), json!({ "options": options }));
}

#[test]
fn no_limit_is_no_limit() {
    let request = read(&json!({ "model": "m", "options": { "num_predict": -1 } }));
    assert_eq!(request.sampling.max_output_tokens, None);
}

#[test]
fn it_streams_unless_told_otherwise() {
    for (stream, expected) in [(json!(null), true), (json!(true), true), (json!(false), false)] {
        assert_eq!(read(&json!({ "model": "m", "stream": stream })).stream, expected, "{stream}");
    }
    assert!(read(&json!({ "model": "m" })).stream);
}

#[test]
fn thinking_is_on_off_or_has_a_level() {
    for (think, effort, told) in [
        (json!(true), None, Some(true)),
        (json!(false), Some("none"), None),
        (json!("high"), Some("high"), None),
    ] {
        let request = read(&json!({ "model": "m", "think": think }));
        let reasoning = request.reasoning.clone().unwrap();
        assert_eq!((reasoning.effort.as_deref(), reasoning.include_text), (effort, told));
        assert_eq!(extra(&request), json!({ "think": think }));
    }
    assert_eq!(read(&json!({ "model": "m", "think": null })).reasoning, None);
}

#[test]
fn a_format_is_json_or_a_schema() {
    let request = read(&json!({ "model": "m", "format": "json" }));
    assert_eq!(request.output, Some(OutputFormat::JsonObject));
    let request = read(&json!({ "model": "m", "format": { "type": "object" } }));
    let Some(OutputFormat::JsonSchema(schema)) = &request.output else { panic!("{request:?}") };
    assert_eq!(schema.schema, "{\"type\":\"object\"}");
    let request = read(&json!({ "model": "m", "format": "" }));
    assert_eq!((request.output.clone(), extra(&request)), (None, json!({ "format": "" })));
}

#[test]
fn images_stand_before_the_text() {
    let request = read(&json!({ "model": "m", "messages": [
        { "role": "user", "content": "what is this?", "images": ["AAEC"] },
        // Base64 without its padding would not be written so again.
        { "role": "user", "content": "", "images": ["AAE"] },
    ] }));
    let [Part::Media(image), Part::Text(text)] = &request.messages[0].parts[..] else {
        panic!("{request:?}")
    };
    assert_eq!(image.source, MediaSource::Bytes(vec![0, 1, 2]));
    assert_eq!(text.text, "what is this?");
    assert_eq!(request.messages[0].extra, None);
    let kept: Value =
        serde_json::from_str(&request.messages[1].extra.as_ref().unwrap().value).unwrap();
    assert_eq!(kept, json!({ "content": "", "images": ["AAE"] }));
}

#[test]
fn calls_without_ids_are_numbered_and_results_find_them() {
    let call = |name: &str, n: i64| json!({ "type": "function", "function": { "name": name, "arguments": { "n": n } } });
    let result = |name: &str, content: &str| json!({ "role": "tool", "tool_name": name, "content": content });
    let request = read(&json!({ "model": "m", "messages": [
        { "role": "assistant", "content": "", "tool_calls": [call("a", 0), call("b", 1), call("a", 2)] },
        result("b", "1"), result("a", "0"), result("a", "2"),
        { "role": "assistant", "content": "", "tool_calls": [call("a", 3)] },
        { "role": "tool", "content": "3" },
        result("a", "of nobody"),
    ] }));
    let ids: Vec<&str> = calls(&request).iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, ["call_0", "call_1", "call_2", "call_3"]);
    let ids: Vec<&str> = results(&request).iter().map(|result| result.call_id.as_str()).collect();
    assert_eq!(ids, ["call_1", "call_0", "call_2", "call_3", ""]);
}

#[test]
fn a_result_goes_to_the_call_that_it_names() {
    let request = read(&json!({ "model": "m", "messages": [
        { "role": "assistant", "tool_calls": [
            { "id": "x", "function": { "name": "a", "arguments": {} } },
            { "id": "y", "function": { "name": "a", "arguments": {} } },
        ] },
        { "role": "tool", "tool_name": "a", "tool_call_id": "y", "content": "1", "images": ["AAEC"] },
    ] }));
    assert_eq!(calls(&request), [("x", "{}"), ("y", "{}")]);
    let result = results(&request)[0];
    assert_eq!((result.call_id.as_str(), result.name.as_deref()), ("y", Some("a")));
    assert!(matches!(&result.content[..], [ToolResultPart::Media(_), ToolResultPart::Text(_)]));
}

#[test]
fn a_function_with_more_than_its_name_and_arguments_stays_whole() {
    let function = json!({ "name": "a", "arguments": { "x": 1 }, "index": 3 });
    let request = read(&json!({ "model": "m", "messages": [
        { "role": "assistant", "tool_calls": [{ "function": function }] },
    ] }));
    let Part::ToolCall(call) = &request.messages[0].parts[0] else { panic!("{request:?}") };
    let kept = &call.extra.as_ref().unwrap().value;
    assert_eq!(*kept, json!({ "function": function }).to_string());
    assert_eq!(call.arguments, "{\"x\":1}");
}

#[test]
fn a_role_that_only_some_models_know_stays() {
    let request = read(&json!({ "model": "m", "messages": [
        { "role": "control", "content": "thinking" }, { "role": "developer", "content": "d" },
    ] }));
    let roles: Vec<Role> = request.messages.iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::System, Role::Developer]);
    let kept = request.messages.iter().map(|message| message.extra.as_ref().unwrap());
    let kept: Vec<&str> = kept.map(|extra| extra.value.as_str()).collect();
    assert_eq!(kept, ["{\"role\":\"control\"}", "{\"role\":\"developer\"}"]);
}

#[test]
fn tools_are_functions_or_stay_whole() {
    let plain = json!({ "type": "function", "function": { "name": "a", "description": "d",
        "parameters": { "type": "object" } } });
    let odd = json!({ "type": "function", "items": [], "function": { "name": "b" } });
    let other = json!({ "name": "c" });
    let request = read(&json!({ "model": "m", "tools": [plain, odd, other] }));
    let [Tool::Function(plain), Tool::Function(odd), Tool::Native(other)] = &request.tools[..]
    else {
        panic!("{request:?}")
    };
    assert_eq!((plain.name.as_str(), &plain.extra), ("a", &None));
    let kept = &odd.extra.as_ref().unwrap().value;
    assert_eq!(
        *kept,
        json!({ "items": [], "function": { "name": "b" }, "type": "function" }).to_string()
    );
    assert_eq!(other.value, "{\"name\":\"c\"}");
}

#[test]
fn what_cannot_be_read_is_named() {
    for (body, message) in [
        (json!([]), "expected an object, found a list"),
        (json!({}), "`model` is missing"),
        (json!({ "model": "m", "messages": {} }), "messages: expected a list, found an object"),
        (json!({ "model": "m", "messages": [{}] }), "messages[0]: `role` is missing"),
        (
            json!({ "model": "m", "messages": [{ "role": "assistant", "tool_calls": [{}] }] }),
            "messages[0].tool_calls[0].function: expected an object, found null",
        ),
        (json!({ "model": "m", "tools": [1] }), "tools[0]: expected an object, found a number"),
    ] {
        let error = read_request(body.to_string().as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    assert!(read_request(b"{").is_err());
}
