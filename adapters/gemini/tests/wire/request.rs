//! How the answer is made.

use crate::provider::{
    body, conversation, foreign, message, native, provider, refused, sent, sent_by,
};
use hotcell_sdk::{
    ChatRequest, FailureKind, JsonSchema, OutputFormat, ReasoningOptions, Role, Sampling,
};
use serde_json::{Value, json};

fn request() -> ChatRequest {
    conversation(vec![message(Role::User, "hi")])
}

fn config(request: ChatRequest) -> Value {
    body(request)["generationConfig"].clone()
}

fn sampling() -> Sampling {
    request().sampling
}

#[test]
fn a_stream_is_asked_for_by_its_path() {
    let (sent, _) = sent_by(&mut provider(), request());
    assert_eq!(sent.path, "/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
    assert_eq!(sent.header("accept"), Some("text/event-stream"));
    assert_eq!(
        sent.json(),
        json!({ "contents": [{ "role": "user", "parts": [{ "text": "hi" }] }] })
    );
}

#[test]
fn sampling_has_its_words() {
    let sampling = Sampling {
        max_output_tokens: Some(100),
        temperature: Some(0.5),
        top_p: Some(0.9),
        top_k: Some(40),
        seed: Some(-7),
        presence_penalty: Some(0.25),
        frequency_penalty: Some(-0.25),
        stop: vec!["a".to_owned(), String::new()],
        choices: Some(2),
        logprobs: Some(3),
    };
    assert_eq!(
        config(ChatRequest { sampling, ..request() }),
        json!({ "maxOutputTokens": 100, "temperature": 0.5, "topP": 0.9, "topK": 40, "seed": -7,
            "presencePenalty": 0.25, "frequencyPenalty": -0.25, "stopSequences": ["a"],
            "candidateCount": 2, "responseLogprobs": true, "logprobs": 3 })
    );
    let sampling = Sampling { logprobs: Some(0), ..self::sampling() };
    let expected = json!({ "responseLogprobs": true });
    assert_eq!(config(ChatRequest { sampling, ..request() }), expected);
}

#[test]
fn what_does_not_fit_is_refused_or_warned_of() {
    let stop = (0..6).map(|number| number.to_string()).collect();
    let (kind, _) = refused(ChatRequest { sampling: Sampling { stop, ..sampling() }, ..request() });
    assert_eq!(kind, FailureKind::Unsupported);
    let sampling = Sampling { seed: Some(1 << 40), ..sampling() };
    let (body, warnings) = sent(ChatRequest { sampling, ..request() });
    assert_eq!((body.get("generationConfig"), warnings.len()), (None, 1));
}

fn reasoning(
    model: &str,
    effort: Option<&str>,
    budget: Option<u32>,
    told: Option<bool>,
) -> (Value, usize) {
    let reasoning = ReasoningOptions {
        effort: effort.map(str::to_owned),
        budget_tokens: budget,
        include_text: told,
    };
    let request =
        ChatRequest { model: model.to_owned(), reasoning: Some(reasoning), ..self::request() };
    let (body, warnings) = sent(request);
    (body["generationConfig"]["thinkingConfig"].clone(), warnings.len())
}

#[test]
fn reasoning_is_asked_for_as_the_model_takes_it() {
    let budget = |budget: i32| json!({ "thinkingBudget": budget });
    let level = |level: &str| json!({ "thinkingLevel": level });
    for (model, effort, tokens, expected, warnings) in [
        ("gemini-2.5-flash", Some("low"), None, budget(1024), 0),
        ("gemini-2.5-flash", Some("medium"), None, budget(8192), 0),
        ("gemini-2.5-flash", Some("high"), Some(500), budget(500), 0),
        ("gemini-2.5-flash", Some("none"), None, budget(0), 0),
        ("gemini-2.5-pro", Some("none"), None, budget(128), 1),
        ("gemini-2.5-flash", Some("odd"), None, Value::Null, 1),
        ("gemini-3-flash-preview", Some("medium"), None, level("medium"), 0),
        ("gemini-3-flash-preview", Some("none"), None, level("minimal"), 1),
        ("gemini-3-pro-preview", Some("medium"), None, level("high"), 1),
        ("gemini-3.1-pro-preview", Some("minimal"), None, level("low"), 1),
        ("gemini-3-flash", None, Some(2000), budget(2000), 0),
        ("gemini-3-flash", Some("low"), Some(2000), level("low"), 1),
        ("gemini-flash-latest", Some("high"), None, level("high"), 0),
        ("gemini-2.0-flash", Some("high"), None, Value::Null, 1),
        ("gemini-2.0-flash", Some("none"), None, Value::Null, 0),
        ("gemma-3-27b-it", None, Some(100), Value::Null, 1),
    ] {
        let found = reasoning(model, effort, tokens, None);
        assert_eq!(found, (expected, warnings), "{model} {effort:?} {tokens:?}");
    }
    let told = json!({ "includeThoughts": true });
    assert_eq!(reasoning("gemini-2.5-flash", None, None, Some(true)), (told, 0));
}

#[test]
fn a_setting_says_how_reasoning_is_asked_for() {
    let mut script = provider();
    script.setting("thinking", "level");
    let reasoning = ReasoningOptions {
        effort: Some("high".to_owned()),
        budget_tokens: None,
        include_text: None,
    };
    let (sent, _) = sent_by(&mut script, ChatRequest { reasoning: Some(reasoning), ..request() });
    let config = &sent.json()["generationConfig"]["thinkingConfig"];
    assert_eq!(*config, json!({ "thinkingLevel": "high" }));
}

#[test]
fn an_answer_takes_the_form_that_is_asked_for() {
    let output = Some(OutputFormat::JsonObject);
    let expected = json!({ "responseMimeType": "application/json" });
    assert_eq!(config(ChatRequest { output, ..request() }), expected);
    let schema = |schema: Value| {
        Some(OutputFormat::JsonSchema(JsonSchema {
            name: Some("n".to_owned()),
            description: Some("d".to_owned()),
            schema: schema.to_string(),
            strict: Some(true),
        }))
    };
    let output = schema(json!({ "type": ["string", "null"] }));
    assert_eq!(
        config(ChatRequest { output, ..request() }),
        json!({ "responseMimeType": "application/json",
            "responseSchema": { "type": "string", "nullable": true, "description": "d" } })
    );
    let map = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    let config = config(ChatRequest { output: schema(map), ..request() });
    assert_eq!(config["responseJsonSchema"]["additionalProperties"], json!({ "type": "string" }));
    let output = schema(json!([]));
    assert_eq!(refused(ChatRequest { output, ..request() }).0, FailureKind::InvalidRequest);
}

#[test]
fn a_clients_own_members_stand_beside_what_is_modelled() {
    let own = json!({ "generationConfig": { "responseModalities": ["AUDIO"], "top_p": 0.1 },
        "system_instruction": { "parts": [{ "text": "own" }] }, "labels": { "a": "b" } });
    let sampling = Sampling { temperature: Some(1.0), top_p: Some(0.9), ..sampling() };
    let request = ChatRequest {
        sampling,
        extra: Some(native(&own)),
        ..conversation(vec![message(Role::System, "read"), message(Role::User, "hi")])
    };
    assert_eq!(
        body(request),
        json!({
            "contents": [{ "role": "user", "parts": [{ "text": "hi" }] }],
            "generationConfig": { "temperature": 1.0, "responseModalities": ["AUDIO"], "top_p": 0.1 },
            "system_instruction": { "parts": [{ "text": "own" }] }, "labels": { "a": "b" }
        })
    );
}

#[test]
fn members_of_another_dialect_are_warned_of_by_name() {
    let extra = Some(foreign(&json!({ "logit_bias": {}, "stream_options": {} })));
    let (body, warnings) = sent(ChatRequest { extra, ..request() });
    assert_eq!(body, self::body(request()));
    assert_eq!(warnings, ["`logit_bias` of openai-chat was left out: gemini has no word for it"]);
}
