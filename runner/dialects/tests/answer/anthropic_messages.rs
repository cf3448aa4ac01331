use super::*;
use hotcell::types::{Failure, FailureKind, Model, TokenCount};
use hotcell_dialects::Dialect::AnthropicMessages as MESSAGES;
use hotcell_dialects::anthropic_messages;
use serde_json::json;

fn kinds(frames: &[(String, Value)]) -> Vec<&str> {
    frames
        .iter()
        .map(|(name, data)| {
            assert_eq!(data["type"], name.as_str());
            name.as_str()
        })
        .collect()
}

#[test]
fn a_stream_has_a_message_blocks_and_a_stop() {
    let events = [
        started(),
        Event::Reasoning(delta(0, "hm")),
        Event::Signature(delta(0, "sig")),
        Event::RedactedReasoning(delta(1, "cipher")),
        Event::Text(delta(2, "a")),
        Event::Text(delta(2, "b")),
        call(3, "c1", "f"),
        Event::ToolCallArguments(delta(3, "{\"x\":1}")),
        usage(),
        finished(FinishReason::ToolCalls, "tool_calls"),
    ];
    let frames = stream(MESSAGES, "{}", &events);
    let block = ["content_block_start", "content_block_delta", "content_block_stop"];
    let [start, piece, stop] = block;
    let expected = [
        &["message_start", start, piece, piece, stop, start, stop, start, piece, piece, stop][..],
        &[start, piece, stop, "message_delta", "message_stop"],
    ]
    .concat();
    assert_eq!(kinds(&frames), expected);
    let message = &frames[0].1["message"];
    assert_eq!((&message["id"], &message["model"]), (&json!("id-1"), &json!("model-1")));
    assert_eq!((&message["content"], &message["stop_reason"]), (&json!([]), &Value::Null));
    let thinking = json!({ "type": "thinking", "thinking": "", "signature": "" });
    assert_eq!(frames[1].1, json!({ "type": start, "index": 0, "content_block": thinking }));
    let signature = json!({ "type": "signature_delta", "signature": "sig" });
    assert_eq!(frames[3].1, json!({ "type": piece, "index": 0, "delta": signature }));
    let called = json!({ "type": "tool_use", "id": "c1", "name": "f", "input": {} });
    assert_eq!(frames[11].1["content_block"], called);
    assert_eq!(frames[12].1["delta"]["partial_json"], "{\"x\":1}");
    let end = &frames[14].1;
    assert_eq!(end["delta"], json!({ "stop_reason": "tool_use", "stop_sequence": null }));
    let counts = json!({
        "input_tokens": 15, "cache_creation_input_tokens": 5, "cache_read_input_tokens": 10,
        "output_tokens": 9, "output_tokens_details": { "thinking_tokens": 4 },
    });
    assert_eq!(end["usage"], counts);
    let whole = whole(MESSAGES, &events);
    let content = json!([
        { "type": "thinking", "thinking": "hm", "signature": "sig" },
        { "type": "redacted_thinking", "data": "cipher" },
        { "type": "text", "text": "ab" },
        { "type": "tool_use", "id": "c1", "name": "f", "input": { "x": 1 } },
    ]);
    let expected = json!({
        "id": "id-1", "type": "message", "role": "assistant", "model": "model-1",
        "content": content, "stop_reason": "tool_use", "stop_sequence": null, "usage": counts,
    });
    assert_eq!(whole, expected);
}

#[test]
fn calls_that_come_side_by_side_stay_open_until_they_are_whole() {
    let events = [
        call(0, "c1", "f"),
        call(1, "c2", "g"),
        Event::ToolCallArguments(delta(0, "{\"a\":\"}")),
        Event::ToolCallArguments(delta(1, "{}")),
        Event::ToolCallArguments(delta(0, "\"}")),
        Event::Text(delta(2, "t")),
        finished(FinishReason::ToolCalls, "tool_calls"),
    ];
    let frames = stream(MESSAGES, "{}", &events);
    let at = |name: &str| -> Vec<u64> {
        let of = frames.iter().filter(|(kind, _)| kind == name);
        of.filter_map(|(_, data)| data["index"].as_u64()).collect()
    };
    assert_eq!(at("content_block_start"), [0, 1, 2]);
    assert_eq!(at("content_block_delta"), [0, 1, 0, 2]);
    assert_eq!(at("content_block_stop"), [0, 1, 2]);
}

