//! What the provider says when it does not answer, or no longer.

use crate::provider::{
    DONE, chunk, delta, end, malformed, own, piece, play, provider, run, sse, text,
};
use hotcell_adapter_openai::OpenAi;
use hotcell_sdk::{Chat, ChatRequest, Failure, FailureKind};
use serde_json::{Value, json};

fn failure(status: u16, body: &str) -> Failure {
    failure_with(status, body, &[])
}

fn failure_with(status: u16, body: &str, headers: &[(&str, &str)]) -> Failure {
    let mut script = provider();
    script.answer(status, "application/json", body);
    for (name, value) in headers {
        script.header(name, value);
    }
    let run = script.chat::<OpenAi>(ChatRequest::user("hi"));
    assert!(run.events.is_empty(), "{:?}", run.events);
    run.failure.expect("a failure")
}

/// An error as OpenAI writes it.
fn error(kind: Value, code: Value, message: &str) -> Value {
    json!({ "error": { "message": message, "type": kind, "param": null, "code": code } })
}

#[test]
fn every_status_has_its_kind() {
    for (status, kind) in [
        (307, FailureKind::MalformedResponse),
        (400, FailureKind::InvalidRequest),
        (401, FailureKind::Authentication),
        (402, FailureKind::QuotaExhausted),
        (403, FailureKind::Permission),
        (404, FailureKind::NotFound),
        (408, FailureKind::TimedOut),
        (413, FailureKind::TooLarge),
        (418, FailureKind::InvalidRequest),
        (422, FailureKind::InvalidRequest),
        (429, FailureKind::RateLimited),
        (500, FailureKind::ProviderError),
        (502, FailureKind::ProviderError),
        (503, FailureKind::Overloaded),
        (504, FailureKind::TimedOut),
        (529, FailureKind::Overloaded),
    ] {
        let body = error(json!("new_error"), Value::Null, "sorry").to_string();
        let known = failure(status, &body);
        assert_eq!((known.kind, known.status), (kind, Some(status)));
        assert_eq!((known.message.as_str(), known.code.as_deref()), ("sorry", Some("new_error")));
        assert_eq!(known.raw.as_ref().map(own), Some(body.as_str()));
        for page in ["", "<html>sorry</html>"] {
            let failure = failure(status, page);
            assert_eq!((failure.kind, failure.raw), (kind, None), "{page}");
            let message = format!("the provider answered with status {status}");
            assert_eq!((failure.message, failure.status), (message, Some(status)));
        }
    }
}

#[test]
fn a_code_says_more_than_the_status() {
    for (status, code, kind) in [
        (400, "invalid_api_key", FailureKind::Authentication),
        (400, "unsupported_country_region_territory", FailureKind::Permission),
        (429, "insufficient_quota", FailureKind::QuotaExhausted),
        (403, "billing_not_active", FailureKind::QuotaExhausted),
        (429, "rate_limit_exceeded", FailureKind::RateLimited),
        (400, "context_length_exceeded", FailureKind::TooLarge),
        (400, "content_policy_violation", FailureKind::ContentFiltered),
        (400, "DataInspectionFailed", FailureKind::ContentFiltered),
        (400, "model_not_found", FailureKind::NotFound),
        (403, "model_not_available", FailureKind::NotFound),
        (500, "overloaded", FailureKind::Overloaded),
        (429, "engine_overloaded_error", FailureKind::Overloaded),
        (500, "timeout", FailureKind::TimedOut),
        (400, "new_code", FailureKind::InvalidRequest),
    ] {
        for words in [(json!("new_error"), json!(code)), (json!(code), Value::Null)] {
            let failure = failure(status, &error(words.0, words.1, "sorry").to_string());
            assert_eq!((failure.kind, failure.status), (kind, Some(status)), "{code}");
            assert_eq!(failure.code.as_deref(), Some(code));
        }
    }
}

#[test]
fn a_request_that_is_too_large_is_not_to_be_tried_again() {
    let message = "Request too large on tokens per minute: Limit 6000, Requested 7000";
    let body = error(json!("tokens"), json!("rate_limit_exceeded"), message).to_string();
    assert_eq!(failure(413, &body).kind, FailureKind::TooLarge);
    assert_eq!(failure(429, &body).kind, FailureKind::RateLimited);
}

