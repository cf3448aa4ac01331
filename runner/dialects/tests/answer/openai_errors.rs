//! Errors as OpenAI's libraries read them.

use super::*;
use hotcell::types::{Failure, FailureKind};
use hotcell_dialects::Dialect::OpenAiChat as CHAT;
use serde_json::{Map, json};

#[test]
fn a_failure_in_the_middle_is_an_error_and_no_end() {
    let mut writer = CHAT.stream(&request(CHAT, "{}"), about());
    let mut out = Vec::new();
    writer.event(Event::Text(delta(0, "a")), &mut out);
    writer.fail(&Failure::new(FailureKind::Overloaded, "too busy"), &mut out);
    let frames = frames(&out);
    assert_eq!(frames.len(), 3);
    let error = json!({
        "message": "too busy", "type": "server_error", "param": null, "code": "overloaded",
    });
    assert_eq!(frames[2].1, json!({ "error": error }));
    assert!(!String::from_utf8_lossy(&out).contains("[DONE]"));
}

#[test]
fn errors_have_the_status_that_raises_the_right_exception() {
    for (kind, status, code) in [
        (FailureKind::InvalidRequest, 400, None),
        (FailureKind::Authentication, 401, Some("invalid_api_key")),
        (FailureKind::Permission, 403, Some("permission_denied")),
        (FailureKind::NotFound, 404, Some("model_not_found")),
        (FailureKind::TooLarge, 400, Some("context_length_exceeded")),
        (FailureKind::RateLimited, 429, Some("rate_limit_exceeded")),
        (FailureKind::QuotaExhausted, 429, Some("insufficient_quota")),
        (FailureKind::Internal, 500, Some("internal_error")),
    ] {
        let refusal = CHAT.refusal(&Failure::new(kind, "why"));
        let body: Value = serde_json::from_slice(&refusal.body).expect("JSON");
        assert_eq!(refusal.status, status, "{kind:?}");
        assert_eq!(body["error"]["code"].as_str(), code, "{kind:?}");
        assert_eq!(body["error"]["message"], "why");
    }
    // What a gateway says by itself has a word of its own; that of a provider of another dialect
    // would say nothing here.
    let mut failure = Failure::new(FailureKind::Permission, "why");
    failure.code = Some("model_not_allowed".to_owned());
    for (status, code) in [(None, "model_not_allowed"), (Some(403), "permission_denied")] {
        failure.status = status;
        let body: Value = serde_json::from_slice(&CHAT.refusal(&failure).body).expect("JSON");
        assert_eq!(body["error"]["code"], code);
    }
}

#[test]
fn an_error_of_this_dialect_comes_out_as_it_came() {
    let said = r#"{"error":{"message":"m","type":"t","code":7,"more":[1.50]}}"#;
    let mut failure = Failure::new(FailureKind::RateLimited, "m");
    failure.status = Some(418);
    failure.raw = Some(native("openai-chat", said));
    let refusal = CHAT.refusal(&failure);
    assert_eq!((refusal.status, String::from_utf8_lossy(&refusal.body).as_ref()), (418, said));
    failure.raw = Some(native("anthropic-messages", said));
    assert_eq!(CHAT.refusal(&failure).status, 429);
}

#[test]
fn the_reason_stands_where_clients_look_for_it() {
    let mut failure = Failure::new(FailureKind::RateLimited, "m");
    failure.status = Some(418);
    // In `error`, which vLLM and FastAPI do not write.
    for said in [
        r#"{"object":"error","message":"m","type":"BadRequestError","param":null,"code":400}"#,
        r#"{"detail":"m"}"#,
        r#"{"error":null,"message":"m"}"#,
    ] {
        failure.raw = Some(native("openai-chat", said));
        let refusal = CHAT.refusal(&failure);
        let body: Value = serde_json::from_slice(&refusal.body).expect("JSON");
        assert_eq!((refusal.status, &body["error"]["message"]), (418, &json!("m")), "{said}");
        // Nothing of it is lost, wherever a client looks, and nothing is said twice.
        let said: Map<String, Value> = serde_json::from_str(said).expect("JSON");
        for (name, value) in said.iter().filter(|(name, _)| *name != "error") {
            assert_eq!((&body[name], &body["error"][name]), (value, value), "{body}");
        }
        let text = String::from_utf8_lossy(&refusal.body);
        let (_, error) = text.split_once("\"error\":").expect("it");
        for name in ["message", "type", "param", "code"] {
            assert_eq!(error.matches(&format!("\"{name}\":")).count(), 1, "{text}");
        }
    }
}
