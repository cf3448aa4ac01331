//! The members of a request that are not its messages and tools.

use crate::provider::{
    answer, body, bytes_sent, foreign, native, provider, refused, sent, sent_by, set, text,
};
use hotcell_adapter_openai::OpenAi;
use hotcell_sdk::{
    ChatRequest, FailureKind, JsonSchema, Method, Native, OutputFormat, ReasoningOptions,
    ToolChoice,
};
use serde_json::{Value, json};

fn plain() -> ChatRequest {
    ChatRequest::user("hi")
}

/// A request that asks for no stream.
fn whole() -> ChatRequest {
    ChatRequest { stream: false, ..plain() }
}

/// A request of a client of this dialect, with members that nothing models.
fn own(extra: &Value) -> ChatRequest {
    ChatRequest { extra: Some(native(extra)), ..whole() }
}

/// The same, in the client's own spelling.
fn spelled(extra: &str) -> ChatRequest {
    let extra = Native { value: extra.to_owned(), ..native(&json!({})) };
    ChatRequest { extra: Some(extra), ..whole() }
}

#[test]
fn a_plain_request_has_what_the_protocol_demands() {
    let mut script = provider();
    script.answer(200, "text/event-stream", answer(&[text("x")], "stop"));
    let run = script.chat::<OpenAi>(plain());
    assert_eq!(run.requests.len(), 1);
    let sent = &run.requests[0];
    assert_eq!((sent.endpoint.as_str(), sent.method), ("api", Method::Post));
    assert_eq!(sent.path, "/chat/completions");
    let headers = [("accept", "text/event-stream"), ("content-type", "application/json")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(sent.headers, headers);
    let expected = concat!(
        r#"{"model":"test-model","messages":[{"role":"user","content":"hi"}],"#,
        r#""stream_options":{"include_usage":true},"stream":true}"#,
    );
    assert_eq!(String::from_utf8_lossy(&sent.body), expected);
}

#[test]
fn a_request_for_a_whole_answer_says_nothing_of_streams() {
    let expected = r#"{"model":"test-model","messages":[{"role":"user","content":"hi"}]}"#;
    assert_eq!(bytes_sent(whole()), expected);
    let mut script = provider();
    let answer = r#"{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}"#;
    script.answer(200, "application/json", answer);
    let run = script.chat::<OpenAi>(whole());
    assert_eq!(run.requests[0].header("accept"), Some("application/json"));
}

#[test]
fn sampling_is_carried_over() {
    let mut request = whole();
    request.sampling.max_output_tokens = Some(5);
    request.sampling.temperature = Some(0.5);
    request.sampling.top_p = Some(0.25);
    request.sampling.top_k = Some(3);
    request.sampling.seed = Some(-7);
    request.sampling.presence_penalty = Some(-0.5);
    request.sampling.frequency_penalty = Some(1.5);
    request.sampling.stop = vec!["END".to_owned(), "\n\"".to_owned()];
    request.sampling.choices = Some(2);
    request.sampling.logprobs = Some(4);
    let expected = json!({ "model": "test-model",
        "messages": [{ "role": "user", "content": "hi" }], "max_tokens": 5, "temperature": 0.5,
        "top_p": 0.25, "top_k": 3, "seed": -7, "presence_penalty": -0.5,
        "frequency_penalty": 1.5, "n": 2, "logprobs": true, "top_logprobs": 4,
        "stop": ["END", "\n\""] });
    assert_eq!(body(request), expected);
}

#[test]
fn a_limit_on_candidates_is_left_out_where_it_is_not_known() {
    let mut request = whole();
    request.sampling.top_k = Some(3);
    let mut script = set("top-k", "no");
    let (body, warnings) = sent_by(&mut script, request.clone());
    assert_eq!(body.get("top_k"), None);
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("(top-k)"), "{warnings:?}");
    // Who wrote it in this dialect knows whom it is for.
    request.extra = Some(native(&json!({})));
    let (body, warnings) = sent_by(&mut set("top-k", "no"), request);
    assert_eq!((&body["top_k"], warnings.len()), (&json!(3), 0));
}

