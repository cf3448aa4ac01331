//! What Azure's content filters found.

use crate::provider::{refusal, stream, whole};
use hotcell_sdk::testing::Run;
use hotcell_sdk::{Event, FailureKind, FinishReason, Started};
use serde_json::{Value, json};

fn safe() -> Value {
    json!({ "hate": { "filtered": false, "severity": "safe" } })
}

fn started(run: &Run) -> &Started {
    let started = run.events.iter().find_map(|event| match event {
        Event::Started(started) => Some(started),
        _ => None,
    });
    started.unwrap()
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn chunk(choices: Value) -> Value {
    json!({ "id": "c", "object": "chat.completion.chunk", "created": 5, "model": "gpt-test",
        "system_fingerprint": "fp", "choices": choices })
}

#[test]
fn the_chunk_before_the_answer_belongs_to_its_start() {
    let filters = json!([{ "prompt_index": 0, "content_filter_results": safe() }]);
    let run = stream(&[
        json!({ "choices": [], "created": 0, "id": "", "model": "", "object": "",
            "prompt_filter_results": filters }),
        chunk(json!([{ "index": 0, "content_filter_results": {}, "finish_reason": null,
            "delta": { "role": "assistant", "content": "", "refusal": null } }])),
        chunk(json!([{ "index": 0, "content_filter_results": safe(), "finish_reason": null,
            "delta": { "content": "Hello" } }])),
        chunk(json!([{ "index": 0, "content_filter_results": {}, "finish_reason": "stop",
            "delta": {} }])),
        json!({ "id": "c", "object": "chat.completion.chunk", "created": 5, "model": "gpt-test",
            "choices": [], "usage": { "prompt_tokens": 9, "completion_tokens": 1,
            "total_tokens": 10 } }),
    ]);
    assert_eq!(run.failure, None);
    let start = started(&run);
    assert_eq!((start.id.as_deref(), start.created), (Some("c"), Some(5)));
    let extra = value(&start.extra.as_ref().unwrap().value);
    assert_eq!(extra["prompt_filter_results"], filters);
    assert_eq!(run.text(), "Hello");
    assert_eq!(run.usage().unwrap().input, Some(9));
    let natives = run.events.iter().filter_map(|event| match event {
        Event::Native(native) => Some(value(&native.value.value)),
        _ => None,
    });
    let found: Vec<Value> = natives.collect();
    assert!(found.iter().any(|found| found["choices"][0]["content_filter_results"] == safe()));
}

#[test]
fn results_that_come_after_the_text_are_told() {
    let late = json!({ "index": 0, "finish_reason": null, "content_filter_offsets":
        { "check_offset": 44, "start_offset": 44, "end_offset": 198 },
        "content_filter_results": safe() });
    let run = stream(&[
        chunk(json!([{ "index": 0, "delta": { "content": "Hello" }, "finish_reason": null }])),
        chunk(json!([late])),
        chunk(json!([{ "index": 0, "delta": {}, "finish_reason": "stop" }])),
    ]);
    let offsets = run.events.iter().any(|event| match event {
        Event::Native(native) => native.value.value.contains("\"check_offset\":44"),
        _ => false,
    });
    assert!(offsets, "{:?}", run.events);
    assert_eq!(run.finished().unwrap().reason, FinishReason::Stop);
}

#[test]
fn an_answer_that_a_filter_cut_says_so() {
    let run = whole(&json!({ "id": "c", "created": 1, "model": "gpt-test",
        "prompt_filter_results": [{ "prompt_index": 0, "content_filter_results": safe() }],
        "choices": [{ "index": 0, "finish_reason": "content_filter",
            "content_filter_results": { "violence": { "filtered": true, "severity": "medium" } },
            "message": { "role": "assistant", "content": "It was" } }] }));
    let finished = run.finished().unwrap();
    assert_eq!(finished.reason, FinishReason::ContentFilter);
    let extra = value(&finished.extra.as_ref().unwrap().value);
    assert_eq!(extra["content_filter_results"]["violence"]["filtered"], true);
    assert!(started(&run).extra.is_some());
    assert_eq!(run.text(), "It was");
}

#[test]
fn a_prompt_that_a_filter_stopped_is_filtered_and_says_what_was_found() {
    let body = json!({ "error": {
        "message": "The response was filtered due to the prompt triggering the content policy.",
        "type": null, "param": "prompt", "code": "content_filter", "status": 400,
        "innererror": { "code": "ResponsibleAIPolicyViolation", "content_filter_result":
            { "jailbreak": { "filtered": true, "detected": true } } } } });
    let failure = refusal(400, &body.to_string(), &[("apim-request-id", "r-1")]);
    assert_eq!(failure.kind, FailureKind::ContentFiltered);
    assert_eq!((failure.status, failure.code.as_deref()), (Some(400), Some("content_filter")));
    assert_eq!(failure.param.as_deref(), Some("prompt"));
    assert_eq!(failure.request_id.as_deref(), Some("r-1"));
    let raw = value(&failure.raw.unwrap().value);
    assert_eq!(raw, body);
}