#[test]
fn a_sentence_tells_where_the_status_leaves_it_open() {
    for (status, message, kind) in [
        (400, "This model's maximum context length is 8192 tokens.", FailureKind::TooLarge),
        (500, "the prompt is too long", FailureKind::TooLarge),
        (400, "Insufficient Balance", FailureKind::QuotaExhausted),
        (429, "You exceeded your current quota, please check.", FailureKind::QuotaExhausted),
        (400, "Model Not Exist", FailureKind::NotFound),
        (400, "Incorrect API key provided: sk-x", FailureKind::Authentication),
        (404, "incorrect api key", FailureKind::NotFound),
        (401, "no such model for this key", FailureKind::Authentication),
        (400, "unclear", FailureKind::InvalidRequest),
    ] {
        let failure = failure(status, &error(Value::Null, Value::Null, message).to_string());
        assert_eq!((failure.kind, failure.message.as_str()), (kind, message));
        assert_eq!(failure.code, None);
    }
}

#[test]
fn error_bodies_are_read_in_all_their_forms() {
    for (body, message, code) in [
        (json!({ "error": { "message": "no", "code": "c" } }), "no", Some("c")),
        (json!({ "error": { "message": "no", "code": 1302, "type": "t" } }), "no", Some("1302")),
        (json!({ "error": "no" }), "no", None),
        (json!({ "error": true, "message": "no" }), "no", None),
        (json!({ "error": { "type": "t" }, "message": "no" }), "no", Some("t")),
        (json!([{ "error": { "message": "no", "status": "S" } }]), "no", None),
        (json!({ "errors": [{ "message": "no", "code": 10000 }] }), "no", Some("10000")),
        (
            json!({ "object": "error", "message": "no", "type": "t", "code": 400 }),
            "no",
            Some("400"),
        ),
        (json!({ "message": "no", "code": "c", "request_id": "r" }), "no", Some("c")),
        (json!({ "detail": "no" }), "no", None),
        (json!({ "error_description": "no" }), "no", None),
        (json!({ "title": "no", "status": 400 }), "no", None),
        (json!({ "error": { "message": { "detail": { "message": "no" } } } }), "no", None),
        (
            json!({ "detail": [{ "loc": ["body", "n"], "msg": "no" }, "or so" ] }),
            "body.n: no; or so",
            None,
        ),
        (
            json!({ "message": { "detail": [{ "loc": ["body", 0], "msg": "no" }] } }),
            "body.0: no",
            None,
        ),
        (json!("no"), "no", None),
    ] {
        let body = body.to_string();
        let failure = failure(400, &body);
        assert_eq!((failure.message.as_str(), failure.code.as_deref()), (message, code), "{body}");
        assert_eq!((failure.kind, failure.status), (FailureKind::InvalidRequest, Some(400)));
        assert_eq!(failure.raw.as_ref().map(own), Some(body.as_str()));
    }
    let plain = failure(400, "no such route");
    assert_eq!((plain.message.as_str(), plain.raw), ("no such route", None));
}

#[test]
fn the_member_that_an_error_is_about_is_named() {
    let mut body = error(json!("invalid_request_error"), Value::Null, "too hot");
    assert_eq!(failure(400, &body.to_string()).param, None);
    body["error"]["param"] = json!("temperature");
    assert_eq!(failure(400, &body.to_string()).param.as_deref(), Some("temperature"));
}

#[test]
fn what_a_filter_found_makes_an_error_one_of_the_content() {
    let routed = json!({ "error": { "code": 403, "message": "flagged",
        "metadata": { "reasons": ["violence"], "flagged_input": "x" } } });
    let azure = json!({ "error": { "code": "new", "message": "flagged",
        "innererror": { "code": "new", "content_filter_result": {} } } });
    for (status, body) in [(403, routed), (400, azure)] {
        assert_eq!(failure(status, &body.to_string()).kind, FailureKind::ContentFiltered);
    }
}

#[test]
fn how_long_to_wait_is_told_by_header_or_sentence() {
    let limited =
        |message: &str| error(json!("requests"), json!("rate_limit_exceeded"), message).to_string();
    let wait = |message: &str, headers: &[(&str, &str)]| {
        failure_with(429, &limited(message), headers).retry_after_ms
    };
    assert_eq!(wait("slow down", &[("retry-after", "7")]), Some(7000));
    assert_eq!(wait("slow down", &[("retry-after-ms", "1234"), ("retry-after", "2")]), Some(1234));
    let dates = [
        ("date", "Sat, 28 Feb 2026 23:59:30 GMT"),
        ("retry-after", "Sun, 01 Mar 2026 00:00:10 GMT"),
    ];
    assert_eq!(wait("slow down", &dates), Some(40_000));
    for (message, ms) in [
        ("Please try again in 7s.", Some(7000)),
        ("Please try again in 1m2.5s. Visit x", Some(62_500)),
        ("Please try again in 20ms", Some(20)),
        ("try again in 2 hours 3 minutes", Some(7_380_000)),
        ("try again in 5 seconds", Some(5000)),
        ("try again in 5 s, 3 requests are left", Some(5000)),
        ("try again in 5s 3 requests are left", Some(5000)),
        ("try again in a moment", None),
        ("try again in 5 weeks", None),
        ("slow down", None),
    ] {
        assert_eq!(wait(message, &[]), ms, "{message}");
    }
    assert_eq!(wait("try again in 9s", &[("retry-after", "1")]), Some(1000), "the header knows");
    let other = error(Value::Null, Value::Null, "try again in 9s").to_string();
    assert_eq!(failure(400, &other).retry_after_ms, None, "trying again would not help");
}

