//! What stands beside the conversation.

use crate::provider::{body, foreign, own, provider, refused, sent, sent_by};
use hotcell_adapter_ollama::Ollama;
use hotcell_sdk::{ChatRequest, FailureKind, JsonSchema, OutputFormat, ReasoningOptions, Sampling};
use serde_json::{Value, json};

fn request() -> ChatRequest {
    ChatRequest::user("hi")
}

fn reasoning(effort: Option<&str>, budget: Option<u32>, told: Option<bool>) -> ChatRequest {
    let effort = effort.map(str::to_owned);
    let reasoning = ReasoningOptions { effort, budget_tokens: budget, include_text: told };
    ChatRequest { reasoning: Some(reasoning), ..request() }
}

#[test]
fn a_request_says_whether_to_stream() {
    let message = json!([{ "role": "user", "content": "hi" }]);
    for stream in [true, false] {
        let expected = json!({ "model": "test-model", "messages": message, "stream": stream });
        assert_eq!(body(ChatRequest { stream, ..request() }), expected);
    }
    let (sent, _) = sent_by(&mut provider(), request());
    assert_eq!(sent.header("accept"), Some("application/x-ndjson"));
    assert_eq!(sent.header("content-type"), Some("application/json"));
}

#[test]
fn sampling_goes_into_options() {
    let sampling = Sampling {
        max_output_tokens: Some(9),
        temperature: Some(0.5),
        top_p: Some(0.9),
        top_k: Some(40),
        seed: Some(-1),
        presence_penalty: Some(0.1),
        frequency_penalty: Some(0.2),
        stop: vec!["x".to_owned()],
        choices: Some(1),
        logprobs: Some(3),
    };
    let body = body(ChatRequest { sampling, ..request() });
    let options = json!({ "num_predict": 9, "temperature": 0.5, "top_p": 0.9, "top_k": 40,
        "seed": -1, "presence_penalty": 0.1, "frequency_penalty": 0.2, "stop": ["x"] });
    assert_eq!(body["options"], options);
    assert_eq!((&body["logprobs"], &body["top_logprobs"]), (&json!(true), &json!(3)));
}

#[test]
fn several_answers_are_warned_of() {
    let mut wish = request();
    wish.sampling.choices = Some(2);
    let (_, warnings) = sent(wish);
    let expected =
        "the wish for several answers was left out: ollama-chat has no word for it".to_owned();
    assert_eq!(warnings, [expected]);
}

#[test]
fn how_much_to_think() {
    for (request, think, warned) in [
        (reasoning(Some("high"), None, None), json!("high"), 0),
        (reasoning(Some("none"), None, None), json!(false), 0),
        (reasoning(None, Some(0), None), json!(false), 0),
        (reasoning(None, None, Some(true)), json!(true), 0),
        (reasoning(None, Some(2000), None), json!(true), 1),
        (reasoning(Some("low"), Some(2000), Some(false)), json!("low"), 2),
        (reasoning(None, None, Some(false)), Value::Null, 1),
    ] {
        let (body, warnings) = sent(request);
        assert_eq!((&body["think"], warnings.len()), (&think, warned), "{warnings:?}");
    }
}

#[test]
fn the_form_of_an_answer() {
    let schema = |description: Option<&str>| {
        OutputFormat::JsonSchema(JsonSchema {
            name: Some("n".to_owned()),
            description: description.map(str::to_owned),
            schema: "{\"type\":\"object\"}".to_owned(),
            strict: Some(true),
        })
    };
    for (output, format, warned) in [
        (OutputFormat::Text, Value::Null, 0),
        (OutputFormat::JsonObject, json!("json"), 0),
        (schema(None), json!({ "type": "object" }), 0),
        (schema(Some("d")), json!({ "type": "object" }), 1),
    ] {
        let (body, warnings) = sent(ChatRequest { output: Some(output), ..request() });
        assert_eq!((&body["format"], warnings.len()), (&format, warned));
    }
}

#[test]
fn a_client_of_this_dialect_gets_what_it_wrote() {
    let wrote = json!({ "options": { "temperature": 1, "num_ctx": 8192, "stop": "x" },
        "keep_alive": "1h", "think": "max", "truncate": true, "format": "" });
    let mut script = provider();
    script.setting("num-ctx", "1").setting("keep-alive", "1m").setting("truncate", "never");
    let mut request = reasoning(Some("high"), None, None);
    request.sampling.temperature = Some(0.1);
    request.sampling.top_k = Some(7);
    request.extra = Some(own(&wrote));
    request.messages.clear();
    let (sent, warnings) = sent_by(&mut script, request);
    let mut expected = wrote;
    expected["options"]["top_k"] = json!(7);
    expected["model"] = json!("test-model");
    expected["messages"] = json!([]);
    expected["stream"] = json!(true);
    assert_eq!((sent.json(), warnings.len()), (expected, 0));
}

#[test]
fn what_the_operator_wants_is_added_to_other_requests() {
    for (time, expected) in [("-1", json!(-1)), ("1h30m", json!("1h30m"))] {
        let mut script = provider();
        script.setting("num-ctx", "8192").setting("keep-alive", time);
        script.setting("truncate", "never");
        let (sent, _) = sent_by(&mut script, request());
        let body = sent.json();
        assert_eq!(body["options"], json!({ "num_ctx": 8192 }));
        assert_eq!((&body["keep_alive"], &body["truncate"]), (&expected, &json!(false)));
    }
    let failure = provider().setting("num-ctx", "all").chat::<Ollama>(request()).failure.unwrap();
    assert_eq!(failure.kind, FailureKind::InvalidRequest);
}

#[test]
fn members_of_another_dialect_are_warned_of_unless_a_field_has_carried_them_over() {
    let wrote = json!({ "max_completion_tokens": 5, "stream_options": {}, "user": "u",
        "service_tier": "flex" });
    let (body, warnings) = sent(ChatRequest { extra: Some(foreign(&wrote)), ..request() });
    assert_eq!(body.as_object().unwrap().len(), 3, "{body}");
    let expected = ["`user` of openai-chat", "`service_tier` of openai-chat"];
    assert_eq!(warnings.len(), expected.len(), "{warnings:?}");
    for (warning, expected) in warnings.iter().zip(expected) {
        assert!(warning.starts_with(expected), "{warning}");
    }
    let bad = ChatRequest { extra: Some(own(&json!([]))), ..request() };
    let failure = provider().chat::<Ollama>(bad).failure.unwrap();
    assert_eq!(failure.kind, FailureKind::InvalidRequest);
}

#[test]
fn what_cannot_be_said_is_named() {
    let choice = hotcell_sdk::ToolChoice::Required;
    let message = refused(ChatRequest { tool_choice: Some(choice), ..request() });
    assert!(message.starts_with("`tool_choice`"), "{message}");
}
