//! What the provider says when it does not answer.

use crate::provider::{chunk, provider, run, sse};
use hotcell_adapter_gemini::Gemini;
use hotcell_sdk::{ChatRequest, Failure, FailureKind};
use serde_json::{Value, json};

fn failure(status: u16, body: impl ToString) -> Failure {
    let mut script = provider();
    script.answer(status, "application/json; charset=UTF-8", body.to_string());
    script.header("x-request-id", "req-1");
    script.chat::<Gemini>(ChatRequest::user("hi")).failure.expect("a failure")
}

fn error(code: u16, status: &str, message: &str, details: Value) -> Value {
    json!({ "error": { "code": code, "message": message, "status": status, "details": details } })
}

fn detail(kind: &str, mut detail: Value) -> Value {
    detail["@type"] = format!("type.googleapis.com/google.rpc.{kind}").into();
    detail
}

#[test]
fn a_status_has_its_meaning() {
    for (code, word, kind) in [
        (400, "INVALID_ARGUMENT", FailureKind::InvalidRequest),
        (400, "FAILED_PRECONDITION", FailureKind::InvalidRequest),
        (401, "UNAUTHENTICATED", FailureKind::Authentication),
        (403, "PERMISSION_DENIED", FailureKind::Permission),
        (404, "NOT_FOUND", FailureKind::NotFound),
        (429, "RESOURCE_EXHAUSTED", FailureKind::RateLimited),
        (499, "CANCELLED", FailureKind::ProviderError),
        (500, "INTERNAL", FailureKind::ProviderError),
        (503, "UNAVAILABLE", FailureKind::Overloaded),
        (504, "DEADLINE_EXCEEDED", FailureKind::TimedOut),
        (418, "NEW_WORD", FailureKind::InvalidRequest),
    ] {
        let body = error(code, word, " a sentence ", json!([]));
        let failure = failure(code, &body);
        assert_eq!(failure.kind, kind, "{word}");
        assert_eq!(failure.message, "a sentence");
        assert_eq!((failure.status, failure.code.as_deref()), (Some(code), Some(word)));
        assert_eq!(failure.request_id.as_deref(), Some("req-1"));
        let raw = failure.raw.expect("the body");
        assert_eq!(serde_json::from_str::<Value>(&raw.value).expect("JSON"), body);
    }
}

#[test]
fn details_say_more_than_the_status() {
    let key = detail("ErrorInfo", json!({ "reason": "API_KEY_INVALID" }));
    let failed = failure(400, error(400, "INVALID_ARGUMENT", "API key not valid.", json!([key])));
    assert_eq!(failed.kind, FailureKind::Authentication);

    let field = json!({ "fieldViolations": [{ "field": "contents[0].role", "description": "d" }] });
    let field = detail("BadRequest", field);
    let failed = failure(400, error(400, "INVALID_ARGUMENT", "bad", json!([field])));
    assert_eq!(failed.param.as_deref(), Some("contents[0].role"));
}

#[test]
fn a_limit_of_a_minute_is_waited_for_and_one_of_a_day_is_not() {
    let limited = |quota: Value| {
        let quota = detail("QuotaFailure", json!({ "violations": [quota] }));
        let retry = detail("RetryInfo", json!({ "retryDelay": "17.5s" }));
        failure(429, error(429, "RESOURCE_EXHAUSTED", "quota exceeded", json!([quota, retry])))
    };
    let minute = limited(json!({ "quotaId": "GenerateRequestsPerMinutePerProjectPerModel" }));
    assert_eq!(minute.kind, FailureKind::RateLimited);
    assert_eq!(minute.retry_after_ms, Some(17_500));
    for quota in [
        json!({ "quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier" }),
        json!({ "quotaId": "GenerateRequestsPerMinute", "quotaValue": "0" }),
    ] {
        assert_eq!(limited(quota.clone()).kind, FailureKind::QuotaExhausted, "{quota}");
    }
}

#[test]
fn sentences_say_what_has_no_word() {
    for (message, kind) in [
        (
            "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
            FailureKind::TooLarge,
        ),
        ("Request payload size exceeds the limit: 20971520 bytes.", FailureKind::TooLarge),
        ("API key expired. Please renew the API key.", FailureKind::Authentication),
        ("User location is not supported for the API use.", FailureKind::Permission),
        ("Unknown name \"x\": Cannot find field.", FailureKind::InvalidRequest),
    ] {
        let failure = failure(400, error(400, "INVALID_ARGUMENT", message, json!([])));
        assert_eq!(failure.kind, kind, "{message}");
    }
}

#[test]
fn a_body_of_another_form_is_read_as_far_as_it_goes() {
    // As a stream without `alt=sse` has it.
    let listed = json!([error(503, "UNAVAILABLE", "busy", json!([]))]);
    assert_eq!(failure(503, &listed).kind, FailureKind::Overloaded);
    assert_eq!(failure(403, json!({ "error": "denied" })).message, "denied");
    let page = failure(502, "<html>Bad Gateway</html>");
    assert_eq!((page.kind, page.status), (FailureKind::ProviderError, Some(502)));
    assert_eq!(failure(429, "").kind, FailureKind::RateLimited);
}

#[test]
fn an_error_in_the_middle_of_a_stream_comes_after_what_was_said() {
    let said = chunk(json!([{ "text": "a" }]));
    let broke = error(503, "UNAVAILABLE", "The model is overloaded.", json!([]));
    let as_event = sse(&[said.clone(), broke.clone()]);
    // Behind the events, without being one.
    let as_tail = format!("{}{broke:#}\n", sse(std::slice::from_ref(&said)));
    let as_list = format!("{}[{broke:#}]", sse(&[said]));
    for body in [as_event, as_tail, as_list] {
        let run = run(&body);
        assert_eq!(run.text(), "a", "{body}");
        let failure = run.failure.expect("a failure");
        assert_eq!(failure.kind, FailureKind::Overloaded, "{body}");
        assert_eq!(failure.code.as_deref(), Some("UNAVAILABLE"));
        assert_eq!(failure.message, "The model is overloaded.");
        assert_eq!(failure.status, None);
    }
}

#[test]
fn an_error_in_the_place_of_an_answer_fails_the_call() {
    let body = error(429, "RESOURCE_EXHAUSTED", "slow down", json!([]));
    let mut script = provider();
    script.answer(200, "application/json", body.to_string());
    let run = script.chat_at_every_cut::<Gemini>(&ChatRequest::user("hi"));
    assert_eq!(run.failure.map(|failure| failure.kind), Some(FailureKind::RateLimited));
    assert!(run.events.is_empty());
}
