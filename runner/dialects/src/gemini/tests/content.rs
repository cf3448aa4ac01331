//! Turns, and what is in them.

use super::{kept, read, value};
use hotcell::types::{MediaKind, MediaSource, Message, Part, Role, ToolResultPart};
use serde_json::{Value, json};

fn contents(contents: Value) -> Vec<Message> {
    let request = read(json!({ "contents": contents }));
    assert_eq!(kept(&request), json!({}));
    request.messages
}

/// The part that one part of the user's becomes.
fn part(part: Value) -> Part {
    contents(json!([{ "role": "user", "parts": [part] }])).remove(0).parts.remove(0)
}

#[test]
fn an_instruction_is_the_first_message() {
    let request = read(json!({ "systemInstruction": { "role": "model",
        "parts": [{ "text": "a", "thought": false }] } }));
    assert_eq!(request.messages[0].role, Role::System);
    assert_eq!(value(request.messages[0].extra.as_ref()), json!({ "role": "model" }));
    let Part::Text(text) = &request.messages[0].parts[0] else { panic!("no text") };
    assert_eq!(text.text, "a");
    assert_eq!(value(text.extra.as_ref()), json!({ "thought": false }));
    assert_eq!(kept(&request), json!({}));
    for own in [
        json!({ "systemInstruction": null }),
        json!({ "systemInstruction": {} }),
        json!({ "system_instruction": {} }),
    ] {
        assert_eq!(kept(&read(own.clone())), own);
    }
    // Whose it is says nothing to others.
    let request =
        read(json!({ "system_instruction": { "role": "user", "parts": [{ "text": "a" }] } }));
    assert_eq!(value(request.messages[0].extra.as_ref()), json!({ "role": null }));
    assert_eq!(kept(&request), json!({}));
}

#[test]
fn turns_keep_their_roles_and_odd_ones_their_words() {
    let messages = contents(json!([
        { "role": "user", "parts": [{ "text": "a" }] },
        { "role": "model", "parts": [] },
        { "role": "user", "parts": [{ "functionResponse": { "name": "f", "response": {} } }] }
    ]));
    let roles: Vec<Role> = messages.iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::User, Role::Assistant, Role::Tool]);
    for odd in [
        json!([{ "parts": [{ "text": "a" }] }]),
        json!([{ "role": "function", "parts": [] }]),
        json!([{ "role": "user" }]),
    ] {
        assert_eq!(kept(&read(json!({ "contents": odd }))), json!({ "contents": odd }));
    }
}

#[test]
fn thoughts_are_reasoning() {
    let own = json!({ "text": "hm", "thought": true, "thoughtSignature": "s" });
    let Part::Reasoning(thought) = part(own) else { panic!("no thought") };
    assert_eq!((thought.text.as_str(), thought.signature.as_deref()), ("hm", Some("s")));
    // Even nothing is kept: it says whose thought this is.
    assert_eq!(thought.extra.map(|extra| extra.value).as_deref(), Some("{}"));
    let Part::Reasoning(thought) = part(json!({ "thought": true, "thoughtSignature": "s" })) else {
        panic!("no thought")
    };
    assert_eq!((thought.text.as_str(), value(thought.extra.as_ref())), ("", json!({})));
    let Part::Reasoning(thought) = part(json!({ "thought": true, "text": "" })) else {
        panic!("no thought")
    };
    assert_eq!(value(thought.extra.as_ref()), json!({ "text": "" }), "there is one");
}

