//! Sound into text.

use crate::provider::{answering, fields, native, one, texts, value};
use hotcell_adapter_openai_media::OpenAiMedia;
use hotcell_sdk::testing::Sent;
use hotcell_sdk::{
    Failure, FailureKind, Timing, Transcription, TranscriptionRequest, TranscriptionResponse,
};
use serde_json::{Value, json};

fn request() -> TranscriptionRequest {
    TranscriptionRequest {
        model: "whisper-1".to_owned(),
        audio: b"RIFF\0\r\n--".to_vec(),
        mime: Some("audio/mpeg".to_owned()),
        name: None,
        language: None,
        translate: false,
        prompt: None,
        temperature: None,
        timings: vec![],
        extra: None,
    }
}

fn run(
    request: TranscriptionRequest,
    body: &str,
) -> (Result<TranscriptionResponse, Failure>, Sent) {
    let script = answering(200, "application/json", body);
    one(script.call(|| OpenAiMedia::transcribe(request)))
}

fn form(request: TranscriptionRequest) -> Vec<(String, String)> {
    let (result, sent) = run(request, r#"{"text":"hi"}"#);
    assert_eq!(result.expect("a text").text, "hi");
    texts(&sent)
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn sound_goes_as_a_file() {
    let (_, sent) = run(request(), r#"{"text":"hi"}"#);
    assert_eq!(sent.path, "/audio/transcriptions");
    let file = fields(&sent).remove(0);
    let kind = (file.0.as_str(), file.1.as_deref(), file.2.as_deref());
    assert_eq!(kind, ("file", Some("audio.mp3"), Some("audio/mpeg")));
    assert_eq!(file.3, b"RIFF\0\r\n--");
    assert_eq!(texts(&sent), pairs(&[("model", "whisper-1"), ("response_format", "json")]));
}

#[test]
fn what_helps_goes_along() {
    let all = TranscriptionRequest {
        language: Some("de".to_owned()),
        prompt: Some("names".to_owned()),
        temperature: Some(0.5),
        timings: vec![Timing::Word, Timing::Segment],
        extra: Some(native(json!({ "temperature": 0, "include": ["logprobs"],
            "chunking_strategy": { "type": "server_vad" } }))),
        ..request()
    };
    let expected = pairs(&[
        ("model", "whisper-1"),
        ("response_format", "verbose_json"),
        ("prompt", "names"),
        ("language", "de"),
        ("timestamp_granularities[]", "word"),
        ("timestamp_granularities[]", "segment"),
        ("temperature", "0"),
        ("include[]", "logprobs"),
        ("chunking_strategy", r#"{"type":"server_vad"}"#),
    ]);
    assert_eq!(form(all), expected);
    let diarize = TranscriptionRequest { model: "gpt-4o-transcribe-diarize".into(), ..request() };
    assert_eq!(form(diarize)[1].1, "diarized_json");
}

#[test]
fn a_translation_has_a_place_of_its_own() {
    let translate = TranscriptionRequest {
        translate: true,
        language: Some("de".to_owned()),
        timings: vec![Timing::Segment],
        ..request()
    };
    let (_, sent) = run(translate.clone(), r#"{"text":"hi"}"#);
    assert_eq!(sent.path, "/audio/translations");
    let expected = pairs(&[("model", "whisper-1"), ("response_format", "verbose_json")]);
    assert_eq!(texts(&sent), expected);
    for (refused, kind) in [
        (
            TranscriptionRequest { timings: vec![Timing::Word], ..translate },
            FailureKind::Unsupported,
        ),
        (
            TranscriptionRequest { extra: Some(native(json!({ "stream": true }))), ..request() },
            FailureKind::Unsupported,
        ),
        (
            TranscriptionRequest { extra: Some(native(json!({ "stream": "true" }))), ..request() },
            FailureKind::Unsupported,
        ),
        (TranscriptionRequest { audio: vec![], ..request() }, FailureKind::InvalidRequest),
    ] {
        let script = answering(200, "application/json", "{}");
        let (result, sent) = script.call(|| OpenAiMedia::transcribe(refused));
        assert_eq!((result.expect_err("a failure").kind, sent.len()), (kind, 0));
    }
}

fn read(body: Value) -> TranscriptionResponse {
    run(request(), &body.to_string()).0.expect("a text")
}

#[test]
fn times_and_speakers_are_read() {
    let response = read(json!({ "task": "transcribe", "text": "hi you", "language": "english",
        "duration": 2.5, "words": [{ "word": "hi", "start": 0.0, "end": 0.25 }],
        "segments": [{ "id": 0, "text": " hi", "start": 0, "end": 1.5, "speaker": "A" },
            { "text": "without times" }],
        "usage": { "type": "duration", "seconds": 3 } }));
    assert_eq!((response.text.as_str(), response.duration), ("hi you", Some(2.5)));
    assert_eq!(response.language.as_deref(), Some("english"));
    let word = &response.words[0];
    assert_eq!((word.text.as_str(), word.start, word.end), ("hi", 0.0, 0.25));
    assert_eq!(response.segments.len(), 1);
    assert_eq!(response.segments[0].speaker.as_deref(), Some("A"));
    assert_eq!(response.usage, None);
    let rest = json!({ "task": "transcribe", "usage": { "type": "duration", "seconds": 3 } });
    assert_eq!(value(response.extra.as_ref()), rest);
    let counted = read(json!({ "text": "", "usage": { "type": "tokens", "input_tokens": 5,
        "output_tokens": 6 } }));
    assert_eq!(counted.usage.map(|usage| (usage.input, usage.output)), Some((Some(5), Some(6))));
    assert_eq!(counted.extra, None);
}

#[test]
fn text_and_subtitles_are_read_as_they_are_written() {
    let written = |format: &str, body: &str| {
        let extra = Some(native(json!({ "response_format": format })));
        let (result, sent) = run(TranscriptionRequest { extra, ..request() }, body);
        let formats = texts(&sent).into_iter().filter(|(name, _)| name == "response_format");
        assert_eq!(formats.collect::<Vec<_>>(), pairs(&[("response_format", format)]));
        result.expect("a text")
    };
    assert_eq!(written("text", "hi you\n").text, "hi you");
    let srt = "1\r\n00:00:00,000 --> 00:00:01,500\r\nhi\r\nthere\r\n\r\n2\r\n01:00:02,000 --> \
        01:00:03,000\r\nyou\r\n\r\n";
    let read = written("srt", srt);
    assert_eq!(read.text, "hi there you");
    let times: Vec<(f64, f64)> = read.segments.iter().map(|s| (s.start, s.end)).collect();
    assert_eq!(times, [(0.0, 1.5), (3602.0, 3603.0)]);
    assert_eq!(value(read.extra.as_ref()), json!({ "srt": srt }));
    let vtt = "WEBVTT\n\nNOTE a --> b\n\n00:00.000 --> 00:01.250 align:start\nhi\n";
    let read = written("vtt", vtt);
    assert_eq!((read.text.as_str(), read.segments[0].end), ("hi", 1.25));
    for odd in ["", "-->", "9:9:9:9:9:9:9:9:9:9:9:9:9:9 --> 1\nx", "99999999999999999999 --> 1"] {
        written("srt", odd);
    }
}

#[test]
fn an_answer_without_a_text_is_malformed() {
    for body in ["{}", "{\"text\":", "{\"error\":null}"] {
        let failure = run(request(), body).0.expect_err("a failure");
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{body}");
    }
    let failure = run(request(), r#"{"error":{"message":"sorry"}}"#).0.expect_err("a failure");
    assert_eq!(failure.kind, FailureKind::ProviderError);
}
