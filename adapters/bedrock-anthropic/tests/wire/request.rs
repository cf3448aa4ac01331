//! What goes out: the path, the headers, and what stands in the body instead of them.

use crate::provider::{CLAUDE, FRAMES, answer, native, provider, sent_by};
use hotcell_adapter_bedrock_anthropic::BedrockAnthropic;
use hotcell_sdk::{
    ChatRequest, FailureKind, MediaKind, MediaPart, MediaSource, Message, Part, Role,
};
use serde_json::json;

fn request(stream: bool) -> ChatRequest {
    ChatRequest { model: CLAUDE.to_owned(), stream, ..ChatRequest::user("hi") }
}

#[test]
fn the_path_has_the_model_and_whether_it_streams() {
    let arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2";
    for (model, stream, path) in [
        (CLAUDE, false, "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke"),
        (
            "invoke/anthropic.claude-v2",
            true,
            "/model/anthropic.claude-v2/invoke-with-response-stream",
        ),
        (
            arn,
            false,
            "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3A\
             application-inference-profile%2Fa1b2/invoke",
        ),
    ] {
        let mut script = provider();
        script.answer(200, FRAMES, answer("hello"));
        let request = ChatRequest { model: model.to_owned(), ..request(stream) };
        let run = script.chat::<BedrockAnthropic>(request);
        assert_eq!((run.failure.as_ref(), run.text().as_str()), (None, "hello"), "{model}");
        let sent = &run.requests[0];
        assert_eq!(sent.path, path);
        assert_eq!(sent.header("content-type"), Some("application/json"));
        assert_eq!(sent.header("accept"), Some(if stream { FRAMES } else { "application/json" }));
        assert_eq!(sent.header("anthropic-version"), None);
        let expected = json!({ "anthropic_version": "bedrock-2023-05-31", "max_tokens": 16384,
            "messages": [{ "role": "user", "content": "hi" }] });
        assert_eq!(sent.json(), expected);
    }
}

#[test]
fn beta_features_stand_in_the_body() {
    let mut script = provider();
    script.setting("anthropic-beta", "one, two");
    let own = json!({ "betas": ["two", "three"], "anthropic_beta": ["four"] });
    let (body, warnings) =
        sent_by(&mut script, ChatRequest { extra: Some(native(&own)), ..request(true) });
    let expected = json!({ "anthropic_version": "bedrock-2023-05-31",
        "anthropic_beta": ["one", "two", "three", "four"],
        "messages": [{ "role": "user", "content": "hi" }] });
    assert_eq!((body, warnings.len()), (expected, 0));
}

#[test]
fn a_client_of_these_words_gets_what_it_wrote() {
    let own = json!({ "anthropic_version": "bedrock-later", "service_tier": "auto",
        "thinking": { "type": "enabled", "budget_tokens": 2048 } });
    let mut asked = ChatRequest { extra: Some(native(&own)), ..request(true) };
    asked.sampling.max_output_tokens = Some(4096);
    let block = json!({ "type": "search_result", "source": "s", "title": "t", "content": [] });
    asked.messages[0].parts.push(Part::Native(native(&block)));
    let (body, warnings) = sent_by(&mut provider(), asked);
    let content = json!([{ "type": "text", "text": "hi" }, block]);
    let expected = json!({ "anthropic_version": "bedrock-later", "service_tier": "auto",
        "thinking": { "type": "enabled", "budget_tokens": 2048 }, "max_tokens": 4096,
        "messages": [{ "role": "user", "content": content }] });
    assert_eq!((body, warnings.len()), (expected, 0));
}

#[test]
fn the_operators_guardrail_goes_with_every_request() {
    for extra in [None, Some(native(&json!({})))] {
        let mut script = provider();
        script.setting("guardrail-id", "gr-1").setting("guardrail-version", "7");
        script.answer(200, FRAMES, answer("hello"));
        let run = script.chat::<BedrockAnthropic>(ChatRequest { extra, ..request(true) });
        let sent = &run.requests[0];
        assert_eq!(sent.header("x-amzn-bedrock-guardrailidentifier"), Some("gr-1"));
        assert_eq!(sent.header("x-amzn-bedrock-guardrailversion"), Some("7"));
    }
}

fn picture(source: MediaSource) -> ChatRequest {
    let media = MediaPart {
        kind: MediaKind::Image,
        mime: Some("image/png".to_owned()),
        source,
        name: None,
        cache: None,
        extra: None,
    };
    let message = Message::new(Role::User, vec![Part::Media(media)]);
    ChatRequest { model: CLAUDE.to_owned(), ..ChatRequest::new(vec![message]) }
}

#[test]
fn what_bedrock_would_have_to_fetch_is_refused() {
    let url = || MediaSource::Url("https://example.com/a.png".to_owned());
    for source in [url(), MediaSource::FileId("file_1".to_owned())] {
        let run = provider().chat::<BedrockAnthropic>(picture(source));
        let failure = run.failure.expect("a failure");
        assert_eq!(failure.kind, FailureKind::Unsupported, "{}", failure.message);
        assert!(run.requests.is_empty());
    }
    let data = MediaSource::Url("data:image/png;base64,AQID".to_owned());
    let source = json!({ "type": "base64", "media_type": "image/png", "data": "AQID" });
    for held in [data, MediaSource::Bytes(vec![1, 2, 3])] {
        let (body, _) = sent_by(&mut provider(), picture(held));
        assert_eq!(body["messages"][0]["content"][0]["source"], source);
    }
    // Who speaks these words is told by the provider itself, should it change its mind.
    let own = ChatRequest { extra: Some(native(&json!({}))), ..picture(url()) };
    let (body, _) = sent_by(&mut provider(), own);
    assert_eq!(body["messages"][0]["content"][0]["source"]["type"], "url");
}