#[test]
fn results_find_their_calls() {
    let messages = contents(json!([
        { "role": "model", "parts": [
            { "functionCall": { "name": "f", "args": { "a": 1 } }, "thoughtSignature": "s" },
            { "functionCall": { "name": "f" } },
            { "functionCall": { "name": "g", "id": "own", "args": {} } }] },
        { "role": "user", "parts": [
            { "functionResponse": { "name": "f", "response": { "output": "x" } } },
            { "functionResponse": { "name": "f", "response": { "error": "y" } } },
            { "functionResponse": { "name": "g", "id": "own", "response": { "a": 1 } } },
            { "functionResponse": { "name": "h", "response": { "output": "{}" } } }] }
    ]));
    let calls: Vec<_> = messages[0]
        .parts
        .iter()
        .map(|part| match part {
            Part::ToolCall(call) => call,
            other => panic!("{other:?}"),
        })
        .collect();
    let ids: Vec<&str> = calls.iter().map(|call| call.id.as_str()).collect();
    assert_eq!(ids, ["call-1", "call-2", "own"]);
    let arguments: Vec<&str> = calls.iter().map(|call| call.arguments.as_str()).collect();
    assert_eq!(arguments, ["{\"a\":1}", "", "{}"]);
    assert_eq!(calls[0].signature.as_deref(), Some("s"));
    assert_eq!(value(calls[2].extra.as_ref()), json!({ "functionCall": { "id": "own" } }));
    let results: Vec<_> = messages[1]
        .parts
        .iter()
        .map(|part| match part {
            Part::ToolResult(result) => result,
            other => panic!("{other:?}"),
        })
        .collect();
    let ids: Vec<&str> = results.iter().map(|result| result.call_id.as_str()).collect();
    assert_eq!(ids, ["call-1", "call-2", "own", "h"]);
    let texts: Vec<_> = results
        .iter()
        .map(|result| match &result.content[..] {
            [ToolResultPart::Text(text)] => (text.as_str(), result.is_error),
            other => panic!("{other:?}"),
        })
        .collect();
    let object = "{\"output\":\"{}\"}";
    assert_eq!(texts, [("x", false), ("y", true), ("{\"a\":1}", false), (object, false)]);
    assert_eq!(results[0].name.as_deref(), Some("f"));
}

#[test]
fn media_are_read_and_their_data_is_kept_once() {
    let Part::Media(media) =
        part(json!({ "inlineData": { "mimeType": "image/png", "data": "AQID" } }))
    else {
        panic!("no medium")
    };
    assert_eq!((media.kind, media.extra), (MediaKind::Image, None));
    assert_eq!(media.source, MediaSource::Bytes(vec![1, 2, 3]));
    let own = json!({ "inline_data": { "mime_type": "audio/wav", "data": "AQID" } });
    let Part::Media(media) = part(own) else { panic!("no medium") };
    assert_eq!((media.kind, media.mime.as_deref()), (MediaKind::Audio, Some("audio/wav")));
    assert_eq!(media.extra, None);
    let own = json!({ "inline_data": { "mime_type": "audio/wav", "data": "AQID",
        "display_name": "a" } });
    let Part::Media(media) = part(own) else { panic!("no medium") };
    let rest = json!({ "inlineData": { "display_name": "a" } });
    assert_eq!(value(media.extra.as_ref()), rest, "without its data");
    let own = json!({ "fileData": { "mimeType": "video/mp4", "fileUri": "gs://b/a" },
        "videoMetadata": { "fps": 1 } });
    let Part::Media(media) = part(own) else { panic!("no medium") };
    assert_eq!(media.source, MediaSource::Url("gs://b/a".to_owned()));
    assert_eq!(value(media.extra.as_ref()), json!({ "videoMetadata": { "fps": 1 } }));
}

#[test]
fn data_is_read_in_either_alphabet_and_without_its_padding() {
    for (data, stays) in [
        ("//4B/w==", json!(null)),
        ("__4B_w==", json!({ "inlineData": null })),
        ("_/4B_w==", json!({ "inlineData": { "data": "_/4B_w==" } })),
        ("__4B_w", json!({ "inlineData": { "data": "__4B_w" } })),
    ] {
        let own = json!({ "inlineData": { "mimeType": "image/png", "data": data } });
        let Part::Media(media) = part(own) else { panic!("{data}") };
        assert_eq!(media.source, MediaSource::Bytes(vec![255, 254, 1, 255]));
        assert_eq!(value(media.extra.as_ref()), stays, "{data}");
    }
}

#[test]
fn what_is_not_modelled_stays_whole() {
    for own in [
        json!({ "executableCode": { "language": "PYTHON", "code": "1" }, "thoughtSignature": "s" }),
        json!({ "codeExecutionResult": { "outcome": "OUTCOME_OK" } }),
        json!({ "functionCall": {} }),
        json!({ "functionResponse": { "name": "f" } }),
        json!({ "inlineData": { "data": "AQID" } }),
        json!({ "inlineData": { "mimeType": "image/png", "data": "?" } }),
        json!({ "fileData": { "fileUri": "data:a" } }),
        json!({ "text": 1 }),
        json!({}),
    ] {
        let Part::Native(native) = part(own.clone()) else { panic!("{own}") };
        assert_eq!(value(Some(&native)), own);
    }
}