#[test]
fn blocks_of_the_dialect_alone_and_sources_come_out_as_they_came() {
    let searched = r#"{"type":"server_tool_use","id":"s","name":"web_search","input":{"q":1.50}}"#;
    let source = r#"{"type":"char_location","cited_text":"c"}"#;
    let unknown = r#"{"event":{"type":"news","index":0,"x":1}}"#;
    let events = [
        Event::Native(at(0, "anthropic-messages", searched)),
        Event::Native(at(0, "anthropic-messages", unknown)),
        Event::Native(at(0, "gemini", "{\"type\":\"other\"}")),
        Event::Text(delta(1, "t")),
        Event::Citation(at(1, "anthropic-messages", source)),
        finished(FinishReason::Stop, "stop_sequence"),
    ];
    let frames = stream(MESSAGES, "{}", &events);
    let block: Value = serde_json::from_str(searched).expect("JSON");
    let begun = json!({ "type": "server_tool_use", "id": "s", "name": "web_search", "input": {} });
    assert_eq!(frames[1].1["content_block"], begun);
    let input = json!({ "type": "input_json_delta", "partial_json": "{\"q\":1.50}" });
    assert_eq!(frames[2].1["delta"], input);
    assert_eq!(frames[4], ("news".to_owned(), json!({ "type": "news", "index": 0, "x": 1 })));
    let cited = frames.iter().find(|(_, data)| data["delta"]["type"] == "citations_delta");
    assert_eq!(cited.expect("a source").1["delta"]["citation"]["cited_text"], "c");
    let whole = whole(MESSAGES, &events);
    assert_eq!(whole["content"][0], block);
    assert_eq!(whole["content"][1]["citations"][0]["cited_text"], "c");
    assert_eq!(whole["stop_reason"], "stop_sequence");
}

