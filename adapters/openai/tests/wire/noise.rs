//! Whatever the provider sends, the adapter neither panics nor invents an end.

use crate::provider::{broken_promise, provider};
use hotcell_adapter_openai::OpenAi;
use hotcell_sdk::testing::Run;
use hotcell_sdk::{ChatRequest, Event, FailureKind, NativeAt};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn run(status: u16, body: &str) -> Run {
    let mut script = provider();
    script.answer(status, "text/plain", body);
    script.chat::<OpenAi>(ChatRequest::user("hi"))
}

/// `before` twenty thousand times, then `after` as often.
fn deep(before: &str, inner: &str, after: &str) -> String {
    format!("{}{inner}{}", before.repeat(20_000), after.repeat(20_000))
}

#[test]
fn depth_does_no_harm() {
    for body in [
        deep("[", "", "]"),
        deep("{\"message\":", "1", "}"),
        deep("{\"error\":", "1", "}"),
        deep("{\"detail\":[", "", "]}"),
        format!("{{\"error\":{{\"msg\":{}}}}}", deep("[{\"msg\":", "\"x\"", "}]")),
        format!("{{\"error\":{{\"message\":{}}}}}", deep("{\"error\":", "\"x\"", "}")),
    ] {
        for (status, body) in [
            (200, body.clone()),
            (400, body.clone()),
            (200, format!("event: error\ndata: {body}\n\n")),
            (200, format!("data: {{\"choices\":[{{\"delta\":{body}}}]}}\n\n")),
        ] {
            assert!(run(status, &body).failure.is_some(), "{}", &body[..40]);
        }
    }
}

#[test]
fn an_error_that_is_wrapped_is_found() {
    let message = |body: Value| run(400, &body.to_string()).failure.map(|found| found.message);
    let wrapped = json!({ "error": { "message": { "detail": { "message": "no" } } } });
    assert_eq!(message(wrapped).as_deref(), Some("no"));
    let listed = json!({ "detail": [{ "loc": ["body", "model"], "msg": "missing" }, "and more"] });
    assert_eq!(message(listed).as_deref(), Some("body.model: missing; and more"));
}

#[test]
fn a_page_is_no_message() {
    let failure = run(500, &"x".repeat(2_000_000)).failure.expect("a failure");
    assert_eq!((failure.kind, failure.status), (FailureKind::ProviderError, Some(500)));
    assert!(failure.message.len() < 3000);
}

const WORDS: &[&str] = &[
    "choices",
    "index",
    "delta",
    "message",
    "content",
    "role",
    "tool_calls",
    "function_call",
    "function",
    "name",
    "arguments",
    "id",
    "type",
    "finish_reason",
    "stop",
    "error",
    "usage",
    "prompt_tokens",
    "x_groq",
    "model",
    "created",
    "refusal",
    "reasoning_content",
    "thinking",
    "audio",
    "logprobs",
    "annotations",
    "custom",
    "status",
    "code",
    "detail",
    "errors",
    "<think>",
    "</think>",
    "{\"a\":1}",
    "{",
    "\\",
    "\u{e9}\"",
    "",
];

/// JSON made of the words of the protocol, so that it gets far.
fn any_json() -> impl Strategy<Value = Value> {
    let word = proptest::sample::select(WORDS);
    let leaf = prop_oneof![
        4 => word.clone().prop_map(Value::from),
        2 => (-1i64..3).prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, move |inner| {
        let members = vec((word.clone(), inner.clone()), 0..6);
        let object = |members: Vec<(&str, Value)>| {
            let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
            Value::Object(members.collect::<Map<_, _>>())
        };
        prop_oneof![1 => vec(inner, 0..4).prop_map(Value::from), 4 => members.prop_map(object)]
    })
}

fn chunk() -> impl Strategy<Value = Value> {
    let finish = prop_oneof![3 => Just(Value::Null), 1 => Just(json!("stop")), 1 => any_json()];
    (any_json(), any_json(), 0u32..2, finish, any_json()).prop_map(
        |(mut delta, call, index, finish, usage)| {
            if let Value::Object(members) = &mut delta {
                members.insert("tool_calls".to_owned(), json!([call]));
            }
            let choice = json!({ "index": index, "delta": delta, "finish_reason": finish });
            json!({ "id": "c", "choices": [choice], "usage": usage })
        },
    )
}

fn check(status: u16, body: &str) {
    let run = run(status, body);
    let ended = run.events.iter().any(|event| matches!(event, Event::Finished(_)));
    assert!(ended || run.failure.is_some(), "{body}: neither an end nor a failure");
    assert_eq!(broken_promise(&run.events), None, "{body}");
    let natives = run.events.iter().filter_map(|event| match event {
        Event::Native(NativeAt { value, .. })
        | Event::Citation(NativeAt { value, .. })
        | Event::Logprobs(NativeAt { value, .. }) => Some(value),
        _ => None,
    });
    for native in natives.chain(run.failure.iter().filter_map(|failure| failure.raw.as_ref())) {
        let parsed = serde_json::from_str::<Value>(&native.value);
        assert!(parsed.is_ok(), "{body}: {}", native.value);
    }
}

proptest! {
    #[test]
    fn chunks_of_any_form_end_in_an_answer_or_a_failure(
        chunks in vec(chunk(), 0..8),
        done in any::<bool>(),
    ) {
        let chunks = chunks.iter().map(|chunk| format!("data: {chunk}\n\n"));
        let body: String = chunks.collect();
        check(200, &(body + if done { "data: [DONE]\n\n" } else { "" }));
    }

    #[test]
    fn bodies_of_any_form_end_in_an_answer_or_a_failure(
        body in any_json(),
        lead in "[a-z: \n{]{0,4}",
        status in prop_oneof![Just(200), Just(400)],
    ) {
        check(status, &format!("{lead}{body}"));
    }
}
