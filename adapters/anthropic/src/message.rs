//! Messages and their blocks.

use crate::DIALECT;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_sdk::json::{members, merge, parse};
use hotcell_sdk::{
    CacheHint, ChatRequest, Failure, MediaKind, MediaPart, MediaSource, Message, Native, Part,
    ReasoningPart, Role, TextPart, ToolCall, ToolResult, ToolResultPart,
};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// The conversation as the protocol has it.
pub(crate) struct Conversation {
    pub(crate) system: Option<Value>,
    pub(crate) messages: Vec<Value>,
}

/// Writes the conversation. What cannot be said is named in `lost`.
pub(crate) fn write(
    request: &ChatRequest,
    lost: &mut Vec<String>,
) -> Result<Conversation, Failure> {
    let mut system = Vec::new();
    let mut plain = true;
    let mut messages: Vec<Map<String, Value>> = Vec::new();
    for message in &request.messages {
        if matches!(message.role, Role::System | Role::Developer) {
            if !messages.is_empty() {
                lost.push("the place of a system message in the conversation".to_owned());
            }
            plain &= is_plain(message);
            system.extend(write_parts(message, lost)?);
            members(message.extra.as_ref(), DIALECT, lost)?;
            continue;
        }
        let role = if message.role == Role::Assistant { "assistant" } else { "user" };
        let blocks = write_parts(message, lost)?;
        // The results of one round belong into one message.
        let joins = message.role == Role::Tool
            && messages.last().is_some_and(|last| {
                last.get("role") == Some(&"user".into()) && holds_results(last)
            });
        if let (true, Some(last)) = (joins, messages.last_mut())
            && let Some(Value::Array(content)) = last.get_mut("content")
        {
            content.extend(blocks);
            continue;
        }
        let mut object = Map::new();
        object.insert("role".into(), role.into());
        object.insert("content".into(), content(blocks, is_plain(message)));
        if message.name.is_some() {
            lost.push("the name of a participant".to_owned());
        }
        merge(&mut object, message.extra.as_ref(), DIALECT, lost)?;
        messages.push(object);
    }
    let system = (!system.is_empty()).then(|| content(system, plain));
    Ok(Conversation { system, messages: messages.into_iter().map(Value::Object).collect() })
}

/// One plain text is a string; everything else is a list of blocks.
fn content(mut blocks: Vec<Value>, plain: bool) -> Value {
    match &mut blocks[..] {
        [one] if plain => one["text"].take(),
        _ => Value::Array(blocks),
    }
}

fn is_plain(message: &Message) -> bool {
    matches!(&message.parts[..], [Part::Text(text)] if text.extra.is_none() && text.cache.is_none())
}

fn holds_results(message: &Map<String, Value>) -> bool {
    let blocks = message.get("content").and_then(Value::as_array);
    blocks.is_some_and(|blocks| {
        !blocks.is_empty() && blocks.iter().all(|block| block["type"] == "tool_result")
    })
}

fn write_parts(message: &Message, lost: &mut Vec<String>) -> Result<Vec<Value>, Failure> {
    let mut blocks = Vec::new();
    for part in &message.parts {
        match part {
            Part::Text(text) => blocks.push(write_text(text, lost)?),
            Part::Media(media) => blocks.push(write_media(media, lost)?),
            Part::Reasoning(reasoning) => blocks.extend(write_reasoning(reasoning, lost)?),
            Part::ToolCall(call) => blocks.push(write_call(call, lost)?),
            Part::ToolResult(result) => blocks.push(write_result(result, lost)?),
            // The model's own words, which it must see again.
            Part::Refusal(text) => blocks.push(json!({ "type": "text", "text": text })),
            Part::Native(native) => blocks.push(write_native(native)?),
        }
    }
    Ok(blocks)
}

fn write_native(native: &Native) -> Result<Value, Failure> {
    if native.dialect == DIALECT {
        return parse(&native.value, "a native part");
    }
    let what = format!("a part of {} cannot be said in {DIALECT}", native.dialect);
    Err(Failure::unsupported(what))
}

fn write_text(text: &TextPart, lost: &mut Vec<String>) -> Result<Value, Failure> {
    let mut block = Map::new();
    block.insert("type".into(), "text".into());
    block.insert("text".into(), text.text.clone().into());
    write_cache(&mut block, text.cache);
    merge(&mut block, text.extra.as_ref(), DIALECT, lost)?;
    Ok(block.into())
}

/// Marks the prompt up to here for the provider's cache.
pub(crate) fn write_cache(block: &mut Map<String, Value>, hint: Option<CacheHint>) {
    let control = match hint {
        Some(CacheHint::Short) => json!({ "type": "ephemeral" }),
        Some(CacheHint::Long) => json!({ "type": "ephemeral", "ttl": "1h" }),
        None => return,
    };
    block.insert("cache_control".into(), control);
}

