//! In what providers differ: each setting of the manifest changes what is sent or read,
//! and none of them touches what a client of this dialect wrote itself.

use crate::embeddings;
use crate::provider::{
    answer, body, body_by, conversation, message, native, provider, refused_by, sent_by, set,
};
use hotcell_adapter_openai::OpenAi;
use hotcell_sdk::testing::{Script, Sent};
use hotcell_sdk::{
    CacheHint, ChatRequest, EmbedRequest, Embeddings, FailureKind, FunctionTool, JsonSchema,
    MediaKind, MediaPart, MediaSource, Message, Models, Native, OutputFormat, Part,
    ReasoningOptions, Role, TextPart, Tool, ToolResult, ToolResultPart,
};
use serde_json::{Value, json};

/// The same request of a client of this dialect.
fn own(request: ChatRequest) -> ChatRequest {
    ChatRequest { extra: Some(native(&json!({}))), ..request }
}

/// The paths of the three requests that the adapter makes.
fn paths(script: &Script) -> [String; 3] {
    let path = |sent: Vec<Sent>| sent[0].path.clone();
    let mut chat = script.clone();
    chat.answer(200, "text/event-stream", answer(&[], "stop"));
    let mut embed = script.clone();
    embed.answer(200, "application/json", "{\"data\":[]}");
    let mut list = script.clone();
    list.answer(200, "application/json", "[]");
    let (embedded, embedding) = embed.call(|| OpenAi::embed(embeddings::request(0)));
    let (listed, listing) = list.call(<OpenAi as Models>::list_models);
    let chatted = chat.chat::<OpenAi>(ChatRequest::user("hi"));
    assert_eq!((embedded.err(), listed.err(), chatted.failure), (None, None, None));
    [path(chatted.requests), path(embedding), path(listing)]
}

#[test]
fn an_api_version_goes_into_every_query() {
    assert_eq!(paths(&provider()), ["/chat/completions", "/embeddings", "/models"]);
    let expected = ["/chat/completions", "/embeddings", "/models"]
        .map(|path| format!("{path}?api-version=2024-10-21%2Fx"));
    assert_eq!(paths(&set("api-version", "2024-10-21/x")), expected);
}

#[test]
fn embeddings_and_models_may_be_at_another_path() {
    let mut script = set("embeddings-path", "/v1/embeddings");
    assert_eq!(paths(&script), ["/chat/completions", "/v1/embeddings", "/models"]);
    script.setting("models-path", "/v1/models");
    assert_eq!(paths(&script), ["/chat/completions", "/v1/embeddings", "/v1/models"]);
}

#[test]
fn the_limit_of_an_answer_is_spelled_as_the_provider_wants_it() {
    for name in ["max_tokens", "max_completion_tokens"] {
        let mut request = ChatRequest { stream: false, ..ChatRequest::user("hi") };
        request.sampling.max_output_tokens = Some(5);
        let mut expected =
            json!({ "model": "test-model", "messages": [{ "role": "user", "content": "hi" }] });
        assert_eq!(body_by(&mut set("max-tokens", name), own(request.clone())), expected);
        expected[name] = json!(5);
        assert_eq!(body_by(&mut set("max-tokens", name), request), expected);
    }
}

#[test]
fn the_developer_speaks_as_system_where_there_is_no_developer() {
    for (known, role) in [("yes", "developer"), ("no", "system")] {
        let request = conversation(vec![message(Role::Developer, "x"), message(Role::System, "y")]);
        let body = body_by(&mut set("developer-role", known), request);
        let expected =
            json!([{ "role": role, "content": "x" }, { "role": "system", "content": "y" }]);
        assert_eq!(body["messages"], expected);
    }
}

#[test]
fn usage_is_asked_for_unless_it_comes_unasked() {
    let asked = |asked: &str| {
        let body = body_by(&mut set("stream-usage", asked), ChatRequest::user("hi"));
        body.get("stream_options").cloned()
    };
    assert_eq!(asked("ask"), Some(json!({ "include_usage": true })));
    assert_eq!(asked("never"), None);
}

