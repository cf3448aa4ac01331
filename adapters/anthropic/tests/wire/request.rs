//! The members of a request that are not its messages.

use crate::provider::{body, foreign, native, provider, sent, sent_by};
use crate::tool::function;
use hotcell_adapter_anthropic::Anthropic;
use hotcell_sdk::{
    ChatRequest, FailureKind, JsonSchema, MediaKind, MediaPart, MediaSource, Message, OutputFormat,
    Part, ReasoningOptions, ReasoningPart, Role, Tool, ToolCall, ToolChoice, ToolResult,
    ToolResultPart,
};
use serde_json::{Value, json};

fn reasoning(model: &str, options: ReasoningOptions) -> ChatRequest {
    let reasoning = Some(options);
    ChatRequest { model: model.to_owned(), reasoning, ..ChatRequest::user("hi") }
}

const NONE: ReasoningOptions =
    ReasoningOptions { effort: None, budget_tokens: None, include_text: None };

fn effort(word: &str) -> ReasoningOptions {
    ReasoningOptions { effort: Some(word.to_owned()), ..NONE }
}

fn budget(tokens: u32) -> ReasoningOptions {
    ReasoningOptions { budget_tokens: Some(tokens), ..NONE }
}

#[test]
fn a_plain_request_has_what_the_protocol_demands() {
    let mut script = provider();
    script.answer(200, "text/event-stream", crate::provider::answer(&[], "end_turn"));
    let run = script.chat::<Anthropic>(ChatRequest::user("hi"));
    let sent = &run.requests[0];
    assert_eq!(sent.path, "/messages");
    assert_eq!(sent.header("anthropic-version"), Some("2023-06-01"));
    assert_eq!(sent.header("anthropic-beta"), None);
    assert_eq!(sent.header("accept"), Some("text/event-stream"));
    assert_eq!(sent.header("content-type"), Some("application/json"));
    let expected = json!({ "model": "test-model", "max_tokens": 16384, "stream": true,
        "messages": [{ "role": "user", "content": "hi" }] });
    assert_eq!(sent.json(), expected);
}

#[test]
fn the_operator_says_how_many_tokens_an_answer_has_by_default() {
    let mut script = provider();
    script.setting("default-max-tokens", "900");
    assert_eq!(sent_by(&mut script, ChatRequest::user("hi")).0["max_tokens"], 900);

    let mut script = provider();
    let run =
        script.setting("default-max-tokens", "many").chat::<Anthropic>(ChatRequest::user("hi"));
    assert_eq!(run.failure.map(|failure| failure.kind), Some(FailureKind::InvalidRequest));
    assert!(run.requests.is_empty());
}

#[test]
fn sampling_is_carried_over() {
    let mut request = ChatRequest::user("hi");
    request.stream = false;
    request.sampling.max_output_tokens = Some(5);
    request.sampling.temperature = Some(0.5);
    request.sampling.top_p = Some(0.25);
    request.sampling.top_k = Some(3);
    request.sampling.stop = vec!["END".to_owned()];
    request.sampling.choices = Some(1);
    let expected = json!({ "model": "test-model", "max_tokens": 5, "temperature": 0.5,
        "top_p": 0.25, "top_k": 3, "stop_sequences": ["END"],
        "messages": [{ "role": "user", "content": "hi" }] });
    assert_eq!(body(request), expected);
}

#[test]
fn what_the_protocol_cannot_say_is_warned_of() {
    let mut request = ChatRequest::user("hi");
    request.sampling.choices = Some(2);
    request.sampling.logprobs = Some(0);
    request.sampling.seed = Some(1);
    request.sampling.presence_penalty = Some(0.5);
    request.sampling.frequency_penalty = Some(0.5);
    request.sampling.temperature = Some(1.5);
    let (body, warnings) = sent(request);
    assert_eq!(body["temperature"], 1.0);
    assert_eq!(body.as_object().map(|body| body.len()), Some(5), "{body}");
    let words = ["temperature", "choices", "log prob", "seed", "presence", "frequency"];
    assert_eq!(warnings.len(), words.len(), "{warnings:?}");
    for (word, warning) in words.iter().zip(&warnings) {
        assert!(warning.contains(word), "{warning}");
    }
}

#[test]
fn a_client_of_this_dialect_gets_what_it_wrote_and_nothing_besides() {
    let mut request = ChatRequest::user("hi");
    request.stream = false;
    request.extra = Some(native(&json!({})));
    let expected =
        json!({ "model": "test-model", "messages": [{ "role": "user", "content": "hi" }] });
    assert_eq!(body(request), expected);
}