#[test]
fn log_probabilities_without_alternatives_are_asked_for() {
    let mut request = whole();
    request.sampling.logprobs = Some(0);
    let body = body(request);
    assert_eq!((&body["logprobs"], body.get("top_logprobs")), (&json!(true), None));
}

#[test]
fn whole_numbers_are_written_without_a_point() {
    let mut request = whole();
    request.sampling.temperature = Some(1.0);
    request.sampling.top_p = Some(0.1);
    request.sampling.presence_penalty = Some(-2.0);
    let body = bytes_sent(request);
    let expected = r#""temperature":1,"top_p":0.1,"presence_penalty":-2}"#;
    assert!(body.ends_with(expected), "{body}");
}

#[test]
fn how_much_to_think_is_said() {
    let reasoning = |effort: Option<&str>, budget_tokens, include_text| {
        let effort = effort.map(str::to_owned);
        let reasoning = Some(ReasoningOptions { effort, budget_tokens, include_text });
        sent(ChatRequest { reasoning, ..whole() })
    };
    let (body, warnings) = reasoning(Some("high"), None, None);
    assert_eq!((&body["reasoning_effort"], warnings.len()), (&json!("high"), 0));
    let (body, warnings) = reasoning(None, Some(1000), None);
    assert_eq!(body.get("reasoning_effort"), None);
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].starts_with("the budget of tokens for reasoning was left out"));
    // Of a model that is known to reason it is the nearest effort.
    for (budget, effort) in [(1024, "low"), (4000, "low"), (8192, "medium"), (16_384, "high")] {
        let (none, include_text, budget_tokens) = (None, None, Some(budget));
        let reasoning = Some(ReasoningOptions { effort: none, budget_tokens, include_text });
        let request = ChatRequest { model: "o3".to_owned(), reasoning, ..whole() };
        let (body, warnings) = sent(request);
        assert_eq!(body["reasoning_effort"], effort);
        let became = format!("was given as the effort `{effort}`");
        assert!(matches!(&warnings[..], [one] if one.contains(&became)), "{warnings:?}");
    }
    let (body, warnings) = reasoning(None, None, Some(false));
    assert_eq!((body.get("reasoning_effort"), warnings.len()), (None, 0));
}

#[test]
fn a_client_of_this_dialect_gets_what_it_wrote_and_nothing_besides() {
    let mut request = own(&json!({}));
    request.sampling.max_output_tokens = Some(5);
    let (effort, budget_tokens, include_text) = (Some("high".to_owned()), None, None);
    request.reasoning = Some(ReasoningOptions { effort, budget_tokens, include_text });
    let plain = json!({ "model": "test-model", "messages": [{ "role": "user", "content": "hi" }] });
    assert_eq!(body(request.clone()), plain);
    // Only it knows whether it wants usage in its stream.
    request.stream = true;
    let mut streamed = plain;
    streamed["stream"] = json!(true);
    assert_eq!(body(request), streamed);
}

#[test]
fn members_that_nobody_models_pass_and_win_over_the_fields() {
    let extra = json!({ "max_completion_tokens": 9, "temperature": 2, "stop": "END", "n": null,
        "logit_bias": { "50256": -100 }, "stream_options": {}, "response_format": 7,
        "parallel_tool_calls": "no", "tool_choice": {}, "tools": [], "model": "x",
        "messages": [], "stream": false });
    let mut request = ChatRequest { stream: true, ..own(&extra) };
    request.sampling.max_output_tokens = Some(5);
    request.sampling.temperature = Some(0.5);
    request.sampling.stop = vec!["STOP".to_owned()];
    request.sampling.choices = Some(3);
    request.parallel_tool_calls = Some(true);
    request.tool_choice = Some(ToolChoice::Auto);
    request.output = Some(OutputFormat::JsonObject);
    // Each stands there once, and in the client's order.
    assert_eq!(bytes_sent(request), extra.to_string());
}

