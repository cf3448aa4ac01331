//! Answers in one piece.

use crate::provider::{answer, block, provider, stop, text};
use hotcell_adapter_anthropic::Anthropic;
use hotcell_sdk::testing::Run;
use hotcell_sdk::{ChatRequest, Event, FailureKind, FinishReason};
use serde_json::{Value, json};

fn run(body: &str, stream: bool) -> Run {
    let mut script = provider();
    script.answer(200, "application/json", body).header("request-id", "req_1");
    script.chat_at_every_cut::<Anthropic>(&ChatRequest { stream, ..ChatRequest::user("hi") })
}

fn message() -> Value {
    json!({ "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-test",
        "content": [
            { "type": "thinking", "thinking": "hm", "signature": "Eq/+==" },
            { "type": "redacted_thinking", "data": "Em" },
            { "type": "text", "text": "see", "citations": [{ "type": "page_location" }] },
            { "type": "text", "text": "" },
            { "type": "tool_use", "id": "a", "name": "look", "input": { "x": 1.0 } },
            { "type": "tool_use", "id": "b", "name": "look", "input": {} },
            { "type": "server_tool_use", "id": "s", "name": "web_search", "input": { "q": 1 } },
        ],
        "stop_reason": "tool_use", "stop_sequence": null, "stop_details": null,
        "container": { "id": "c" },
        "usage": { "input_tokens": 3, "cache_creation": { "ephemeral_5m_input_tokens": 1,
            "ephemeral_1h_input_tokens": 2 }, "output_tokens": 4 } })
}

#[test]
fn a_whole_answer_gives_the_events_of_a_stream() {
    let run = run(&message().to_string(), false);
    assert_eq!(run.failure, None);
    let told: Vec<String> = run
        .events
        .iter()
        .map(|event| match event {
            Event::Started(started) => {
                format!("started {:?}", started.extra.as_ref().map(|e| &e.value))
            }
            Event::Reasoning(d) => format!("{} reasoning {}", d.index, d.text),
            Event::Signature(d) => format!("{} signature {}", d.index, d.text),
            Event::RedactedReasoning(d) => format!("{} redacted {}", d.index, d.text),
            Event::Text(d) => format!("{} text {}", d.index, d.text),
            Event::Citation(at) => format!("{} citation {}", at.index, at.value.value),
            Event::ToolCallStarted(call) => format!("{} call {}", call.index, call.id),
            Event::ToolCallArguments(d) => format!("{} arguments {}", d.index, d.text),
            Event::Native(at) => format!("{} native {}", at.index, at.value.value),
            Event::Usage(usage) => format!("usage {:?} {:?}", usage.input, usage.cache_write),
            Event::Finished(finished) => format!("finished {:?}", finished.raw),
            other => format!("{other:?}"),
        })
        .collect();
    let server = r#"{"type":"server_tool_use","id":"s","name":"web_search","input":{"q":1}}"#;
    let mut told = told;
    told.sort();
    let mut expected = [
        r#"started Some("{\"container\":{\"id\":\"c\"}}")"#,
        "0 reasoning hm",
        "0 signature Eq/+==",
        "1 redacted Em",
        "2 text see",
        r#"2 citation {"type":"page_location"}"#,
        "3 text ",
        "4 call a",
        r#"4 arguments {"x":1.0}"#,
        "5 call b",
        &format!("6 native {server}"),
        "usage Some(6) Some(3)",
        r#"finished Some("tool_use")"#,
    ]
    .map(str::to_owned);
    expected.sort();
    assert_eq!(told, expected);
    assert!(matches!(run.events.first(), Some(Event::Started(_))));
    assert!(matches!(run.events.last(), Some(Event::Finished(_))));
}

#[test]
fn a_whole_answer_to_a_request_for_a_stream_is_read() {
    let body = format!("\n {}\n", message());
    assert_eq!(run(&body, true).events, run(&message().to_string(), false).events);
}

#[test]
fn a_stream_to_a_request_for_a_whole_answer_is_read() {
    let body = answer(
        &[block(0, json!({ "type": "text", "text": "" })), text(0, "x"), stop(0)],
        "end_turn",
    );
    let run = run(&body, false);
    assert_eq!((run.text().as_str(), run.failure), ("x", None));
}

#[test]
fn what_stopped_an_answer_is_told() {
    let mut body = message();
    body["stop_reason"] = json!("stop_sequence");
    body["stop_sequence"] = json!("END");
    let run = run(&body.to_string(), false);
    let finished = run.finished().expect("an end");
    assert_eq!(finished.reason, FinishReason::Stop);
    assert_eq!(
        finished.extra.as_ref().map(|extra| extra.value.as_str()),
        Some(r#"{"stop_sequence":"END"}"#)
    );
}

#[test]
fn an_answer_that_is_cut_off_or_no_answer_is_malformed() {
    let body = message().to_string();
    for body in
        [&body[..body.len() - 1], "{}", "{\"content\":{}}", "[]", "{\"content\":[7]}", "", " "]
    {
        let run = run(body, false);
        let kind = run.failure.map(|failure| failure.kind);
        assert_eq!(kind, Some(FailureKind::MalformedResponse), "{body}");
    }
}

#[test]
fn an_error_in_the_place_of_an_answer_is_a_failure() {
    let body = json!({ "type": "error", "error": { "type": "overloaded_error", "message": "Overloaded" } });
    let failure = run(&body.to_string(), false).failure.expect("a failure");
    assert_eq!(failure.kind, FailureKind::Overloaded);
    assert_eq!(failure.request_id.as_deref(), Some("req_1"));
}