/// What a client's library adds up, or replaces, has to be where it looks for it.
#[test]
fn blocks_of_the_dialect_alone_come_as_they_would_have_come() {
    let own = |value: &str| Event::Native(at(0, "anthropic-messages", value));
    let told = |events: &[Event]| -> Vec<Value> {
        let frames = stream(MESSAGES, "{}", events);
        let of_blocks = frames.iter().filter(|(name, _)| name.starts_with("content_block_"));
        let rest = of_blocks.map(|(_, data)| match data.get("content_block") {
            Some(block) => block.clone(),
            None => data.get("delta").cloned().unwrap_or_default(),
        });
        rest.collect()
    };
    let events = [own(r#"{"type":"compaction","content":"so far"}"#)];
    let begun = json!({ "type": "compaction", "content": null });
    let added = json!({ "type": "compaction_delta", "content": "so far" });
    assert_eq!(told(&events), [begun, added, Value::Null]);
    let events = [
        own(
            r#"{"event":{"type":"content_block_delta","index":0,"delta":{"type":"new_delta","z":1}}}"#,
        ),
        own(r#"{"type":"brand_new","q":1}"#),
    ];
    let (block, added) =
        (json!({ "type": "brand_new", "q": 1 }), json!({ "type": "new_delta", "z": 1 }));
    assert_eq!(told(&events), [block, added, Value::Null]);
}

#[test]
fn what_stands_beside_a_delta_comes_with_it() {
    let own = |delta: &str| {
        let event = format!(
            "{{\"event\":{{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{delta}}}}}"
        );
        Event::Native(at(0, "anthropic-messages", &event))
    };
    let events = [
        started(),
        own(r#"{"type":"thinking_delta","thinking":"","estimated_tokens":50}"#),
        own(r#"{"type":"thinking_delta","estimated_tokens":7}"#),
        Event::Reasoning(delta(0, "a")),
        Event::Reasoning(delta(0, "b")),
        own(r#"{"type":"thinking_delta","late":true}"#),
        Event::Native(at(0, "anthropic-messages", r#"{"event":{"type":"message_delta","x":[1]}}"#)),
        finished(FinishReason::Stop, "end_turn"),
    ];
    let frames = stream(MESSAGES, "{}", &events);
    let deltas: Vec<&Value> = frames
        .iter()
        .filter(|(name, _)| name == "content_block_delta")
        .map(|(_, data)| &data["delta"])
        .collect();
    let thought = |thinking: &str, name: &str, value: Value| {
        let mut delta = json!({ "type": "thinking_delta", "thinking": thinking });
        delta[name] = value;
        delta
    };
    let expected = [
        thought("", "estimated_tokens", json!(50)),
        thought("a", "estimated_tokens", json!(7)),
        json!({ "type": "thinking_delta", "thinking": "b" }),
        thought("", "late", json!(true)),
    ];
    assert_eq!(deltas, expected.iter().collect::<Vec<_>>());
    let end = frames.iter().find(|(name, _)| name == "message_delta").expect("an end");
    assert_eq!(end.1["x"], json!([1]));
    assert_eq!(end.1["delta"].get("x"), None);
}

#[test]
fn what_stands_beside_the_end_is_told_once() {
    let beside = |value: &str| {
        let event = format!("{{\"event\":{{\"type\":\"message_delta\",{value}}}}}");
        Event::Native(at(0, "anthropic-messages", &event))
    };
    let events = [
        started(),
        beside("\"x\":1,\"y\":2"),
        beside("\"x\":3"),
        finished(FinishReason::Stop, "end_turn"),
    ];
    let mut writer = MESSAGES.stream(&request(MESSAGES, "{}"), about());
    let mut out = Vec::new();
    events.into_iter().for_each(|event| writer.event(event, &mut out));
    let text = String::from_utf8(out).expect("text");
    assert_eq!(text.matches("\"x\":").count(), 1, "{text}");
    assert!(text.contains("\"x\":3") && text.contains("\"y\":2"), "{text}");
}

/// However many deltas a provider sends for a block that never comes.
#[test]
fn deltas_that_wait_for_their_block_have_an_end() {
    let waiting = r#"{"event":{"type":"content_block_delta","index":0,"delta":{"type":"new"}}}"#;
    let mut writer = MESSAGES.stream(&request(MESSAGES, "{}"), about());
    let mut out = Vec::new();
    for _ in 0..5_000 {
        writer.event(Event::Native(at(0, "anthropic-messages", waiting)), &mut out);
    }
    assert!(out.is_empty());
    let block = r#"{"type":"brand_new"}"#;
    writer.event(Event::Native(at(0, "anthropic-messages", block)), &mut out);
    let told = frames(&out).iter().filter(|(name, _)| name == "content_block_delta").count();
    assert_eq!(told, 1_000);
}

#[test]
fn arguments_that_are_no_object_are_wrapped() {
    let events = [
        call(0, "c", "f"),
        Event::ToolCallArguments(delta(0, "[1")),
        finished(FinishReason::ToolCalls, "x"),
    ];
    let input = json!({ "INVALID_JSON": "[1" });
    assert_eq!(whole(MESSAGES, &events)["content"][0]["input"], input);
}

#[test]
fn a_failure_in_the_middle_is_an_error_and_no_stop() {
    let mut writer = MESSAGES.stream(&request(MESSAGES, "{}"), about());
    let mut out = Vec::new();
    writer.event(Event::Text(delta(0, "a")), &mut out);
    writer.fail(&Failure::new(FailureKind::Overloaded, "too busy"), &mut out);
    let frames = frames(&out);
    let error = json!({ "type": "overloaded_error", "message": "too busy" });
    let last = frames.last().expect("a frame");
    assert_eq!(last.1, json!({ "type": "error", "error": error, "request_id": null }));
    assert!(!kinds(&frames).contains(&"message_stop"));
}

#[test]
fn errors_have_the_status_that_raises_the_right_exception() {
    for (kind, status, word) in [
        (FailureKind::InvalidRequest, 400, "invalid_request_error"),
        (FailureKind::Authentication, 401, "authentication_error"),
        (FailureKind::QuotaExhausted, 402, "billing_error"),
        (FailureKind::Permission, 403, "permission_error"),
        (FailureKind::NotFound, 404, "not_found_error"),
        (FailureKind::RateLimited, 429, "rate_limit_error"),
        (FailureKind::Internal, 500, "api_error"),
        (FailureKind::TimedOut, 504, "timeout_error"),
        (FailureKind::Overloaded, 529, "overloaded_error"),
    ] {
        let refusal = MESSAGES.refusal(&Failure::new(kind, "why"));
        let body: Value = serde_json::from_slice(&refusal.body).expect("JSON");
        assert_eq!(refusal.status, status, "{kind:?}");
        assert_eq!(body["error"], json!({ "type": word, "message": "why" }));
    }
    let mut long = Failure::new(FailureKind::TooLarge, "200001 tokens");
    let body = |failure: &Failure| -> (u16, Value) {
        let refusal = MESSAGES.refusal(failure);
        (refusal.status, serde_json::from_slice(&refusal.body).expect("JSON"))
    };
    let (status, said) = body(&long);
    assert_eq!(
        (status, &said["error"]["message"]),
        (400, &json!("prompt is too long: 200001 tokens"))
    );
    long.status = Some(413);
    let (status, said) = body(&long);
    assert_eq!((status, &said["error"]["type"]), (413, &json!("request_too_large")));
}

#[test]
fn models_and_counts_are_told() {
    let model = Model {
        id: "m".to_owned(),
        name: None,
        created: Some(1_739_923_200),
        owned_by: None,
        raw: None,
    };
    let list = anthropic_messages::write_models(&[model]);
    let list: Value = serde_json::from_slice(&list).expect("JSON");
    let entry = json!({
        "type": "model", "id": "m", "display_name": "m", "created_at": "2025-02-19T00:00:00Z",
    });
    let page = json!({ "data": [entry], "has_more": false, "first_id": "m", "last_id": "m" });
    assert_eq!(list, page);
    let extra = Some(native("anthropic-messages", r#"{"context_management":{}}"#));
    let count = anthropic_messages::write_count(&TokenCount { input: 7, extra });
    let count: Value = serde_json::from_slice(&count).expect("JSON");
    assert_eq!(count, json!({ "input_tokens": 7, "context_management": {} }));
}

#[test]
fn the_signature_of_a_call_comes_back_with_the_call() {
    for dialect in ["gemini", ""] {
        let mut first = call(0, "c1", "f");
        let mut events = vec![started()];
        if let (Event::Started(started), Event::ToolCallStarted(call)) =
            (&mut events[0], &mut first)
        {
            started.extra = (!dialect.is_empty()).then(|| native(dialect, "{}"));
            call.signature = Some("s+/=".to_owned());
        }
        events.extend([
            first,
            Event::ToolCallArguments(delta(0, "{}")),
            call(1, "c2", "g"),
            Event::ToolCallArguments(delta(1, "{}")),
            finished(FinishReason::ToolCalls, "STOP"),
        ]);
        let content = whole(MESSAGES, &events)["content"].clone();
        let frames = stream(MESSAGES, "{}", &events);
        let begun: Vec<_> = frames
            .iter()
            .filter(|(kind, _)| kind == "content_block_start")
            .map(|(_, data)| (data["index"].clone(), data["content_block"]["type"].clone()))
            .collect();
        let kinds = [(0, "thinking"), (1, "tool_use"), (2, "tool_use")];
        assert_eq!(begun, kinds.map(|(index, kind)| (json!(index), json!(kind))));
        let streamed = frames.iter().find_map(|(_, data)| data["delta"]["signature"].as_str());
        assert_eq!(streamed, content[0]["signature"].as_str());
        let said = json!([{ "role": "assistant", "content": content }]);
        let body = json!({ "model": "m", "messages": said });
        let request = anthropic_messages::read_request(body.to_string().as_bytes()).expect("one");
        let calls: Vec<_> = request.messages[0]
            .parts
            .iter()
            .map(|part| match part {
                hotcell::types::Part::ToolCall(call) => (&*call.id, call.signature.as_deref()),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(calls, [("c1", Some("s+/=")), ("c2", None)]);
    }
}

#[test]
fn what_another_provider_signed_comes_back_as_that_providers() {
    let mut events = vec![started()];
    if let Event::Started(started) = &mut events[0] {
        started.extra = Some(native("gemini", "{}"));
    }
    events.extend([
        Event::Reasoning(delta(0, "hm")),
        Event::Signature(delta(0, "s+/=")),
        Event::RedactedReasoning(delta(1, "cipher")),
        Event::Text(delta(2, "done")),
        finished(FinishReason::Stop, "STOP"),
    ]);
    let content = whole(MESSAGES, &events)["content"].clone();
    let frames = stream(MESSAGES, "{}", &events);
    let streamed = frames.iter().find_map(|(_, data)| data["delta"]["signature"].as_str());
    assert_eq!(streamed, content[0]["signature"].as_str());
    let body = json!({ "model": "m", "messages": [{ "role": "assistant", "content": content }] });
    let request = anthropic_messages::read_request(body.to_string().as_bytes()).expect("one");
    let thoughts: Vec<_> = request.messages[0]
        .parts
        .iter()
        .filter_map(|part| match part {
            hotcell::types::Part::Reasoning(part) => {
                let whose = part.extra.as_ref().map(|extra| extra.dialect.as_str());
                Some((whose, part.signature.as_deref(), part.redacted.as_deref()))
            }
            _ => None,
        })
        .collect();
    let whose = Some("gemini");
    assert_eq!(thoughts, [(whose, Some("s+/="), None), (whose, None, Some("cipher"))]);
}
