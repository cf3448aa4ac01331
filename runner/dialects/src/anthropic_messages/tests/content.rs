//! The blocks of a message.

use super::{plain, read, value};
use hotcell::types::{CacheHint, MediaKind, MediaSource, Part, Role, ToolCall, ToolResultPart};
use serde_json::{Value, json};

fn parts(content: Value) -> Vec<Part> {
    read(json!({ "messages": [{ "role": "user", "content": content }] })).messages.remove(0).parts
}

fn one_part(block: Value) -> Part {
    parts(json!([block])).remove(0)
}

#[test]
fn a_string_and_a_list_of_one_text_are_told_apart() {
    assert_eq!(parts(json!("x")), [plain("x", None)]);
    assert_eq!(parts(json!([{ "type": "text", "text": "x" }])), [plain("x", Some("{}"))]);
    let cited = json!([{ "type": "text", "text": "x", "citations": [] }]);
    assert_eq!(parts(cited), [plain("x", Some("{\"citations\":[]}"))]);
    assert_eq!(parts(json!([])), []);
}

#[test]
fn every_cache_hint_is_read_and_none_is_lost() {
    let cache = |control: Value| {
        let text = json!({ "type": "text", "text": "x", "cache_control": control });
        let Part::Text(part) = one_part(text) else { panic!("no text") };
        (part.cache, value(part.extra.as_ref()))
    };
    let kept = |control: Value| json!({ "cache_control": control });
    assert_eq!(cache(json!({ "type": "ephemeral" })), (Some(CacheHint::Short), json!({})));
    let hour = json!({ "type": "ephemeral", "ttl": "1h" });
    assert_eq!(cache(hour), (Some(CacheHint::Long), json!({})));
    let minutes = json!({ "type": "ephemeral", "ttl": "5m" });
    assert_eq!(cache(minutes.clone()), (Some(CacheHint::Short), kept(minutes)));
    let wider = json!({ "type": "ephemeral", "scope": "global" });
    assert_eq!(cache(wider.clone()), (Some(CacheHint::Short), kept(wider)));
    assert_eq!(cache(json!({ "type": "new" })), (None, kept(json!({ "type": "new" }))));
    assert_eq!(cache(Value::Null), (None, kept(Value::Null)));
}

#[test]
fn images_and_documents_are_media() {
    let media =
        |kind: &str, source: Value| match one_part(json!({ "type": kind, "source": source })) {
            Part::Media(media) => {
                Some((media.kind, media.mime, media.source, value(media.extra.as_ref())))
            }
            _ => None,
        };
    let png = json!({ "type": "base64", "media_type": "image/png", "data": "AQID" });
    let bytes = MediaSource::Bytes(vec![1, 2, 3]);
    let mime = |mime: &str| Some(mime.to_owned());
    let found = media("image", png);
    assert_eq!(found, Some((MediaKind::Image, mime("image/png"), bytes.clone(), Value::Null)));

    let url = json!({ "type": "url", "url": "https://x/a.pdf" });
    let source = MediaSource::Url("https://x/a.pdf".to_owned());
    assert_eq!(media("document", url), Some((MediaKind::Document, None, source, Value::Null)));

    let file = json!({ "type": "file", "file_id": "f" });
    let source = MediaSource::FileId("f".to_owned());
    assert_eq!(media("document", file), Some((MediaKind::Document, None, source, Value::Null)));

    let text = json!({ "type": "text", "media_type": "text/plain", "data": "\u{e9}" });
    let source = MediaSource::Bytes("\u{e9}".as_bytes().to_vec());
    let expected = (MediaKind::Document, mime("text/plain"), source, Value::Null);
    assert_eq!(media("document", text), Some(expected));

    // What the adapter would write in another way is kept.
    let odd = json!({ "type": "base64", "media_type": "application/zip", "data": "AQID" });
    let expected = (MediaKind::Document, mime("application/zip"), bytes, json!({ "source": odd }));
    assert_eq!(media("document", odd), Some(expected));

    // What nobody can read stays whole.
    for source in [
        json!({ "type": "base64", "media_type": "image/png", "data": "not base64!" }),
        json!({ "type": "content", "content": [] }),
        json!({ "type": "new" }),
    ] {
        assert_eq!(media("document", source), None);
    }
}

#[test]
fn a_document_keeps_its_title_and_members() {
    let source = json!({ "type": "url", "url": "u" });
    let block = json!({ "type": "document", "source": source, "title": "t", "context": "c" });
    let Part::Media(media) = one_part(block) else { panic!("no media") };
    assert_eq!(media.name.as_deref(), Some("t"));
    assert_eq!(value(media.extra.as_ref()), json!({ "context": "c" }));
}

#[test]
fn thoughts_are_read_byte_for_byte() {
    let thinking = json!({ "type": "thinking", "thinking": "hm", "signature": "Eq/+==" });
    let Part::Reasoning(part) = one_part(thinking) else { panic!("no reasoning") };
    assert_eq!((part.text.as_str(), part.signature.as_deref()), ("hm", Some("Eq/+==")));
    let redacted = json!({ "type": "redacted_thinking", "data": "Em/+==" });
    let Part::Reasoning(part) = one_part(redacted) else { panic!("no reasoning") };
    assert_eq!((part.text.as_str(), part.redacted.as_deref()), ("", Some("Em/+==")));
}

#[test]
fn calls_and_results_are_read() {
    let call = json!({ "type": "tool_use", "id": "a", "name": "f", "input": { "x": 1 },
        "caller": { "type": "direct" } });
    let Part::ToolCall(ToolCall { id, name, arguments, extra, .. }) = one_part(call) else {
        panic!("no call")
    };
    assert_eq!((id.as_str(), name.as_str(), arguments.as_str()), ("a", "f", "{\"x\":1}"));
    assert_eq!(value(extra.as_ref()), json!({ "caller": { "type": "direct" } }));

    let result = |members: Value| {
        let mut block = json!({ "type": "tool_result", "tool_use_id": "a" });
        if let (Some(block), Value::Object(members)) = (block.as_object_mut(), members) {
            block.extend(members);
        }
        let messages = json!([{ "role": "user", "content": [block] }]);
        let message = read(json!({ "messages": messages })).messages.remove(0);
        assert_eq!(message.role, Role::Tool);
        let Some(Part::ToolResult(result)) = message.parts.into_iter().next() else {
            panic!("no result")
        };
        (result.content, result.is_error, value(result.extra.as_ref()))
    };
    let text = |text: &str| ToolResultPart::Text(text.to_owned());
    assert_eq!(result(json!({})), (vec![], false, Value::Null));
    assert_eq!(result(json!({ "content": "x" })), (vec![text("x")], false, Value::Null));
    let told = json!({ "content": "x", "is_error": false });
    assert_eq!(result(told.clone()), (vec![text("x")], false, told.clone()));
    let list = json!({ "content": [{ "type": "text", "text": "x" }], "is_error": true });
    assert_eq!(result(list), (vec![text("x")], true, json!({})));
    assert_eq!(result(json!({ "content": [] })), (vec![], false, json!({ "content": [] })));
    let search = json!({ "type": "search_result", "content": [] });
    let (content, _, _) = result(json!({ "content": [search] }));
    let [ToolResultPart::Native(native)] = &content[..] else { panic!("{content:?}") };
    assert_eq!(value(Some(native)), search);
}

#[test]
fn blocks_of_the_providers_own_stay_whole() {
    let block = json!({ "type": "server_tool_use", "id": "s", "input": { "q": 1.0 } });
    let Part::Native(native) = one_part(block.clone()) else { panic!("no native") };
    assert_eq!(value(Some(&native)), block);
}