#[test]
fn who_keeps_accounts_is_told_the_usage_whatever_the_client_asked_for() {
    let asked = |usage: &str, quirk: &str, extra: Value| {
        let mut script = set("stream-usage", quirk);
        script.setting("hotcell.usage", usage);
        let extra = Native { dialect: "openai-chat".to_owned(), value: extra.to_string() };
        let request = ChatRequest { extra: Some(extra), ..ChatRequest::user("hi") };
        body_by(&mut script, request).get("stream_options").cloned()
    };
    let told = Some(json!({ "include_usage": true }));
    assert_eq!(asked("yes", "ask", json!({})), told);
    let refused = json!({ "stream_options": { "include_usage": false } });
    assert_eq!(asked("yes", "ask", refused.clone()), told);
    let more = json!({ "stream_options": { "include_obfuscation": false } });
    let both = json!({ "include_obfuscation": false, "include_usage": true });
    assert_eq!(asked("yes", "ask", more), Some(both));
    // Without accounts, and where the provider has no such member, it is the client's own.
    assert_eq!(asked("no", "ask", json!({})), None);
    assert_eq!(asked("no", "ask", refused), Some(json!({ "include_usage": false })));
    assert_eq!(asked("yes", "never", json!({})), None);
}

#[test]
fn a_schema_is_refused_where_only_json_can_be_demanded() {
    let schema =
        JsonSchema { name: None, description: None, schema: "{}".to_owned(), strict: None };
    let with = |output| ChatRequest { output: Some(output), ..ChatRequest::user("hi") };
    let schema = with(OutputFormat::JsonSchema(schema));
    let mut weak = set("structured-output", "json_object");
    let failure = refused_by(&weak, schema.clone());
    assert_eq!(failure.kind, FailureKind::Unsupported);
    let json = body_by(&mut weak.clone(), with(OutputFormat::JsonObject));
    assert_eq!(json["response_format"], json!({ "type": "json_object" }));
    // The provider may have learnt it since.
    let expected =
        json!({ "type": "json_schema", "json_schema": { "name": "answer", "schema": {} } });
    assert_eq!(body_by(&mut weak, own(schema.clone()))["response_format"], expected);
    let mut able = set("structured-output", "json_schema");
    assert_eq!(body_by(&mut able, schema)["response_format"], expected);
}

const NONE: ReasoningOptions =
    ReasoningOptions { effort: None, budget_tokens: None, include_text: None };

fn effort(word: &str) -> ReasoningOptions {
    ReasoningOptions { effort: Some(word.to_owned()), ..NONE }
}

fn budget(tokens: u32) -> ReasoningOptions {
    ReasoningOptions { budget_tokens: Some(tokens), ..NONE }
}

/// The members that say how much to think, and what is warned of.
fn thinking(spelling: &str, options: ReasoningOptions) -> (Value, Vec<String>) {
    let request = ChatRequest { stream: false, ..ChatRequest::user("hi") };
    let request = ChatRequest { reasoning: Some(options), ..request };
    let mut script = set("reasoning-request", spelling);
    let of_client = body_by(&mut script.clone(), own(request.clone()));
    let (mut body, warnings) = sent_by(&mut script, request);
    let members = body.as_object_mut().expect("an object");
    members.retain(|name, _| of_client.get(name).is_none());
    (body, warnings)
}

#[test]
fn how_much_to_think_is_an_effort_for_some() {
    let of = |options| thinking("reasoning_effort", options);
    assert_eq!(of(effort("low")), (json!({ "reasoning_effort": "low" }), vec![]));
    let both = ReasoningOptions { budget_tokens: Some(9), ..effort("none") };
    assert_eq!(of(both), (json!({ "reasoning_effort": "none" }), vec![]));
    let lost = "the budget of tokens for reasoning was left out: openai-chat has no word for it";
    assert_eq!(of(budget(9)), (json!({}), vec![lost.to_owned()]));
}