#[test]
fn numbers_of_a_client_keep_their_spelling() {
    let extra = r#"{"a": 1.00, "b": 123456789012345678901234567890, "c": {"d":  1E2}}"#;
    let body = bytes_sent(spelled(extra));
    let expected = r#""a":1.00,"b":123456789012345678901234567890,"c":{"d":  1E2}}"#;
    assert!(body.ends_with(expected), "{body}");
}

#[test]
fn members_of_another_dialect_are_warned_of_each() {
    // What becomes of the wish to think is told where it is written.
    let extra = foreign(&json!({ "thinking": {}, "mcp_servers": [{}], "none": null,
        "metadata": { "user_id": "u" } }));
    let (body, warnings) = sent(ChatRequest { extra: Some(extra), ..whole() });
    assert_eq!(
        body,
        json!({ "model": "test-model",
        "messages": [{ "role": "user", "content": "hi" }] })
    );
    let expected = ["mcp_servers", "metadata"].map(|name| {
        format!("`{name}` of anthropic-messages was left out: openai-chat has no word for it")
    });
    assert_eq!(warnings, expected);
}

#[test]
fn an_extra_that_is_no_object_is_refused() {
    for extra in ["[]", "7", "{", "", "{} {}"] {
        let failure = refused(spelled(extra));
        assert_eq!(failure.kind, FailureKind::InvalidRequest, "{extra}");
        assert_eq!(failure.message, "`extra` of openai-chat is not a JSON object");
    }
}

fn schema(name: Option<&str>, description: Option<&str>, strict: Option<bool>) -> ChatRequest {
    let [name, description] = [name, description].map(|text| text.map(str::to_owned));
    let schema = r#"{"type": "object", "required": ["z","a"], "minimum": 1.0}"#.to_owned();
    let schema = JsonSchema { name, description, schema, strict };
    ChatRequest { output: Some(OutputFormat::JsonSchema(schema)), ..whole() }
}

#[test]
fn a_schema_for_the_answer_goes_out_as_it_is_written() {
    let body = bytes_sent(schema(Some("weather"), Some("The weather"), Some(true)));
    let expected = concat!(
        r#""response_format":{"type":"json_schema","json_schema":{"name":"weather","#,
        r#""description":"The weather","#,
        r#""schema":{"type": "object", "required": ["z","a"], "minimum": 1.0},"strict":true}}}"#,
    );
    assert!(body.ends_with(expected), "{body}");
}

#[test]
fn a_schema_without_a_name_gets_the_one_that_the_protocol_demands() {
    let format = body(schema(None, None, None))["response_format"].clone();
    let schema = json!({ "type": "object", "required": ["z", "a"], "minimum": 1.0 });
    let expected = json!({ "name": "answer", "schema": schema });
    assert_eq!(format, json!({ "type": "json_schema", "json_schema": expected }));
}

#[test]
fn a_schema_that_is_no_json_is_refused() {
    let schema = JsonSchema { name: None, description: None, schema: "{".to_owned(), strict: None };
    let output = Some(OutputFormat::JsonSchema(schema));
    let failure = refused(ChatRequest { output, ..whole() });
    assert_eq!(failure.kind, FailureKind::InvalidRequest);
    assert!(failure.message.starts_with("the schema of the answer is not JSON"));
}

#[test]
fn json_without_a_schema_and_free_text_have_their_word() {
    for (output, word) in [(OutputFormat::JsonObject, "json_object"), (OutputFormat::Text, "text")]
    {
        let body = body(ChatRequest { output: Some(output), ..whole() });
        assert_eq!(body["response_format"], json!({ "type": word }));
    }
    assert_eq!(body(whole()).get("response_format"), None);
}

#[test]
fn what_a_person_writes_is_escaped_as_json_wants_it() {
    let odd = "\"\\\u{0}\u{1f}\u{7f}\u{2028}</script>\n\u{1f600}";
    let body = body(ChatRequest { model: odd.to_owned(), ..ChatRequest::user(odd) });
    assert_eq!((&body["model"], &body["messages"][0]["content"]), (&json!(odd), &json!(odd)));
}
