//! The adapter against hand-written samples of the wire, held to its manifest.

use hotcell_adapter_watsonx::Watsonx;
use hotcell_sdk::testing::Script;
use hotcell_sdk::{
    ChatRequest, EmbedRequest, Embeddings, FailureKind, FinishReason, FunctionTool, Input, Models,
    Native, Tool, ToolChoice,
};
use serde_json::{Value, json};

fn watsonx() -> Script {
    let mut script = Script::new();
    script.manifest(include_str!("../../adapter.toml")).setting("project-id", "p-1");
    script
}

fn request(model: &str, stream: bool) -> ChatRequest {
    ChatRequest { model: model.to_owned(), stream, ..ChatRequest::user("hi") }
}

fn chunk(delta: Value, finish: Option<&str>) -> Value {
    json!({ "id": "chat-1", "object": "chat.completion.chunk", "model_id": "ibm/granite",
        "model": "ibm/granite", "created": 1_700_000_000, "created_at": "2025-10-01T00:00:00.000Z",
        "choices": [{ "index": 0, "finish_reason": finish, "delta": delta }] })
}

/// The stream of these chunks, as the service writes it.
fn stream(chunks: &[Value]) -> String {
    let events = chunks.iter().enumerate();
    events.map(|(id, chunk)| format!("id: {}\nevent: message\ndata: {chunk}\n\n", id + 1)).collect()
}

fn answer() -> String {
    json!({ "id": "chat-1", "model_id": "ibm/granite", "created": 1, "choices": [{ "index": 0,
        "finish_reason": "stop", "message": { "role": "assistant", "content": "ok" } }] })
    .to_string()
}