#[test]
fn how_much_to_think_is_an_object_for_some() {
    let of = |options| thinking("reasoning", options);
    assert_eq!(of(effort("low")), (json!({ "reasoning": { "effort": "low" } }), vec![]));
    assert_eq!(of(budget(9)), (json!({ "reasoning": { "max_tokens": 9 } }), vec![]));
    let silent = ReasoningOptions { include_text: Some(false), ..NONE };
    assert_eq!(of(silent), (json!({ "reasoning": { "exclude": true } }), vec![]));
    let all =
        ReasoningOptions { budget_tokens: Some(9), include_text: Some(true), ..effort("high") };
    let expected = json!({ "effort": "high", "max_tokens": 9, "exclude": false });
    assert_eq!(of(all), (json!({ "reasoning": expected }), vec![]));
    assert_eq!(of(NONE), (json!({}), vec![]));
}

#[test]
fn some_think_or_do_not() {
    let of = |options| thinking("thinking", options);
    let off = json!({ "thinking": { "type": "disabled" } });
    assert_eq!(of(effort("none")), (off.clone(), vec![]));
    assert_eq!(of(budget(0)), (off, vec![]));
    let on = json!({ "thinking": { "type": "enabled" } });
    let lost = "how much to think was left out: this provider's models think or they don't";
    for options in [effort("high"), budget(9)] {
        assert_eq!(of(options), (on.clone(), vec![lost.to_owned()]));
    }
    assert_eq!(of(NONE), (json!({}), vec![]));
}

#[test]
fn how_much_to_think_is_a_budget_for_some() {
    let of = |options| thinking("enable_thinking", options);
    let on = json!({ "enable_thinking": true, "thinking_budget": 9 });
    assert_eq!(of(budget(9)), (on.clone(), vec![]));
    let both = ReasoningOptions { budget_tokens: Some(9), ..effort("high") };
    assert_eq!(of(both), (on, vec![]));
    for options in [effort("none"), budget(0)] {
        assert_eq!(of(options), (json!({ "enable_thinking": false }), vec![]));
    }
    let lost = "the effort of thinking was left out: this provider takes a budget of tokens";
    assert_eq!(of(effort("low")), (json!({ "enable_thinking": true }), vec![lost.to_owned()]));
}

#[test]
fn some_cannot_be_told_how_much_to_think() {
    let lost = "reasoning was left out: openai-chat has no word for it";
    assert_eq!(thinking("none", effort("low")), (json!({}), vec![lost.to_owned()]));
    assert_eq!(thinking("none", NONE), (json!({}), vec![]));
}

fn document(source: MediaSource) -> ChatRequest {
    let media = MediaPart {
        kind: MediaKind::Document,
        mime: None,
        source,
        name: Some("a.pdf".to_owned()),
        cache: None,
        extra: None,
    };
    conversation(vec![Message::new(Role::User, vec![Part::Media(media)])])
}

#[test]
fn documents_are_given_as_the_provider_wants_them() {
    let url = || MediaSource::Url("https://x/a.pdf".to_owned());
    let bytes = || MediaSource::Bytes(b"%PDF-".to_vec());
    let data = "data:application/pdf;base64,JVBERi0=";
    let file =
        |data: &str| json!({ "type": "file", "file": { "filename": "a.pdf", "file_data": data } });
    for (form, source, expected) in [
        ("file", bytes(), file(data)),
        ("file-or-url", bytes(), file(data)),
        ("file-or-url", url(), file("https://x/a.pdf")),
        ("document_url", bytes(), json!({ "type": "document_url", "document_url": data })),
        (
            "document_url",
            url(),
            json!({ "type": "document_url", "document_url": "https://x/a.pdf" }),
        ),
        ("file_url", bytes(), json!({ "type": "file_url", "file_url": { "url": "JVBERi0=" } })),
        (
            "file_url",
            url(),
            json!({ "type": "file_url", "file_url": { "url": "https://x/a.pdf" } }),
        ),
    ] {
        let body = body_by(&mut set("documents", form), document(source));
        assert_eq!(body["messages"][0]["content"], json!([expected]), "{form}");
    }
    let failure = refused_by(&set("documents", "file"), document(url()));
    assert_eq!(failure.kind, FailureKind::Unsupported);
}

