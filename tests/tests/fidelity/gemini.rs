//! Gemini's content generation.

use crate::world::World;
use hotcell::types::ChatRequest;
use hotcell_dialects::{Dialect, gemini};
use serde_json::{Value, json};

fn asked() -> ChatRequest {
    let body = br#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#;
    gemini::read_request(body, "m", false).expect("a request")
}

/// A prompt that the provider's rules stop.
fn blocked() -> Value {
    json!({ "promptFeedback": { "blockReason": "PROHIBITED_CONTENT", "x_score": 0.5,
            "safetyRatings": [{ "category": "c", "probability": "HIGH", "blocked": true }] },
        "usageMetadata": { "promptTokenCount": 5, "totalTokenCount": 5 },
        "modelVersion": "m-1", "responseId": "r", "x_answer": 1 })
}

#[tokio::test]
async fn a_blocked_prompt_comes_to_googles_clients_as_it_was_said() {
    let world = World::open("gemini", &[], Dialect::Gemini).await;
    let outcome = world.whole(asked(), &blocked().to_string()).await;
    assert_eq!(outcome.answer(), blocked());
    let outcome = world.stream(asked(), &[blocked()]).await;
    assert_eq!(outcome.frames(), [blocked()]);
    let rule = |warning: &String| warning.contains("by its rule PROHIBITED_CONTENT");
    assert!(outcome.warnings.iter().all(rule), "{:?}", outcome.warnings);
}

#[tokio::test]
async fn a_blocked_prompt_is_filtered_content_to_others() {
    let ends = [
        (Dialect::OpenAiChat, "/choices/0/finish_reason", "content_filter"),
        (Dialect::OpenAiResponses, "/incomplete_details/reason", "content_filter"),
        (Dialect::AnthropicMessages, "/stop_reason", "refusal"),
    ];
    for (dialect, place, word) in ends {
        let world = World::open("gemini", &[], dialect).await;
        let request = ChatRequest { model: "m".to_owned(), ..ChatRequest::user("hi") };
        let outcome = world.whole(request.clone(), &blocked().to_string()).await;
        assert_eq!(outcome.answer().pointer(place), Some(&json!(word)), "{dialect:?}");
        let outcome = world.stream(request, &[blocked()]).await;
        assert!(outcome.answer.contains(word), "{dialect:?}: {}", outcome.answer);
    }
}

#[tokio::test]
async fn numbers_of_more_than_64_bits_keep_their_digits() {
    let body = r#"{"contents":[],"x_a":[1e3,0.10],
        "generationConfig":{"seed":99999999999999999999,"topP":0.5}}"#;
    let request = gemini::read_request(body.as_bytes(), "m", false).expect("a request");
    let extra = request.extra.expect("an extra");
    assert_eq!(
        extra.value,
        r#"{"x_a":[1e3,0.10],"generationConfig":{"seed":99999999999999999999}}"#
    );
}
