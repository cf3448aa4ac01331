//! Texts into sound.

use crate::provider::{answering, native};
use hotcell_adapter_openai_media::OpenAiMedia;
use hotcell_sdk::testing::Cut;
use hotcell_sdk::{Audio, FailureKind, Native, STRICT, Speech, SpeechRequest};
use serde_json::json;

fn request() -> SpeechRequest {
    SpeechRequest {
        model: "tts".to_owned(),
        input: "hello".to_owned(),
        voice: Some("alloy".to_owned()),
        instructions: None,
        format: Some("opus".to_owned()),
        speed: Some(1.5),
        extra: Some(native(json!({ "voice": { "id": "v" } }))),
    }
}

#[test]
fn sound_goes_on_as_it_comes() {
    let mut script = answering(200, "audio/ogg", [0_u8, 255, 1, 2]);
    script.cut(Cut::EveryByte);
    let (pieces, sent) = script.call(|| {
        let mut audio = OpenAiMedia::speak(request())?;
        assert_eq!(audio.mime().as_deref(), Some("audio/ogg"));
        let mut pieces = Vec::new();
        while let Some(piece) = audio.next()? {
            pieces.push(piece);
        }
        Ok(pieces)
    });
    assert_eq!(pieces.expect("sound"), [[0], [255], [1], [2]]);
    assert_eq!(sent[0].path, "/audio/speech");
    let expected = json!({ "model": "tts", "input": "hello", "response_format": "opus",
        "speed": 1.5, "voice": { "id": "v" } });
    assert_eq!(sent[0].json(), expected);
}

#[test]
fn sound_that_breaks_off_is_a_failure() {
    let mut script = answering(200, "audio/ogg", [0_u8, 255]);
    script.broken_after(1);
    let failure = script.speak::<OpenAiMedia>(request()).expect_err("a failure");
    assert_eq!(failure.kind, FailureKind::Unreachable);
    let script = answering(200, "audio/ogg", []);
    let failure = script.speak::<OpenAiMedia>(request()).expect_err("a failure");
    assert_eq!(failure.kind, FailureKind::MalformedResponse);
    let script = answering(429, "application/json", r#"{"error":{"message":"slow"}}"#);
    let failure = script.speak::<OpenAiMedia>(request()).expect_err("a failure");
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::RateLimited, "slow"));
}

#[test]
fn what_another_dialect_says_is_told_or_refused() {
    let extra =
        Native { dialect: "elevenlabs".to_owned(), value: r#"{"a":1,"b":null}"#.to_owned() };
    let foreign = SpeechRequest { extra: Some(extra), ..request() };
    let script = answering(200, "audio/ogg", [0_u8]);
    let (result, sent) = script.call(|| OpenAiMedia::speak(foreign.clone()).map(|_| ()));
    assert!(result.is_ok());
    assert_eq!(sent[0].json()["voice"], "alloy");
    let mut script = answering(200, "audio/ogg", [0_u8]);
    script.setting(STRICT, "yes");
    let failure = script.speak::<OpenAiMedia>(foreign).expect_err("a failure");
    assert_eq!(failure.kind, FailureKind::Unsupported);
    assert!(failure.message.contains("`a` of elevenlabs"), "{}", failure.message);
}

#[test]
fn sound_as_events_is_refused() {
    let request = |format: &str| {
        let value = format!(r#"{{"stream_format":"{format}"}}"#);
        let extra = Some(Native { dialect: "openai-media".to_owned(), value });
        SpeechRequest { extra, ..request() }
    };
    let script = answering(200, "audio/ogg", [0_u8]);
    let (result, sent) = script.call(|| OpenAiMedia::speak(request("sse")).map(|_| ()));
    assert_eq!(result.expect_err("a failure").kind, FailureKind::Unsupported);
    assert!(sent.is_empty());
    let script = answering(200, "audio/ogg", [0_u8]);
    assert!(script.call(|| OpenAiMedia::speak(request("audio")).map(|_| ())).0.is_ok());
}
