//! Clients of one dialect at providers of another: what is carried over is not said to be lost.

use crate::world::World;
use hotcell::types::ChatRequest;
use hotcell_dialects::{Dialect, anthropic_messages, gemini};
use serde_json::{Value, json};

const CHAT: &str = r#"{"id":"c","object":"chat.completion","created":1,"model":"m",
    "choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}"#;
const RESPONSE: &str = r#"{"id":"r","status":"completed","model":"m","output":[]}"#;

/// A request of a client of Anthropic's, with a budget to think and a document that is text.
fn of_anthropic(model: &str) -> ChatRequest {
    let body = json!({ "model": model, "max_tokens": 20_000, "stream": false,
        "thinking": { "type": "enabled", "budget_tokens": 10_000 },
        "messages": [{ "role": "user", "content": [
            { "type": "document", "title": "Notes", "context": "Of last week.", "source": {
                "type": "text", "media_type": "text/plain", "data": "it was hot" } },
            { "type": "text", "text": "How was it?" },
        ] }] });
    anthropic_messages::read_request(body.to_string().as_bytes()).expect("a request")
}

#[tokio::test]
async fn a_budget_to_think_is_an_effort_at_chat_completions_and_a_document_a_text() {
    let world = World::open("openai-compatible", &[], Dialect::AnthropicMessages).await;
    let outcome = world.whole(of_anthropic("gpt-5"), CHAT).await;
    let arrived = outcome.arrived();
    assert_eq!(arrived["reasoning_effort"], "medium");
    let text = "Notes\n\nOf last week.\n\nit was hot";
    assert_eq!(arrived["messages"][0]["content"][0], json!({ "type": "text", "text": text }));
    let became = "the budget of tokens for reasoning was given as the effort `medium`, for the \
                  protocol has only words for it";
    assert_eq!(outcome.warnings, [became]);
    // One that is not known to reason would refuse it.
    let outcome = world.whole(of_anthropic("m"), CHAT).await;
    assert_eq!(outcome.arrived().get("reasoning_effort"), None);
    let lost = "the budget of tokens for reasoning was left out: openai-chat has no word for it";
    assert_eq!(outcome.warnings, [lost]);
}

#[tokio::test]
async fn a_budget_to_think_is_an_effort_at_responses_and_a_document_a_file_of_text() {
    let world = World::open("openai-responses-compatible", &[], Dialect::AnthropicMessages).await;
    let outcome = world.whole(of_anthropic("o3"), RESPONSE).await;
    let arrived = outcome.arrived();
    assert_eq!(arrived["reasoning"]["effort"], "medium");
    let content = json!([
        { "type": "input_text", "text": "Of last week." },
        { "type": "input_file", "filename": "Notes.txt",
            "file_data": "data:text/plain;base64,aXQgd2FzIGhvdA==" },
        { "type": "input_text", "text": "How was it?" },
    ]);
    assert_eq!(arrived["input"][0]["content"], content);
    assert_eq!(outcome.warnings.len(), 1, "{:?}", outcome.warnings);
}

/// A request of Google's SDK for Python, which spells some members in one way and some in the
/// other, and writes media in the alphabet of URLs.
fn of_google() -> Value {
    json!({
        "system_instruction": { "parts": [{ "text": "be" }], "role": "user" },
        "contents": [
            { "role": "user", "parts": [
                { "inline_data": { "mime_type": "image/png", "data": "-_-_" } },
                { "text": "look" }] },
            { "role": "model", "parts": [
                { "function_call": { "name": "f", "args": { "an_arg": 1 } } }] },
            { "role": "user", "parts": [
                { "function_response": { "name": "f", "response": { "output": "1" } } }] },
        ],
        "tools": [{ "function_declarations": [{ "name": "f", "parameters": {
            "type": "object" } }] }],
        "tool_config": { "function_calling_config": { "mode": "ANY",
            "allowed_function_names": ["f"] } },
        "generation_config": { "max_output_tokens": 5, "top_p": 0.5, "stop_sequences": ["x"],
            "candidate_count": 1 },
    })
}

#[tokio::test]
async fn what_googles_clients_spell_in_snake_case_and_is_carried_over_is_not_warned_of() {
    let world = World::open("openai-compatible", &[], Dialect::Gemini).await;
    let read = |body: &Value| {
        gemini::read_request(body.to_string().as_bytes(), "m", false).expect("a request")
    };
    let outcome = world.whole(read(&of_google()), CHAT).await;
    let arrived = outcome.arrived();
    assert_eq!((&arrived["max_tokens"], &arrived["top_p"]), (&json!(5), &json!(0.5)));
    assert_eq!(arrived["tools"][0]["function"]["name"], "f");
    assert_eq!(outcome.warnings, [""; 0]);
    // What is not carried over is.
    let mut body = of_google();
    body["safety_settings"] = json!([{ "category": "c", "threshold": "t" }]);
    let warnings = world.whole(read(&body), CHAT).await.warnings;
    assert!(matches!(&warnings[..], [one] if one.contains("`safety_settings`")), "{warnings:?}");
}

#[tokio::test]
async fn googles_own_provider_gets_the_same_in_the_first_of_the_two_spellings() {
    let world = World::open("gemini", &[], Dialect::Gemini).await;
    let request = gemini::read_request(of_google().to_string().as_bytes(), "m", false);
    let answer = json!({ "candidates": [{ "content": { "parts": [{ "text": "hi" }] },
        "finishReason": "STOP" }] });
    let outcome = world.whole(request.expect("a request"), &answer.to_string()).await;
    let arrived = outcome.arrived();
    let picture = json!({ "inlineData": { "mimeType": "image/png", "data": "-_-_" } });
    assert_eq!(arrived["contents"][0]["parts"][0], picture);
    assert_eq!(arrived["contents"][1]["parts"][0]["functionCall"]["args"], json!({ "an_arg": 1 }));
    let config = json!({ "maxOutputTokens": 5, "topP": 0.5, "stopSequences": ["x"],
        "candidateCount": 1 });
    assert_eq!(arrived["generationConfig"], config);
    assert_eq!(outcome.warnings, [""; 0]);
}