#[test]
fn the_id_of_the_request_is_found_by_every_name_that_providers_have_for_it() {
    let body = json!({ "message": "no", "request_id": "from the body" }).to_string();
    let id = |headers: &[(&str, &str)]| failure_with(400, &body, headers).request_id;
    let names = [
        "x-request-id",
        "request-id",
        "apim-request-id",
        "mistral-correlation-id",
        "x-generation-id",
        "x-ds-trace-id",
        "cf-ray",
    ];
    for name in names {
        assert_eq!(id(&[(name, "r")]).as_deref(), Some("r"), "{name}");
        // The network before the provider has an id of its own.
        let expected = if name == "cf-ray" { "ray" } else { "r" };
        assert_eq!(id(&[("cf-ray", "ray"), (name, "r")]).as_deref(), Some(expected), "{name}");
    }
    assert_eq!(id(&[]).as_deref(), Some("from the body"));
    assert_eq!(id(&[("server", "x")]).as_deref(), Some("from the body"));
}

/// A stream that goes wrong after its first word.
fn midstream(wrong: &str) -> Failure {
    let run = run(&format!("{}{wrong}\n\n{}{DONE}", sse(&[text("x")]), sse(&[end("stop")])));
    assert_eq!(run.text(), "x", "{wrong}");
    assert_eq!(run.finished(), None, "{wrong}");
    run.failure.expect("a failure")
}

#[test]
fn an_error_in_the_middle_of_a_stream_ends_it_after_what_came_before() {
    for (code, kind) in [
        (json!("server_error"), FailureKind::ProviderError),
        (json!("overloaded"), FailureKind::Overloaded),
        (json!("rate_limit_exceeded"), FailureKind::RateLimited),
        (json!("content_filter"), FailureKind::ContentFiltered),
        (json!("context_length_exceeded"), FailureKind::TooLarge),
        (Value::Null, FailureKind::ProviderError),
    ] {
        let body = error(Value::Null, code.clone(), "sorry").to_string();
        let failure = midstream(&format!("data: {body}"));
        assert_eq!((failure.kind, failure.status), (kind, None));
        assert_eq!((failure.message.as_str(), failure.code.as_deref()), ("sorry", code.as_str()));
        assert_eq!(failure.request_id.as_deref(), Some("req_1"));
        assert_eq!(failure.raw.as_ref().map(own), Some(body.as_str()));
    }
}

#[test]
fn an_error_in_the_middle_of_a_stream_is_read_in_all_its_forms() {
    for wrong in [
        r#"data: {"error":"sorry"}"#,
        r#"data: {"error":{"message":"sorry"},"choices":[]}"#,
        r#"data: {"error":true,"message":"sorry","choices":[{"index":0,"delta":{"content":"y"}}]}"#,
        r#"data: {"object":"error","message":"sorry","code":500}"#,
        r#"data: {"code":"new","message":"sorry","request_id":"r"}"#,
        r#"data: {"detail":"sorry"}"#,
        r#"data: {"choices":[{"index":0,"delta":{"content":""},"error":{"message":"sorry"}}]}"#,
        r#"data: {"choices":[{"index":0,"finish_reason":"error","error":{"message":"sorry"}}]}"#,
        r#"data: "sorry""#,
        "event: error\ndata: {\"message\":\"sorry\"}",
        "event: error\ndata: {\"error\":{\"message\":\"sorry\"}}",
        "event: error\ndata: \"sorry\"",
        "event: error\ndata: sorry",
    ] {
        let failure = midstream(wrong);
        assert_eq!(failure.kind, FailureKind::ProviderError, "{wrong}");
        assert_eq!(failure.message, "sorry", "{wrong}");
        let raw = failure.raw.as_ref().map(own).expect("the provider's own words");
        assert!(serde_json::from_str::<Value>(raw).is_ok(), "{raw}");
    }
}

#[test]
fn the_status_that_an_error_in_the_stream_would_have_had_is_known() {
    for (code, kind) in [
        (429, FailureKind::RateLimited),
        (502, FailureKind::ProviderError),
        (503, FailureKind::Overloaded),
    ] {
        let body = json!({ "id": "gen-1", "provider": "x",
            "error": { "code": code, "message": "sorry" },
            "choices": [{ "index": 0, "delta": { "content": "" }, "finish_reason": "error" }] });
        let failure = midstream(&format!("data: {body}"));
        assert_eq!((failure.kind, failure.status), (kind, Some(code)));
    }
    let body = json!({ "error": { "code": 1302, "message": "sorry" } });
    assert_eq!(midstream(&format!("data: {body}")).status, None, "no status has this number");
}