fn write_media(media: &MediaPart, lost: &mut Vec<String>) -> Result<Value, Failure> {
    let (kind, mime) = match media.kind {
        MediaKind::Image => ("image", "image/png"),
        MediaKind::Document => ("document", "application/pdf"),
        MediaKind::Audio | MediaKind::Video => {
            return Err(Failure::unsupported(format!(
                "audio and video cannot be sent in {DIALECT}"
            )));
        }
    };
    let mime = media.mime.as_deref().unwrap_or(mime);
    let source = match &media.source {
        MediaSource::Url(url) => json!({ "type": "url", "url": url }),
        MediaSource::FileId(id) => json!({ "type": "file", "file_id": id }),
        MediaSource::Bytes(bytes) if kind == "document" && mime.starts_with("text/plain") => {
            let text = std::str::from_utf8(bytes)
                .map_err(|_| Failure::unsupported("a text document that is not UTF-8"))?;
            json!({ "type": "text", "media_type": mime, "data": text })
        }
        MediaSource::Bytes(bytes) => {
            json!({ "type": "base64", "media_type": mime, "data": STANDARD.encode(bytes) })
        }
    };
    let mut block = Map::new();
    block.insert("type".into(), kind.into());
    block.insert("source".into(), source);
    if let (Some(name), "document") = (&media.name, kind) {
        block.insert("title".into(), name.clone().into());
    }
    write_cache(&mut block, media.cache);
    merge(&mut block, media.extra.as_ref(), DIALECT, lost)?;
    Ok(block.into())
}

fn write_reasoning(
    reasoning: &ReasoningPart,
    lost: &mut Vec<String>,
) -> Result<Option<Value>, Failure> {
    let mut block = Map::new();
    match (&reasoning.redacted, &reasoning.signature) {
        (Some(data), _) => {
            block.insert("type".into(), "redacted_thinking".into());
            block.insert("data".into(), data.clone().into());
        }
        (None, Some(signature)) => {
            block.insert("type".into(), "thinking".into());
            block.insert("thinking".into(), reasoning.text.clone().into());
            block.insert("signature".into(), signature.clone().into());
        }
        // The provider accepts no thought that it did not sign.
        (None, None) => {
            lost.push("unsigned reasoning".to_owned());
            return Ok(None);
        }
    }
    merge(&mut block, reasoning.extra.as_ref(), DIALECT, lost)?;
    Ok(Some(block.into()))
}

fn write_call(call: &ToolCall, lost: &mut Vec<String>) -> Result<Value, Failure> {
    let arguments = if call.arguments.trim().is_empty() { "{}" } else { &call.arguments };
    // Only an object can be an input; what the model wrote instead is shown as it is.
    let input = match serde_json::from_str(arguments) {
        Ok(input @ Value::Object(_)) => input,
        Ok(other) => json!({ "arguments": other }),
        Err(_) => json!({ "arguments": arguments }),
    };
    let mut block = Map::new();
    block.insert("type".into(), "tool_use".into());
    block.insert("id".into(), call.id.clone().into());
    block.insert("name".into(), call.name.clone().into());
    block.insert("input".into(), input);
    merge(&mut block, call.extra.as_ref(), DIALECT, lost)?;
    Ok(block.into())
}

fn write_result(result: &ToolResult, lost: &mut Vec<String>) -> Result<Value, Failure> {
    let listed = result.extra.as_ref().is_some_and(|extra| extra.dialect == DIALECT);
    let content = match &result.content[..] {
        [] => None,
        [ToolResultPart::Text(text)] if !listed => Some(Value::from(text.clone())),
        parts => {
            let parts = parts.iter().map(|part| match part {
                ToolResultPart::Text(text) => Ok(json!({ "type": "text", "text": text })),
                ToolResultPart::Media(media) => write_media(media, lost),
                ToolResultPart::Native(native) => write_native(native),
            });
            Some(Value::Array(parts.collect::<Result<_, _>>()?))
        }
    };
    let mut block = Map::new();
    block.insert("type".into(), "tool_result".into());
    block.insert("tool_use_id".into(), result.call_id.clone().into());
    if let Some(content) = content {
        block.insert("content".into(), content);
    }
    if result.is_error {
        block.insert("is_error".into(), true.into());
    }
    write_cache(&mut block, result.cache);
    merge(&mut block, result.extra.as_ref(), DIALECT, lost)?;
    Ok(block.into())
}

/// The text of a raw JSON value, without the spaces around it.
pub(crate) fn raw(value: &RawValue) -> &str {
    value.get().trim()
}
