//! How large a request is.

use crate::provider::{conversation, message, provider, value, vertex};
use hotcell_adapter_gemini::Gemini;
use hotcell_sdk::testing::{Script, Sent};
use hotcell_sdk::{ChatRequest, Failure, FailureKind, Role, Sampling, TokenCount, Tokens};
use serde_json::{Value, json};

fn count(script: &mut Script, answer: &Value) -> (Result<TokenCount, Failure>, Vec<Sent>) {
    script.answer(200, "application/json", answer.to_string());
    let request = conversation(vec![message(Role::System, "a"), message(Role::User, "b")]);
    let sampling = Sampling { temperature: Some(1.0), ..request.sampling.clone() };
    script.call(|| Gemini::count(ChatRequest { sampling, ..request }))
}

#[test]
fn a_whole_request_is_counted() {
    let details = json!([{ "modality": "TEXT", "tokenCount": 8 }]);
    let answer = json!({ "totalTokens": 8, "promptTokensDetails": details });
    let (counted, sent) = count(&mut provider(), &answer);
    let counted = counted.expect("a count");
    assert_eq!(counted.input, 8);
    let extra = counted.extra.as_ref().map(value);
    assert_eq!(extra, Some(json!({ "promptTokensDetails": details })));
    assert_eq!(sent[0].path, "/models/gemini-2.5-flash:countTokens");
    assert_eq!(
        sent[0].json(),
        json!({ "generateContentRequest": {
            "contents": [{ "role": "user", "parts": [{ "text": "b" }] }],
            "systemInstruction": { "parts": [{ "text": "a" }] },
            "generationConfig": { "temperature": 1.0 },
            "model": "models/gemini-2.5-flash"
        } })
    );
}

#[test]
fn vertex_counts_without_a_wrapping() {
    let (counted, sent) = count(&mut vertex(), &json!({ "totalTokens": 7 }));
    assert_eq!(counted.map(|counted| counted.input), Ok(7));
    let body = sent[0].json();
    assert_eq!(body["contents"][0]["parts"], json!([{ "text": "b" }]));
    assert_eq!(body.get("model"), None);
}

#[test]
fn a_count_that_is_none_is_malformed() {
    for answer in [json!({}), json!([]), json!({ "totalTokens": "8" })] {
        let failure = count(&mut provider(), &answer).0.unwrap_err();
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{answer}");
    }
}