#[test]
fn members_that_nobody_models_pass_and_win() {
    let mut request = ChatRequest::user("hi");
    request.sampling.max_output_tokens = Some(5);
    request.extra = Some(native(&json!({ "metadata": { "user_id": "u" }, "max_tokens": 5.0,
        "mcp_servers": [{ "url": "https://x" }], "stream": true })));
    let expected = json!({ "model": "test-model", "max_tokens": 5.0, "stream": true,
        "metadata": { "user_id": "u" }, "mcp_servers": [{ "url": "https://x" }],
        "messages": [{ "role": "user", "content": "hi" }] });
    assert_eq!(body(request), expected);
}

#[test]
fn numbers_of_a_client_keep_their_spelling() {
    let mut request = ChatRequest::user("hi");
    let extra = r#"{"a": 1.00, "b": 123456789012345678901234567890, "c": 1E2}"#;
    request.extra = Some(hotcell_sdk::Native { value: extra.to_owned(), ..native(&json!({})) });
    let mut script = provider();
    script.answer(200, "text/event-stream", crate::provider::answer(&[], "end_turn"));
    let run = script.chat::<Anthropic>(request);
    let body = String::from_utf8_lossy(&run.requests[0].body).into_owned();
    assert!(body.ends_with(r#""a":1.00,"b":123456789012345678901234567890,"c":1E2}"#), "{body}");
}

#[test]
fn members_of_another_dialect_are_warned_of() {
    let mut request = ChatRequest::user("hi");
    request.extra = Some(foreign(&json!({ "logit_bias": {}, "user": "u" })));
    let (body, warnings) = sent(request);
    assert_eq!(body.get("user"), None);
    assert_eq!(warnings.len(), 2);
    assert!(warnings[1].contains("`user` of openai-chat"), "{warnings:?}");
}

#[test]
fn an_extra_that_is_no_object_is_refused() {
    let request = ChatRequest { extra: Some(native(&json!([]))), ..ChatRequest::user("hi") };
    let run = provider().chat::<Anthropic>(request);
    assert_eq!(run.failure.map(|failure| failure.kind), Some(FailureKind::InvalidRequest));
}

#[test]
fn beta_features_come_from_the_operator_the_client_and_the_content() {
    let mut request = ChatRequest::new(vec![Message::new(
        Role::User,
        vec![Part::Media(MediaPart {
            kind: MediaKind::Document,
            mime: None,
            source: MediaSource::FileId("file_1".to_owned()),
            name: None,
            cache: None,
            extra: None,
        })],
    )]);
    let header = |request: ChatRequest| {
        let mut script = provider();
        script.setting("anthropic-beta", "one-2025, two-2025");
        script.answer(200, "text/event-stream", crate::provider::answer(&[], "end_turn"));
        let run = script.chat::<Anthropic>(request);
        assert_eq!(run.requests[0].json().get("betas"), None);
        run.requests[0].header("anthropic-beta").map(str::to_owned)
    };
    let expected = "one-2025,two-2025,files-api-2025-04-14";
    assert_eq!(header(request.clone()).as_deref(), Some(expected));

    // The client says it all itself.
    request.extra = Some(native(&json!({ "betas": ["two-2025", "three-2025"] })));
    assert_eq!(header(request).as_deref(), Some("one-2025,two-2025,three-2025"));
}

#[test]
fn the_version_that_a_client_of_this_dialect_speaks_is_spoken() {
    let version = |request: ChatRequest, client: Option<&str>| {
        let mut script = provider();
        script.setting("anthropic-version", "2024-operators");
        if let Some(version) = client {
            script.setting("hotcell.version", version);
        }
        script.answer(200, "text/event-stream", crate::provider::answer(&[], "end_turn"));
        let run = script.chat::<Anthropic>(request);
        run.requests[0].header("anthropic-version").map(str::to_owned)
    };
    let ours = ChatRequest { extra: Some(native(&json!({}))), ..ChatRequest::user("hi") };
    assert_eq!(version(ours.clone(), Some("2026-10-21")).as_deref(), Some("2026-10-21"));
    assert_eq!(version(ours, None).as_deref(), Some("2024-operators"));
    // What another dialect calls its version is none of this one's.
    let other = ChatRequest { extra: Some(foreign(&json!({}))), ..ChatRequest::user("hi") };
    assert_eq!(version(other, Some("2026-10-21")).as_deref(), Some("2024-operators"));
}

#[test]
fn newer_models_think_adaptively_with_an_effort() {
    let of = |model, options| body(reasoning(model, options));
    let body = of("claude-opus-4-8", effort("high"));
    assert_eq!(body["thinking"], json!({ "type": "adaptive" }));
    assert_eq!(body["output_config"], json!({ "effort": "high" }));

    let told = ReasoningOptions { include_text: Some(true), ..NONE };
    let body = of("claude-opus-4-8", told);
    assert_eq!(body["thinking"], json!({ "type": "adaptive", "display": "summarized" }));
    assert_eq!(body.get("output_config"), None);

    let (body, warnings) = sent(reasoning("claude-opus-4-8", budget(2000)));
    assert_eq!(body["thinking"], json!({ "type": "adaptive" }));
    assert!(warnings[0].contains("budget"), "{warnings:?}");

    let (body, warnings) = sent(reasoning("claude-opus-4-8", effort("minimal")));
    assert_eq!(body["output_config"], json!({ "effort": "low" }));
    assert!(warnings[0].contains("minimal"), "{warnings:?}");
}

#[test]
fn older_models_think_within_a_budget_for_which_there_is_room() {
    let of = |options| body(reasoning("claude-haiku-4-5", options));
    let body = of(budget(2000));
    assert_eq!(body["thinking"], json!({ "type": "enabled", "budget_tokens": 2000 }));
    assert_eq!(body["max_tokens"], 16384 + 2000);

    let body = of(effort("medium"));
    assert_eq!(body["thinking"], json!({ "type": "enabled", "budget_tokens": 8192 }));
    assert_eq!(body.get("output_config"), None);

    let silent = ReasoningOptions { include_text: Some(false), ..budget(2000) };
    assert_eq!(of(silent)["thinking"]["display"], "omitted");

    let limited = |limit| {
        let mut request = reasoning("claude-haiku-4-5", effort("medium"));
        request.sampling.max_output_tokens = Some(limit);
        sent(request)
    };
    assert_eq!(limited(3000).0["thinking"]["budget_tokens"], 2999);
    let (body, warnings) = limited(1024);
    assert_eq!(body.get("thinking"), None);
    assert!(warnings[0].contains("reasoning was left out"), "{warnings:?}");
}

#[test]
fn a_budget_leaves_something_for_the_answer_and_is_no_smaller_than_it_may_be() {
    let limited = |model, tokens, limit| {
        let mut request = reasoning(model, budget(tokens));
        request.sampling.max_output_tokens = Some(limit);
        sent(request).0["thinking"].clone()
    };
    let of = |tokens: u32| json!({ "type": "enabled", "budget_tokens": tokens });
    assert_eq!(limited("claude-haiku-4-5", 2000, 1500), of(1499));
    assert_eq!(limited("claude-haiku-4-5", 2000, 1000), Value::Null);
    assert_eq!(limited("claude-haiku-4-5", 512, 4000), of(1024));
    assert_eq!(limited("claude-sonnet-4-6", 2000, 1000), json!({ "type": "adaptive" }));
}

#[test]
fn nobody_reasons_where_the_request_would_be_refused_for_it() {
    for model in ["claude-haiku-4-5", "claude-opus-4-8"] {
        for choice in [ToolChoice::Required, ToolChoice::Function("f".to_owned())] {
            let mut request = reasoning(model, effort("high"));
            request.tools = vec![Tool::Function(function("f"))];
            request.tool_choice = Some(choice);
            let (body, warnings) = sent(request);
            assert_eq!(body.get("thinking"), None);
            assert!(warnings[0].contains("a tool has to be called"), "{warnings:?}");
        }
    }
    let parts = |call: Vec<Part>| {
        let result = Part::ToolResult(ToolResult {
            call_id: "c".to_owned(),
            name: None,
            content: vec![ToolResultPart::Text("r".to_owned())],
            is_error: false,
            cache: None,
            extra: None,
        });
        let mut request = reasoning("claude-haiku-4-5", effort("high"));
        request.messages.push(Message::new(Role::Assistant, call));
        request.messages.push(Message::new(Role::Tool, vec![result]));
        sent(request)
    };
    let call = || {
        Part::ToolCall(ToolCall {
            id: "c".to_owned(),
            name: "f".to_owned(),
            arguments: "{}".to_owned(),
            signature: None,
            extra: None,
        })
    };
    let (body, warnings) = parts(vec![call()]);
    assert_eq!(body.get("thinking"), None);
    assert!(warnings[0].contains("did not come back"), "{warnings:?}");
    let thought = Part::Reasoning(ReasoningPart {
        id: None,
        text: "hm".to_owned(),
        signature: Some("s".to_owned()),
        redacted: None,
        extra: Some(native(&json!({}))),
    });
    assert_eq!(parts(vec![thought, call()]).0["thinking"]["type"], "enabled");
}

#[test]
fn what_cannot_be_chosen_beside_reasoning_is_left_out() {
    let mut request = reasoning("claude-haiku-4-5", effort("high"));
    request.sampling.temperature = Some(0.2);
    request.sampling.top_p = Some(0.5);
    request.sampling.top_k = Some(3);
    let (body, warnings) = sent(request.clone());
    for (name, warning) in ["temperature", "top_p", "top_k"].iter().zip(&warnings) {
        assert_eq!(body.get(name), None);
        assert!(warning.contains(name), "{warning}");
    }
    request.sampling.temperature = Some(1.0);
    request.sampling.top_p = Some(0.95);
    request.sampling.top_k = None;
    let (body, warnings) = sent(request);
    assert_eq!((&body["temperature"], &body["top_p"]), (&json!(1.0), &json!(0.95)));
    assert_eq!(warnings.len(), 0, "{warnings:?}");
}

#[test]
fn models_between_take_a_budget_and_an_effort() {
    let both = ReasoningOptions { budget_tokens: Some(2000), ..effort("low") };
    let body = body(reasoning("claude-sonnet-4-6", both));
    assert_eq!(body["thinking"], json!({ "type": "enabled", "budget_tokens": 2000 }));
    assert_eq!(body["output_config"], json!({ "effort": "low" }));
}

#[test]
fn thinking_can_be_switched_off_and_its_form_configured() {
    for options in [effort("none"), budget(0)] {
        let body = body(reasoning("claude-sonnet-4-6", options));
        assert_eq!(body["thinking"], json!({ "type": "disabled" }));
    }
    let silent = ReasoningOptions { include_text: Some(false), ..NONE };
    assert_eq!(body(reasoning("claude-opus-4-8", silent)).get("thinking"), None);

    let mut script = provider();
    script.setting("thinking", "budget");
    let (body, _) = sent_by(&mut script, reasoning("glm-5", effort("low")));
    assert_eq!(body["thinking"], json!({ "type": "enabled", "budget_tokens": 2048 }));
}

#[test]
fn a_clients_own_thinking_is_not_said_twice() {
    let mut request = reasoning("claude-opus-4-8", effort("high"));
    let thinking = json!({ "type": "adaptive", "display": "omitted" });
    request.extra = Some(native(&json!({ "thinking": thinking, "output_config": {} })));
    let body = body(request);
    assert_eq!(body["thinking"], thinking);
    assert_eq!(body["output_config"], json!({}));
}

fn schema() -> Value {
    json!({ "type": "object", "properties": { "z": { "type": "number" }, "a": {} },
        "additionalProperties": false })
}

fn with_schema() -> ChatRequest {
    let output = JsonSchema {
        name: Some("answer".to_owned()),
        description: None,
        schema: schema().to_string(),
        strict: Some(true),
    };
    ChatRequest { output: Some(OutputFormat::JsonSchema(output)), ..ChatRequest::user("hi") }
}

#[test]
fn a_schema_for_the_answer_is_an_output_format() {
    let format = json!({ "type": "json_schema", "schema": schema() });
    assert_eq!(body(with_schema())["output_config"], json!({ "format": format }));

    let mut request = with_schema();
    request.model = "claude-opus-4-8".to_owned();
    request.reasoning = Some(effort("low"));
    let expected = json!({ "effort": "low", "format": format });
    assert_eq!(body(request)["output_config"], expected);

    // The spelling of the beta.
    let mut request = with_schema();
    request.extra = Some(native(&json!({ "output_format": format })));
    let body = body(request);
    assert_eq!(body["output_format"], format);
    assert_eq!(body.get("output_config"), None);
}

#[test]
fn json_without_a_schema_is_asked_for_in_words_and_says_so() {
    let output = Some(OutputFormat::JsonObject);
    let (body, warnings) = sent(ChatRequest { output, ..ChatRequest::user("hi") });
    let system = body["system"].as_str().unwrap_or_default();
    assert!(system.contains("JSON object"), "{body}");
    assert!(warnings[0].contains("in words"), "{warnings:?}");
}

#[test]
fn free_text_needs_no_word() {
    let output = Some(OutputFormat::Text);
    let body = body(ChatRequest { output, ..ChatRequest::user("hi") });
    assert_eq!(body.get("output_config"), None);
}