#[test]
fn a_stream_is_asked_for_by_its_path_and_read_without_an_end_of_its_own() {
    let mut script = watsonx();
    let usage = json!({ "id": "chat-1", "model_id": "ibm/granite", "choices": [],
        "usage": { "prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5 } });
    let chunks = [
        chunk(json!({ "role": "assistant", "content": "" }), None),
        chunk(json!({ "content": "h\u{e9}" }), None),
        chunk(json!({ "content": "" }), Some("stop")),
        usage,
    ];
    script.answer(200, "text/event-stream", stream(&chunks));
    let run = script.chat_at_every_cut::<Watsonx>(&request("ibm/granite", true));
    assert_eq!((run.failure.as_ref(), run.text().as_str()), (None, "h\u{e9}"));
    assert_eq!(run.finished().unwrap().reason, FinishReason::Stop);
    assert_eq!(run.usage().unwrap().input, Some(3));
    assert_eq!(run.requests[0].path, "/ml/v1/text/chat_stream?version=2025-10-01");
    assert_eq!(run.requests[0].header("accept"), Some("text/event-stream"));
    assert_eq!(
        run.requests[0].json(),
        json!({ "model_id": "ibm/granite", "project_id": "p-1",
        "messages": [{ "role": "user", "content": "hi" }] })
    );

    let mut script = watsonx();
    script.answer(200, "text/event-stream", stream(&chunks[..2]));
    let failure = script.chat_at_every_cut::<Watsonx>(&request("m", true)).failure.unwrap();
    assert_eq!(failure.kind, FailureKind::MalformedResponse);
}

#[test]
fn a_deployment_is_named_in_the_path_and_knows_who_pays() {
    let mut script = watsonx();
    script.answer(200, "application/json", answer());
    let run = script.chat::<Watsonx>(request("deployment/my id", false));
    assert_eq!((run.failure.as_ref(), run.text().as_str()), (None, "ok"));
    let path = "/ml/v1/deployments/my%20id/text/chat?version=2025-10-01";
    assert_eq!(run.requests[0].path, path);
    assert_eq!(
        run.requests[0].json(),
        json!({ "messages": [{ "role": "user", "content": "hi" }] })
    );
}

#[test]
fn a_project_or_a_space_is_charged() {
    let mut script = Script::new();
    script.manifest(include_str!("../../adapter.toml"));
    let run = script.chat::<Watsonx>(request("m", false));
    assert!(run.requests.is_empty());
    let failure = run.failure.unwrap();
    assert_eq!(failure.kind, FailureKind::InvalidRequest);
    assert!(failure.message.contains("project-id"));
    script.setting("space-id", "s-1").answer(200, "application/json", answer());
    let body = script.chat::<Watsonx>(request("m", false)).requests[0].json();
    assert_eq!((&body["space_id"], body.get("project_id")), (&json!("s-1"), None));
}

#[test]
fn tools_are_told_in_the_words_of_the_service() {
    let sent = |choice: ToolChoice| {
        let mut script = watsonx();
        script.answer(200, "application/json", answer());
        let mut request = request("m", false);
        request.tools.push(Tool::Function(FunctionTool {
            name: "f".to_owned(),
            description: None,
            parameters: Some(r#"{"type":"object"}"#.to_owned()),
            strict: Some(true),
            cache: None,
            extra: None,
        }));
        request.tool_choice = Some(choice);
        let run = script.chat::<Watsonx>(request);
        assert_eq!(run.warnings().len(), 1, "a tool cannot be strict");
        run.requests[0].json()
    };
    let body = sent(ToolChoice::Required);
    assert_eq!((&body["tool_choice_option"], body.get("tool_choice")), (&json!("required"), None));
    let tool = json!({ "name": "f", "parameters": { "type": "object" } });
    assert_eq!(body["tools"][0]["function"], tool);
    let body = sent(ToolChoice::Function("f".to_owned()));
    assert_eq!(body.get("tool_choice_option"), None);
    assert_eq!(body["tool_choice"], json!({ "type": "function", "function": { "name": "f" } }));
}

#[test]
fn errors_are_read() {
    let table = [
        (404, "model_not_supported", FailureKind::NotFound),
        (401, "authentication_token_expired", FailureKind::Authentication),
        (403, "token_quota_reached", FailureKind::QuotaExhausted),
        (403, "no_associated_service_instance_error", FailureKind::Permission),
        (429, "rate_limit_reached_requests", FailureKind::RateLimited),
        (400, "invalid_input_argument", FailureKind::InvalidRequest),
        (500, "downstream_request_failed", FailureKind::ProviderError),
    ];
    for (status, code, kind) in table {
        let body = json!({ "errors": [{ "code": code, "message": "It did not work.",
            "more_info": "https://cloud.ibm.com/apidocs" }], "trace": "t-1", "status_code": status });
        let mut script = watsonx();
        script.answer(status, "application/json", body.to_string());
        let failure = script.chat_at_every_cut::<Watsonx>(&request("m", true)).failure.unwrap();
        assert_eq!((failure.kind, failure.code.as_deref()), (kind, Some(code)));
        assert_eq!(failure.message, "It did not work.");
        assert_eq!(failure.request_id.as_deref(), Some("t-1"));
    }
    let error = json!({ "errors": [{ "code": "downstream_request_failed", "message": "gone" }],
        "status_code": 500 });
    let text = stream(&[chunk(json!({ "content": "a" }), None)])
        + &format!("id: 2\nevent: error\ndata: {error}\n\n");
    let mut script = watsonx();
    script.answer(200, "text/event-stream", text);
    let run = script.chat_at_every_cut::<Watsonx>(&request("m", true));
    assert_eq!(run.text(), "a");
    let failure = run.failure.unwrap();
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::ProviderError, "gone"));
}

fn texts() -> EmbedRequest {
    let inputs = ["a", "b"].map(|text| Input::Text(text.to_owned())).to_vec();
    EmbedRequest { model: "e".to_owned(), inputs, dimensions: None, task: None, extra: None }
}

#[test]
fn vectors_are_asked_for_and_read() {
    let mut script = watsonx();
    let body = json!({ "model_id": "ibm/slate", "created_at": "2025-10-01", "input_token_count": 6,
        "results": [{ "embedding": [0.5, -1] }, { "embedding": [1e-3, 2] }] });
    script.answer(200, "application/json", body.to_string());
    let mut request = texts();
    let value = r#"{"parameters":{"truncate_input_tokens":9}}"#.to_owned();
    request.extra = Some(Native { dialect: "watsonx-embeddings".to_owned(), value });
    let (result, requests) = script.call(|| Watsonx::embed(request));
    let response = result.unwrap();
    assert_eq!(response.vectors, [[0.5, -1.0], [0.001, 2.0]]);
    assert_eq!(response.model.as_deref(), Some("ibm/slate"));
    assert_eq!(response.usage.unwrap().input, Some(6));
    assert_eq!(response.extra.unwrap().value, r#"{"created_at":"2025-10-01"}"#);
    assert_eq!(requests[0].path, "/ml/v1/text/embeddings?version=2025-10-01");
    assert_eq!(
        requests[0].json(),
        json!({ "model_id": "e", "project_id": "p-1",
        "inputs": ["a", "b"], "parameters": { "truncate_input_tokens": 9 } })
    );
}

#[test]
fn vectors_that_are_none_and_requests_that_cannot_be_said_are_failures() {
    for body in [
        "{}",
        "[]",
        "x",
        r#"{"results":[{"embedding":[1]}]}"#,
        r#"{"results":[{"embedding":[1]},{}]}"#,
        r#"{"results":[{"embedding":[1]},{"embedding":["x"]}]}"#,
    ] {
        let mut script = watsonx();
        script.answer(200, "application/json", body);
        let failure = script.embed::<Watsonx>(texts()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{body}");
    }
    let table: [fn(&mut EmbedRequest); 3] = [
        |request| request.dimensions = Some(3),
        |request| request.inputs[0] = Input::Tokens(vec![1]),
        |request| {
            let value = r#"{"user":"u"}"#.to_owned();
            request.extra = Some(Native { dialect: "openai-embeddings".to_owned(), value });
        },
    ];
    for change in table {
        let mut request = texts();
        change(&mut request);
        assert_eq!(watsonx().embed::<Watsonx>(request).unwrap_err().kind, FailureKind::Unsupported);
    }
}

#[test]
fn models_are_the_foundation_models() {
    let mut script = watsonx();
    let list = json!({ "limit": 200, "total_count": 1, "resources": [{ "model_id": "ibm/granite",
        "label": "granite", "provider": "IBM", "functions": [{ "id": "text_chat" }] }] });
    script.answer(200, "application/json", list.to_string());
    let (models, requests) = script.call(Watsonx::list_models);
    let models = models.unwrap();
    assert_eq!((models.len(), models[0].id.as_str()), (1, "ibm/granite"));
    assert_eq!(models[0].owned_by.as_deref(), Some("IBM"));
    let path = "/ml/v1/foundation_model_specs?version=2025-10-01&limit=200";
    assert_eq!(requests[0].path, path);
}