/// A request with hints at every place that can have one.
fn cached() -> ChatRequest {
    let short = Some(CacheHint::Short);
    let text = TextPart { text: "x".to_owned(), cache: Some(CacheHint::Long), extra: None };
    let image = MediaPart {
        kind: MediaKind::Image,
        mime: None,
        source: MediaSource::Url("https://x".to_owned()),
        name: None,
        cache: short,
        extra: None,
    };
    let result = ToolResult {
        call_id: "a".to_owned(),
        name: None,
        content: ["y", "z"].map(|text| ToolResultPart::Text(text.to_owned())).to_vec(),
        is_error: false,
        cache: short,
        extra: None,
    };
    let request = conversation(vec![
        Message::new(Role::System, vec![Part::Text(text)]),
        Message::new(Role::User, vec![Part::Media(image)]),
        Message::new(Role::Tool, vec![Part::ToolResult(result)]),
    ]);
    let (name, description, parameters) = ("look".to_owned(), None, None);
    let (strict, extra) = (None, None);
    let tool = FunctionTool { name, description, parameters, strict, cache: short, extra };
    ChatRequest { tools: vec![Tool::Function(tool)], ..request }
}

#[test]
fn hints_on_what_to_cache_go_out_where_they_are_taken() {
    let body = body_by(&mut set("cache-control", "yes"), cached());
    let short = json!({ "type": "ephemeral" });
    let long = json!({ "type": "ephemeral", "ttl": "1h" });
    let messages = json!([
        { "role": "system", "content": [{ "type": "text", "text": "x", "cache_control": long }] },
        { "role": "user", "content": [{ "type": "image_url", "image_url": { "url": "https://x" },
            "cache_control": short }] },
        { "role": "tool", "tool_call_id": "a", "content": [{ "type": "text", "text": "y" },
            { "type": "text", "text": "z", "cache_control": short }] },
    ]);
    assert_eq!(body["messages"], messages);
    let tool = json!({ "type": "function", "function": { "name": "look" },
        "cache_control": short });
    assert_eq!(body["tools"], json!([tool]));
}

#[test]
fn hints_on_what_to_cache_stay_at_home_elsewhere() {
    let without = |body: Value| assert!(!body.to_string().contains("cache_control"), "{body}");
    without(body(cached()));
    without(body_by(&mut set("cache-control", "no"), cached()));
}

#[test]
fn a_hint_of_a_client_of_this_dialect_goes_out_everywhere() {
    let extra = Some(native(&json!({})));
    let text = TextPart { text: "x".to_owned(), cache: Some(CacheHint::Short), extra };
    let request = conversation(vec![Message::new(Role::User, vec![Part::Text(text)])]);
    let expected =
        json!([{ "type": "text", "text": "x", "cache_control": { "type": "ephemeral" } }]);
    assert_eq!(body(request)["messages"][0]["content"], expected);
}

#[test]
fn what_vectors_are_for_is_said_where_it_matters() {
    let task = EmbedRequest { task: Some("query".to_owned()), ..embeddings::request(1) };
    let body = embeddings::sent_by(&mut set("embedding-task", "input_type"), task.clone());
    let expected = json!({ "model": "test-model", "input": ["text 0"], "input_type": "query" });
    assert_eq!(body, expected);
    let body = embeddings::sent_by(&mut set("embedding-task", "none"), task);
    assert_eq!(body, json!({ "model": "test-model", "input": ["text 0"] }));
}

#[test]
fn vectors_that_come_as_base64_unasked_are_made_of_what_the_provider_says() {
    let body = r#"{"data":[{"embedding":"AX+APw=="}]}"#;
    let whole = vec![1.0, 127.0, -128.0, 63.0];
    for (element, expected) in [("int8", whole), ("float32", vec![f32::from_bits(0x3f80_7f01)])] {
        let mut script = set("embedding-bytes", element);
        script.answer(200, "application/json", body);
        let response = script.embed::<OpenAi>(embeddings::request(1)).expect("vectors");
        assert_eq!(response.vectors, [expected], "{element}");
    }
}
