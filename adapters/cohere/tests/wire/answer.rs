//! Answers in one piece.

use crate::provider::{run_whole, short};
use hotcell_sdk::FailureKind;
use serde_json::json;

#[test]
fn a_whole_answer_tells_the_same_as_a_stream() {
    let message = json!({ "role": "assistant", "tool_plan": "I will ask.",
        "content": [{ "type": "thinking", "thinking": "so" }, { "type": "text", "text": "it is" }],
        "tool_calls": [{ "id": "c-1", "type": "function",
            "function": { "name": "f", "arguments": "{\"x\":1}" } }],
        "citations": [{ "start": 0, "end": 2, "text": "it", "content_index": 1 }] });
    let answer = json!({ "id": "m-1", "message": message, "finish_reason": "TOOL_CALL",
        "usage": { "billed_units": { "input_tokens": 2, "output_tokens": 3 } },
        "logprobs": [{ "text": "it", "token_ids": [1] }, { "text": " is", "token_ids": [2] }] });
    let run = run_whole(&answer);
    assert_eq!(run.failure, None);
    let expected = [
        "0 reasoning so",
        "1 text it is",
        "2 native {\"tool_plan\":\"I will ask.\"}",
        "3 call c-1 f",
        "3 arguments {\"x\":1}",
        "1 citation {\"start\":0,\"end\":2,\"text\":\"it\",\"content_index\":1}",
        "1 logprobs {\"text\":\"it\",\"token_ids\":[1]}",
        "1 logprobs {\"text\":\" is\",\"token_ids\":[2]}",
        "finished ToolCalls TOOL_CALL",
    ];
    assert_eq!(short(&run.events), expected);
    let usage = run.usage().expect("usage");
    assert_eq!((usage.input, usage.output), (Some(2), Some(3)), "billed, where nothing else is");
}

#[test]
fn content_may_be_a_string_and_parts_to_come_are_passed_on() {
    let answer =
        |content| json!({ "message": { "content": content }, "finish_reason": "COMPLETE" });
    let run = run_whole(&answer(json!("hello")));
    assert_eq!(run.text(), "hello");
    let run = run_whole(&answer(json!([{ "type": "song", "notes": "c" }])));
    assert_eq!(short(&run.events)[0], "0 native {\"type\":\"song\",\"notes\":\"c\"}");
}

#[test]
fn what_is_no_answer_is_a_failure() {
    let kind = |body| run_whole(&body).failure.map(|failure| failure.kind);
    assert_eq!(kind(json!({})), Some(FailureKind::MalformedResponse));
    assert_eq!(kind(json!({ "message": "it broke" })), Some(FailureKind::ProviderError));
    assert_eq!(kind(json!([])), Some(FailureKind::MalformedResponse));
    let failed = json!({ "message": { "content": [] }, "finish_reason": "ERROR" });
    assert_eq!(kind(failed), Some(FailureKind::ProviderError));
}
