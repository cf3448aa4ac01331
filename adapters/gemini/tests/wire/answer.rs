//! Whole answers, lists of chunks, and prompts that are blocked.

use crate::provider::{chunk, last, provider, value};
use hotcell_adapter_gemini::Gemini;
use hotcell_sdk::testing::Run;
use hotcell_sdk::{ChatRequest, Event, FailureKind, FinishReason};
use serde_json::{Value, json};

fn run(body: &Value) -> Run {
    let mut script = provider();
    script.answer(200, "application/json; charset=UTF-8", format!("{body:#}\n"));
    script.chat_at_every_cut::<Gemini>(&ChatRequest { stream: false, ..ChatRequest::user("hi") })
}

#[test]
fn a_whole_answer_is_asked_for_and_read() {
    let run = run(&last(json!([{ "text": "a" }, { "text": "b" }]), "STOP"));
    assert_eq!(run.requests[0].path, "/models/test-model:generateContent");
    assert_eq!(run.text(), "ab");
    assert_eq!(run.finished().map(|end| end.reason), Some(FinishReason::Stop));
}

#[test]
fn a_stream_may_come_as_a_list() {
    let run =
        run(&json!([chunk(json!([{ "text": "a" }])), last(json!([{ "text": "b" }]), "STOP")]));
    assert_eq!((run.text().as_str(), &run.failure), ("ab", &None));
    let early = self::run(&json!([chunk(json!([{ "text": "a" }]))]));
    assert_eq!(early.failure.map(|failure| failure.kind), Some(FailureKind::MalformedResponse));
    let failed = self::run(&json!([
        chunk(json!([{ "text": "a" }])),
        { "error": { "code": 503, "message": "busy", "status": "UNAVAILABLE" } }
    ]));
    assert_eq!(failed.failure.map(|failure| failure.kind), Some(FailureKind::Overloaded));
}

#[test]
fn a_prompt_that_is_blocked_has_an_answer_without_words() {
    for reason in ["SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY"] {
        let run = run(&json!({ "promptFeedback": { "blockReason": reason },
            "usageMetadata": { "promptTokenCount": 4 }, "modelVersion": "m" }));
        assert_eq!(run.failure, None);
        let end = run.finished().expect("an end");
        assert_eq!((end.reason, &end.raw), (FinishReason::ContentFilter, &None));
        let extra = end.extra.as_ref().map(value);
        assert_eq!(extra, Some(json!({ "promptFeedback": { "blockReason": reason } })));
        let warning = format!("the provider blocked the prompt, by its rule {reason}");
        assert_eq!(run.warnings(), [warning]);
        assert_eq!(run.usage().and_then(|usage| usage.input), Some(4));
    }
}

#[test]
fn an_answer_of_nothing_is_malformed() {
    for body in [json!({}), json!([]), json!({ "candidates": [] }), json!({ "candidates": {} })] {
        let run = run(&body);
        let kind = run.failure.map(|failure| failure.kind);
        assert_eq!(kind, Some(FailureKind::MalformedResponse), "{body}");
    }
}

#[test]
fn words_may_be_numbers() {
    for (number, reason) in [
        (1, FinishReason::Stop),
        (2, FinishReason::Length),
        (3, FinishReason::ContentFilter),
        (9, FinishReason::Other),
    ] {
        let mut answer = last(json!([{ "text": "a" }]), "");
        answer["candidates"][0]["finishReason"] = number.into();
        let run = run(&answer);
        let end = run.finished().expect("an end");
        assert_eq!((end.reason, end.raw.clone()), (reason, Some(number.to_string())));
    }
}

#[test]
fn what_else_an_answer_has_is_kept() {
    let mut answer = last(json!([{ "text": "a", "partMetadata": { "k": 1 } }]), "STOP");
    answer["createTime"] = "2026-01-01T00:00:00Z".into();
    answer["candidates"][0]["safetyRatings"] = json!([{ "category": "C" }]);
    let run = run(&answer);
    let Some(Event::Started(started)) = run.events.first() else { panic!("no beginning") };
    let extra = started.extra.as_ref().map(value);
    assert_eq!(extra, Some(json!({ "createTime": "2026-01-01T00:00:00Z" })));
    let end = run.finished().and_then(|end| end.extra.as_ref()).map(value);
    assert_eq!(end, Some(json!({ "safetyRatings": [{ "category": "C" }] })));
    let natives = run.events.iter().filter_map(|event| match event {
        Event::Native(at) => Some(value(&at.value)),
        _ => None,
    });
    let expected = json!({ "event": { "partMetadata": { "k": 1 } } });
    assert_eq!(natives.collect::<Vec<_>>(), [expected]);
}
