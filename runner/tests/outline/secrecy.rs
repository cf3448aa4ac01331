//! Nothing that was said is left.

use crate::conversation::{RESULT, SYSTEM, USER, WORDS, recorded};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use hotcell::transcript::{Instead, TranscriptError};
use hotcell::{Content, Outline, Recorded, Transcript};
use std::fs;

/// The word as it could stand in a file.
fn forms(word: &str) -> Vec<String> {
    let bytes = word.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
    let mut forms = vec![
        word.to_owned(),
        word.to_lowercase(),
        word.replace('-', "%2D"),
        word.replace('-', "\\u002d"),
        word.chars().rev().collect(),
        hex.to_uppercase(),
        hex,
        numbers.join(","),
    ];
    for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        for (before, begin) in [(0, 0), (1, 2), (2, 3)] {
            let encoded = engine.encode([&b"\0\0"[..before], bytes].concat());
            let end = encoded.len() - usize::from(!(before + bytes.len()).is_multiple_of(3));
            forms.push(encoded[begin..end].to_owned());
        }
    }
    forms
}

/// Which of the words are in there, in whichever encoding.
fn found(text: &[u8]) -> Vec<&'static str> {
    let dense: String =
        String::from_utf8_lossy(text).chars().filter(|c| !c.is_whitespace()).collect();
    let holds = |word: &&&str| forms(word).iter().any(|form| dense.contains(form));
    WORDS.iter().filter(holds).copied().collect()
}

#[tokio::test]
async fn nothing_that_was_said_is_in_an_outline() {
    // They are all there where the content is kept, so that they would be found.
    let (_folder, whole) = recorded(Content::Keep).await;
    assert_eq!(found(&whole.concat()), WORDS);
    for content in [Content::Hash, Content::Drop] {
        let (folder, outlines) = recorded(content).await;
        for text in &outlines {
            assert_eq!(found(text), [""; 0], "{}", String::from_utf8_lossy(text));
            let Ok(Recorded::Outline(outline)) = Recorded::parse(text) else { panic!() };
            assert_eq!(outline.flaw(), None);
            assert_eq!(matches!(outline.content, Instead::Hashed(_)), content == Content::Hash);
            assert!(matches!(Transcript::parse(text), Err(TranscriptError::Outline)));
        }
        // What it is about stays.
        let text = String::from_utf8_lossy(&outlines[0]);
        for kept in ["gpt-test", "/chat/completions", "\"status\": 200", "tool-call-started"] {
            assert!(text.contains(kept), "{kept}: {text}");
        }
        // Nor is it anywhere beside.
        let beside = fs::read_dir(folder.path().join("transcripts")).unwrap().count();
        assert_eq!(beside, 4);
    }
}

/// A denied request is written by the adapter alone: what it could not send it must not be
/// able to leave in a file.
#[tokio::test]
async fn what_a_denied_request_says_is_not_in_an_outline() {
    let (_folder, whole) = recorded(Content::Keep).await;
    let mut transcript = Transcript::parse(&whole[0]).unwrap();
    let exchange = &mut transcript.exchanges[0];
    exchange.request.path = format!("/{USER}?{SYSTEM}");
    exchange.request.headers.push((RESULT.to_owned(), String::new()));
    exchange.request.body = hotcell::transcript::Bytes(Vec::new());
    exchange.status = None;
    exchange.headers.clear();
    exchange.reads.clear();
    let mut failure = serde_json::to_value(hotcell::types::Failure {
        kind: hotcell::types::FailureKind::Denied,
        message: format!("no `{USER}`"),
        status: None,
        code: Some("path".to_owned()),
        param: None,
        request_id: None,
        retry_after_ms: None,
        raw: None,
    })
    .unwrap();
    exchange.failure = serde_json::from_value(failure.take()).unwrap();
    let outline = Outline::of(&transcript, Content::Drop).unwrap().unwrap();
    assert_eq!(outline.flaw(), None);
    let text = serde_json::to_string(&outline).unwrap();
    assert_eq!(found(text.as_bytes()), [""; 0], "{text}");
    assert!(text.contains("\"rule\":\"path\""), "{text}");
}

#[tokio::test]
async fn two_outlines_of_one_transcript_have_no_hash_in_common() {
    let (_folder, whole) = recorded(Content::Keep).await;
    let transcript = Transcript::parse(&whole[0]).unwrap();
    let hashes = || match Outline::of(&transcript, Content::Hash).unwrap().unwrap().content {
        Instead::Hashed(hashes) => hashes,
        Instead::Dropped => panic!("it has hashes"),
    };
    let (one, other) = (hashes(), hashes());
    assert_ne!(one.salt, other.salt);
    assert_ne!(one.call, other.call);
    assert_ne!(one.exchanges, other.exchanges);
    assert_ne!(one.answer, other.answer);
}
