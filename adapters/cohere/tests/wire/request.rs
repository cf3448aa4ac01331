//! The members of a request.

use crate::provider::{body, foreign, native, provider, refused, sent};
use hotcell_adapter_cohere::Cohere;
use hotcell_sdk::{ChatRequest, FailureKind, JsonSchema, OutputFormat, ReasoningOptions};
use serde_json::{Value, json};

fn with(change: impl FnOnce(&mut ChatRequest)) -> ChatRequest {
    let mut request = ChatRequest::user("hi");
    change(&mut request);
    request
}

/// What a request has beside its model, its messages and its streaming.
fn rest(body: &Value) -> Value {
    let mut rest = body.as_object().cloned().unwrap_or_default();
    for name in ["model", "messages", "stream"] {
        rest.shift_remove(name);
    }
    rest.into()
}

#[test]
fn nothing_is_said_that_nobody_asked_for() {
    let expected = json!({ "model": "test-model", "stream": true,
        "messages": [{ "role": "user", "content": "hi" }] });
    assert_eq!(body(with(|_| {})), expected);
    assert_eq!(body(with(|request| request.stream = false)).get("stream"), None);
}

#[test]
fn sampling_has_names_of_its_own() {
    let request = with(|request| {
        let sampling = &mut request.sampling;
        (sampling.max_output_tokens, sampling.top_k) = (Some(9), Some(3));
        (sampling.temperature, sampling.top_p) = (Some(1.0), Some(0.5));
        (sampling.presence_penalty, sampling.frequency_penalty) = (Some(0.25), Some(1.0));
        (sampling.seed, sampling.logprobs) = (Some(7), Some(0));
        sampling.stop = vec!["a".to_owned()];
        sampling.choices = Some(1);
    });
    let expected = json!({ "max_tokens": 9, "k": 3, "temperature": 1, "p": 0.5,
        "presence_penalty": 0.25, "frequency_penalty": 1, "seed": 7, "logprobs": true,
        "stop_sequences": ["a"] });
    assert_eq!(rest(&body(request)), expected);
}

#[test]
fn what_is_out_of_range_is_brought_into_it() {
    let (body, warnings) = sent(with(|request| {
        let sampling = &mut request.sampling;
        (sampling.top_p, sampling.seed) = (Some(1.0), Some(-1));
        (sampling.presence_penalty, sampling.frequency_penalty) = (Some(-2.0), Some(2.0));
    }));
    let expected = json!({ "p": 0.99, "seed": u64::MAX, "presence_penalty": 0,
        "frequency_penalty": 1 });
    assert_eq!(rest(&body), expected);
    assert_eq!(warnings.len(), 3, "{warnings:?}");

    let (body, warnings) = sent(with(|request| {
        request.extra = Some(native(&json!({})));
        (request.sampling.top_p, request.sampling.seed) = (Some(1.0), Some(-1));
    }));
    assert_eq!((rest(&body), warnings.len()), (json!({ "p": 1, "seed": -1 }), 0));
}

#[test]
fn the_form_of_the_answer() {
    for (output, expected) in [
        (OutputFormat::Text, json!({ "type": "text" })),
        (OutputFormat::JsonObject, json!({ "type": "json_object" })),
        (
            OutputFormat::JsonSchema(JsonSchema {
                name: Some("n".to_owned()),
                description: None,
                schema: r#"{"type":"object"}"#.to_owned(),
                strict: Some(true),
            }),
            json!({ "type": "json_object", "json_schema": { "type": "object" } }),
        ),
    ] {
        let body = body(with(|request| request.output = Some(output)));
        assert_eq!(body["response_format"], expected);
    }
}

fn thinking(effort: Option<&str>, budget: Option<u32>, told: Option<bool>) -> (Value, usize) {
    let (effort, budget_tokens) = (effort.map(str::to_owned), budget);
    let options = ReasoningOptions { effort, budget_tokens, include_text: told };
    let (body, warnings) = sent(with(|request| request.reasoning = Some(options)));
    (body["thinking"].clone(), warnings.len())
}

#[test]
fn reasoning_is_a_switch_and_a_budget() {
    let on = json!({ "type": "enabled" });
    let off = json!({ "type": "disabled" });
    assert_eq!(thinking(None, Some(9), None), (json!({ "type": "enabled", "token_budget": 9 }), 0));
    assert_eq!(thinking(Some("high"), None, None), (on.clone(), 1));
    assert_eq!(thinking(Some("none"), None, None), (off.clone(), 0));
    assert_eq!(thinking(None, Some(0), None), (off, 0));
    assert_eq!(thinking(None, None, Some(true)), (on, 0));
    assert_eq!(thinking(None, None, Some(false)), (Value::Null, 1));
}

#[test]
fn a_clients_own_spelling_wins() {
    let extra = json!({ "thinking": { "type": "enabled" }, "safety_mode": "STRICT",
        "max_tokens": 5.0, "citation_options": { "mode": "FAST" } });
    let body = body(with(|request| {
        request.extra = Some(native(&extra));
        let effort = Some("high".to_owned());
        request.reasoning =
            Some(ReasoningOptions { effort, budget_tokens: None, include_text: None });
        request.sampling.max_output_tokens = Some(7);
    }));
    assert_eq!(rest(&body), extra);
}

#[test]
fn what_has_no_word_is_warned_of() {
    let (body, warnings) = sent(with(|request| {
        request.sampling.choices = Some(2);
        request.sampling.logprobs = Some(3);
        request.parallel_tool_calls = Some(false);
        request.extra =
            Some(foreign(&json!({ "max_tokens": 3, "user": "u", "store": null, "stream": true })));
        request.output = Some(OutputFormat::JsonSchema(JsonSchema {
            name: None,
            description: Some("d".to_owned()),
            schema: "{}".to_owned(),
            strict: None,
        }));
    }));
    assert_eq!(body["logprobs"], true);
    let lost = [
        "`user` of openai-chat",
        "one call at a time",
        "description of the answer's schema",
        "number of alternatives",
        "number of choices",
    ];
    assert_eq!(warnings.len(), lost.len(), "{warnings:?}");
    for (warning, lost) in warnings.iter().zip(lost) {
        assert!(warning.contains(lost), "{lost}: {warning}");
    }
}

#[test]
fn where_nothing_may_be_lost_a_loss_is_refused() {
    let mut script = provider();
    script.setting("hotcell.strict", "yes");
    let run = script.chat::<Cohere>(with(|request| request.sampling.choices = Some(2)));
    assert!(run.requests.is_empty(), "it was sent");
    assert_eq!(run.failure.map(|failure| failure.kind), Some(FailureKind::Unsupported));
}

#[test]
fn what_is_no_json_is_refused() {
    let failure = refused(with(|request| request.extra = Some(native(&json!([])))));
    assert_eq!(failure.kind, FailureKind::InvalidRequest);
}