#[test]
fn an_answer_that_ends_with_an_error_without_a_name_has_failed() {
    let last = end("error");
    let failure = midstream(&format!("data: {last}"));
    assert_eq!(
        (failure.kind, failure.code.as_deref()),
        (FailureKind::ProviderError, Some("error"))
    );
    assert_eq!(failure.raw.as_ref().map(own), Some(last.to_string().as_str()));
}

#[test]
fn members_that_are_empty_are_no_error() {
    for member in [json!(null), json!({}), json!([]), json!(""), json!(false)] {
        let mut chunk = text("x");
        chunk["error"] = member.clone();
        chunk["choices"][0]["error"] = member;
        let run = run(&(sse(&[chunk, end("stop")]) + DONE));
        assert_eq!((run.text().as_str(), run.failure), ("x", None));
    }
}

#[test]
fn an_error_before_the_first_event_is_a_failure_of_the_call() {
    let body = error(Value::Null, json!("overloaded"), "busy");
    for stream in
        [sse(std::slice::from_ref(&body)), format!(": OPENROUTER PROCESSING\n\n{}", sse(&[body]))]
    {
        let mut script = provider();
        script.answer(200, "text/event-stream", stream);
        let (result, _) = script.call(|| OpenAi::complete(ChatRequest::user("hi")));
        assert_eq!(result.err().map(|failure| failure.kind), Some(FailureKind::Overloaded));
    }
}

#[test]
fn an_error_in_the_place_of_an_answer_is_a_failure() {
    let body = error(json!("server_error"), json!("overloaded"), "busy").to_string();
    for stream in [true, false] {
        let run = play("application/json", &body, stream);
        let failure = run.failure.expect("a failure");
        assert_eq!((failure.kind, failure.status), (FailureKind::Overloaded, None));
        assert_eq!(failure.request_id.as_deref(), Some("req_1"));
        assert_eq!(failure.raw.as_ref().map(own), Some(body.as_str()));
    }
    let choice = r#"{"choices":[{"index":0,"error":{"code":502,"message":"sorry"}}]}"#;
    let failure = play("application/json", choice, false).failure.expect("a failure");
    assert_eq!((failure.message.as_str(), failure.status), ("sorry", Some(502)));
}

#[test]
fn a_wait_that_an_error_in_the_stream_asks_for_is_told() {
    let body = error(json!("requests"), json!("rate_limit_exceeded"), "try again in 3s");
    assert_eq!(midstream(&format!("data: {body}")).retry_after_ms, Some(3000));
}

#[test]
fn a_connection_that_breaks_is_told_after_what_came_before() {
    let call = json!({ "index": 0, "id": "a", "function": { "name": "look", "arguments": "{" } });
    let body = sse(&[text("x"), piece(call), chunk(json!([])), delta(json!({}))]);
    let mut script = provider();
    script.answer(200, "text/event-stream", body).header("x-request-id", "req_1").broken();
    let run = script.chat_at_every_cut::<OpenAi>(&ChatRequest::user("hi"));
    assert_eq!(run.text(), "x");
    assert_eq!(run.finished(), None);
    let failure = run.failure.expect("a failure");
    assert_eq!(failure.kind, FailureKind::Unreachable);
    assert_eq!(failure.request_id.as_deref(), Some("req_1"));
}

#[test]
fn bytes_that_are_not_utf8_are_malformed() {
    let mut body = sse(&[text("x")]).into_bytes();
    body.extend(b"data: {\"choices\":[{\"delta\":{\"content\":\"\xff\"}}]}\n\n");
    let mut script = provider();
    script.answer(200, "text/event-stream", body);
    let run = script.chat_at_every_cut::<OpenAi>(&ChatRequest::user("hi"));
    assert_eq!(run.text(), "x");
    let kind = run.failure.map(|failure| failure.kind);
    assert_eq!(kind, Some(FailureKind::MalformedResponse));
    malformed("data: {\"choices\":[{\"delta\":{\"content\":\"\\u12\"}}]}\n\n");
}

#[test]
fn nobody_there_is_a_failure_of_the_call() {
    let mut script = provider();
    script.failing(FailureKind::TimedOut);
    let run = script.chat::<OpenAi>(ChatRequest::user("hi"));
    assert_eq!(run.failure.map(|failure| failure.kind), Some(FailureKind::TimedOut));
}
