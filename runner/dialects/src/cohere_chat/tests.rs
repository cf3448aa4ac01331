use super::*;
use hotcell::types::{MediaKind, MediaSource, Native, ToolChoice, ToolResultPart};
use proptest::prelude::*;

fn read(members: Value) -> ChatRequest {
    let mut body = json!({ "model": "m", "messages": [] });
    for (name, value) in members.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    read_request(body.to_string().as_bytes()).expect("a request")
}

/// The parts of the only message.
fn parts(message: Value) -> Vec<Part> {
    let mut request = read(json!({ "messages": [message] }));
    request.messages.remove(0).parts
}

fn value(native: Option<&Native>) -> Value {
    let native = native.expect("something native");
    assert_eq!(native.dialect, DIALECT);
    serde_json::from_str(&native.value).expect("JSON")
}

#[test]
fn a_request_says_that_it_came_in_this_dialect() {
    let request = read(json!({}));
    assert!(!request.stream);
    assert_eq!(value(request.extra.as_ref()), json!({}));
}

#[test]
fn what_is_modelled_is_taken_and_what_is_not_is_kept() {
    let request = read(json!({ "max_tokens": 9, "temperature": 0.5, "p": 0.25, "k": 3, "seed": 7,
        "frequency_penalty": 0.1, "presence_penalty": 0.2, "stop_sequences": ["a"],
        "logprobs": true, "stream": true, "tool_choice": "REQUIRED",
        "response_format": { "type": "json_object", "json_schema": { "type": "object" } },
        "documents": ["d"], "safety_mode": "OFF" }));
    let sampling = &request.sampling;
    assert_eq!((sampling.max_output_tokens, sampling.top_k), (Some(9), Some(3)));
    assert_eq!((sampling.temperature, sampling.top_p), (Some(0.5), Some(0.25)));
    assert_eq!((sampling.seed, sampling.logprobs), (Some(7), Some(0)));
    assert_eq!(sampling.frequency_penalty, Some(0.1));
    assert_eq!((sampling.presence_penalty, &sampling.stop[..]), (Some(0.2), &["a".to_owned()][..]));
    assert!(request.stream);
    assert_eq!(request.tool_choice, Some(ToolChoice::Required));
    let Some(OutputFormat::JsonSchema(schema)) = &request.output else { panic!("{request:?}") };
    assert_eq!(schema.schema, r#"{"type":"object"}"#);
    let kept = json!({ "documents": ["d"], "safety_mode": "OFF" });
    assert_eq!(value(request.extra.as_ref()), kept);
}

#[test]
fn an_odd_spelling_stays_as_it_is() {
    let odd = json!({ "max_tokens": "9", "stream": false, "logprobs": false, "tools": [],
        "stop_sequences": [], "tool_choice": "AUTO", "seed": u64::MAX, "temperature": null,
        "response_format": { "type": "json_object", "schema": {} } });
    let request = read(odd.clone());
    assert_eq!(value(request.extra.as_ref()), odd);
    assert_eq!((request.output, request.tool_choice, request.sampling.seed), (None, None, None));
}

#[test]
fn thinking_is_understood_and_stays() {
    for (thinking, effort, budget) in [
        (json!({ "type": "enabled", "token_budget": 100 }), None, Some(100)),
        (json!({ "type": "disabled" }), Some("none"), None),
    ] {
        let request = read(json!({ "thinking": thinking }));
        let reasoning = request.reasoning.expect("reasoning");
        assert_eq!((reasoning.effort.as_deref(), reasoning.budget_tokens), (effort, budget));
        assert_eq!(value(request.extra.as_ref()), json!({ "thinking": thinking }));
    }
}

#[test]
fn a_string_is_told_from_a_list() {
    let of = |content: Value| match parts(json!({ "role": "user", "content": content })).remove(0) {
        Part::Text(text) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(of(json!("a")).extra, None);
    let listed = of(json!([{ "type": "text", "text": "a" }]));
    assert_eq!((listed.text.as_str(), value(listed.extra.as_ref())), ("a", json!({})));
    let more = of(json!([{ "type": "text", "text": "a", "x": 1 }]));
    assert_eq!(value(more.extra.as_ref()), json!({ "x": 1 }));
}

#[test]
fn images_are_bytes_where_they_make_the_same_address_again() {
    let of = |part: Value| match parts(json!({ "role": "user", "content": [part] })).remove(0) {
        Part::Media(media) => media,
        other => panic!("{other:?}"),
    };
    let image = |url: &str| json!({ "type": "image_url", "image_url": { "url": url } });
    let media = of(image("data:image/png;base64,AQI="));
    assert_eq!(media.source, MediaSource::Bytes(vec![1, 2]));
    assert_eq!((media.mime.as_deref(), media.extra), (Some("image/png"), None));
    let media = of(image("https://a.test/b"));
    assert_eq!((media.source, media.extra), (MediaSource::Url("https://a.test/b".into()), None));
    let mut detailed = image("https://a.test/b");
    detailed["image_url"]["detail"] = "low".into();
    assert_eq!(value(of(detailed).extra.as_ref()), json!({ "detail": "low" }));
    // Spelled in another way than the adapter would.
    for odd in [
        image("data:image/bmp;base64,AQI="),
        json!({ "type": "image_url", "image_url": "https://a.test/b" }),
        json!({ "type": "image_url", "image_url": { "url": "u" }, "x": 1 }),
    ] {
        assert_eq!(value(of(odd.clone()).extra.as_ref()), odd);
    }
}

#[test]
fn a_round_of_tools_is_understood() {
    let call = json!({ "id": "c", "type": "function",
        "function": { "name": "f", "arguments": "{}" } });
    let parts = parts(json!({ "role": "assistant", "tool_plan": "I will.", "content": [],
        "tool_calls": [call] }));
    let [Part::Reasoning(plan), Part::ToolCall(call)] = &parts[..] else { panic!("{parts:?}") };
    assert_eq!(plan.text, "I will.");
    assert_eq!(value(plan.extra.as_ref()), json!({ "tool_plan": "I will." }));
    assert_eq!((call.id.as_str(), call.name.as_str(), &call.extra), ("c", "f", &None));
}

#[test]
fn what_an_adapter_would_write_otherwise_stays_beside_its_meaning() {
    let call = json!({ "id": "c", "function": { "name": "f", "arguments": { "x": 1 } } });
    let message = json!({ "role": "assistant", "content": null, "tool_plan": null,
        "citations": [], "tool_calls": [call] });
    let request = read(json!({ "messages": [message] }));
    let Part::ToolCall(found) = &request.messages[0].parts[0] else { panic!("{request:?}") };
    assert_eq!(found.arguments, "{\"x\":1}");
    let kept = json!({ "content": null, "tool_plan": null, "citations": [], "tool_calls": [call] });
    assert_eq!(value(request.messages[0].extra.as_ref()), kept);
}

#[test]
fn results_hold_texts_and_documents() {
    let document = json!({ "type": "document",
        "document": { "id": "d", "data": { "text": "it is", "title": "t" } } });
    let of = |content: Value| {
        let message = json!({ "role": "tool", "tool_call_id": "c", "content": content });
        match parts(message).remove(0) {
            Part::ToolResult(result) => result,
            other => panic!("{other:?}"),
        }
    };
    let result = of(json!("7"));
    assert_eq!((result.content, result.extra), (vec![ToolResultPart::Text("7".into())], None));
    let result = of(json!([document]));
    let [ToolResultPart::Media(media)] = &result.content[..] else { panic!("{result:?}") };
    assert_eq!((media.kind, media.name.as_deref()), (MediaKind::Document, Some("t")));
    assert_eq!(value(media.extra.as_ref()), document);
    assert_eq!(value(result.extra.as_ref()), json!({}));
    let odd = json!([{ "type": "text", "text": "7", "x": 1 }]);
    assert_eq!(value(of(odd.clone()).extra.as_ref()), json!({ "content": odd }));
}

#[test]
fn strictness_is_of_every_tool() {
    let tool = |name: &str| json!({ "type": "function", "function": { "name": name } });
    let request = read(json!({ "strict_tools": true, "tools": [tool("f"), { "type": "new" }] }));
    let [Tool::Function(function), Tool::Native(_)] = &request.tools[..] else {
        panic!("{request:?}")
    };
    assert_eq!((function.strict, &function.extra), (Some(true), &None));
    assert_eq!(value(request.extra.as_ref()), json!({ "strict_tools": true }));
}

#[test]
fn what_cannot_be_one_is_refused_with_its_place() {
    let message = |message: Value| json!({ "model": "m", "messages": [message] });
    for (body, place) in [
        (json!({ "messages": [] }), "`model` is missing"),
        (json!({ "model": "m" }), "messages: expected a list"),
        (message(json!({ "role": "bot" })), "messages[0].role: expected"),
        (message(json!({ "role": "user", "content": 1 })), "messages[0].content: expected"),
        (
            message(json!({ "role": "user", "content": [{}] })),
            "messages[0].content[0].type: expected",
        ),
        (message(json!({ "role": "tool" })), "messages[0]: `tool_call_id` is missing"),
        (
            message(json!({ "role": "assistant", "tool_calls": [{}] })),
            "messages[0].tool_calls[0].function: expected",
        ),
        (json!({ "model": "m", "messages": [], "tools": [{}] }), "tools[0]: `type` is missing"),
    ] {
        let error = read_request(body.to_string().as_bytes()).expect_err("a refusal").to_string();
        assert!(error.starts_with(place), "{error}");
    }
}

proptest! {
    #[test]
    fn noise_does_no_harm(body in "\\PC{0,64}", content in any::<Option<i64>>()) {
        let _ = read_request(body.as_bytes());
        let message = json!({ "role": body, "content": [content], "tool_calls": [content] });
        let _ = read_request(json!({ "model": "m", "messages": [message] }).to_string().as_bytes());
    }
}
