//! Messages and their parts.

use crate::DIALECT;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_sdk::json::{members, merge, parse};
use hotcell_sdk::{
    CacheHint, ChatRequest, Failure, MediaKind, MediaPart, MediaSource, Message, Native, Part,
    Role, TextPart, ToolCall, ToolResult, ToolResultPart, setting,
};
use serde_json::{Map, Value, json};

/// Writes the conversation. What cannot be said is named in `lost`.
pub(crate) fn write(
    request: &ChatRequest,
    same_dialect: bool,
    lost: &mut Vec<String>,
) -> Result<Vec<Value>, Failure> {
    let mut messages = Vec::new();
    for message in &request.messages {
        let results = message.parts.iter().filter_map(|part| match part {
            Part::ToolResult(result) => Some(result),
            _ => None,
        });
        for result in results {
            messages.push(write_result(result, message, lost)?);
        }
        let only_results = message.parts.iter().all(|part| matches!(part, Part::ToolResult(_)));
        if message.parts.is_empty() || !only_results {
            messages.push(write_message(message, same_dialect, lost)?);
        }
    }
    Ok(messages)
}

fn write_message(
    message: &Message,
    same_dialect: bool,
    lost: &mut Vec<String>,
) -> Result<Value, Failure> {
    let extra = members(message.extra.as_ref(), DIALECT, lost)?;
    let mut object = Map::new();
    object.insert("role".into(), role(message.role).into());
    let mut content = Vec::new();
    let mut calls = Vec::new();
    let mut reasoning = String::new();
    // One plain text is a string; everything else is a list.
    let mut plain = true;
    for part in &message.parts {
        match part {
            Part::Text(text) => {
                plain &= text.extra.is_none() && text.cache.is_none();
                content.push(write_text(text, lost)?);
            }
            Part::Media(media) => {
                plain = false;
                content.push(write_media(media, lost)?);
            }
            Part::Native(native) if native.dialect == DIALECT => {
                let value = parse(&native.value, "a native part")?;
                // A value without a type is no part of the content but of the
                // message: what an answer had beside its content.
                match value {
                    Value::Object(members) if !members.contains_key("type") => {
                        append(&mut object, members);
                    }
                    value => {
                        plain = false;
                        content.push(value);
                    }
                }
            }
            Part::Native(native) => {
                let what = format!("a part of {} cannot be said in {DIALECT}", native.dialect);
                return Err(Failure::unsupported(what));
            }
            Part::Reasoning(part) => reasoning.push_str(&part.text),
            Part::ToolCall(call) => calls.push(write_call(call, lost)?),
            Part::Refusal(text) => _ = object.insert("refusal".into(), text.clone().into()),
            Part::ToolResult(_) => {}
        }
    }
    let text = match &content[..] {
        [one] if plain => one.get("text").cloned(),
        [] => None,
        _ => Some(Value::Array(content)),
    };
    match text {
        Some(text) => _ = object.insert("content".into(), text),
        None if same_dialect => {}
        None if calls.is_empty() => _ = object.insert("content".into(), "".into()),
        None => _ = object.insert("content".into(), Value::Null),
    }
    let told = ["reasoning", "reasoning_content", "reasoning_details"];
    let spelled = told.iter().any(|name| extra.contains_key(*name) || object.contains_key(*name));
    if !reasoning.is_empty() && !spelled {
        match setting("reasoning-input").filter(|name| name != "none") {
            Some(name) => _ = object.insert(name, reasoning.into()),
            None => lost.push("earlier reasoning".to_owned()),
        }
    }
    if !calls.is_empty() {
        object.insert("tool_calls".into(), calls.into());
    }
    if let Some(name) = &message.name {
        object.insert("name".into(), name.clone().into());
    }
    object.extend(extra);
    Ok(object.into())
}

/// Adds members; lists that are there already grow.
fn append(object: &mut Map<String, Value>, members: Map<String, Value>) {
    for (name, value) in members {
        match (object.get_mut(&name), value) {
            (Some(Value::Array(list)), Value::Array(more)) => list.extend(more),
            (_, value) => _ = object.insert(name, value),
        }
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::Developer if setting("developer-role").as_deref() == Some("yes") => "developer",
        Role::Developer => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    }
}

fn write_text(text: &TextPart, lost: &mut Vec<String>) -> Result<Value, Failure> {
    let mut part = Map::new();
    part.insert("type".into(), "text".into());
    part.insert("text".into(), text.text.clone().into());
    write_cache(&mut part, text.cache);
    merge(&mut part, text.extra.as_ref(), DIALECT, lost)?;
    Ok(part.into())
}

/// OpenAI caches by itself; the routers before Anthropic take its own hint.
fn write_cache(part: &mut Map<String, Value>, hint: Option<CacheHint>) {
    match hint {
        Some(CacheHint::Short) => {
            part.insert("cache_control".into(), json!({ "type": "ephemeral" }));
        }
        Some(CacheHint::Long) => {
            part.insert("cache_control".into(), json!({ "type": "ephemeral", "ttl": "1h" }));
        }
        None => {}
    }
}

fn write_media(media: &MediaPart, lost: &mut Vec<String>) -> Result<Value, Failure> {
    let mime = media.mime.as_deref();
    let data = |bytes: &[u8], fallback: &str| {
        format!("data:{};base64,{}", mime.unwrap_or(fallback), STANDARD.encode(bytes))
    };
    let unsupported = |what: &str| Err(Failure::unsupported(format!("{what} in {DIALECT}")));
    let (kind, mut inner) = match (media.kind, &media.source) {
        (MediaKind::Image, MediaSource::Url(url)) => ("image_url", json!({ "url": url })),
        (MediaKind::Image, MediaSource::Bytes(bytes)) => {
            ("image_url", json!({ "url": data(bytes, "image/png") }))
        }
        (MediaKind::Video, MediaSource::Url(url)) => ("video_url", json!({ "url": url })),
        (MediaKind::Video, MediaSource::Bytes(bytes)) => {
            ("video_url", json!({ "url": data(bytes, "video/mp4") }))
        }
        (MediaKind::Audio, MediaSource::Bytes(bytes)) => {
            let format = match mime.unwrap_or("audio/wav") {
                "audio/mpeg" | "audio/mp3" => "mp3",
                "audio/x-wav" | "audio/wav" | "audio/wave" => "wav",
                other => other.strip_prefix("audio/").unwrap_or(other),
            };
            ("input_audio", json!({ "data": STANDARD.encode(bytes), "format": format }))
        }
        (MediaKind::Document, MediaSource::Bytes(bytes)) => {
            let name = media.name.as_deref().unwrap_or("document.pdf");
            ("file", json!({ "filename": name, "file_data": data(bytes, "application/pdf") }))
        }
        (MediaKind::Document, MediaSource::FileId(id)) => ("file", json!({ "file_id": id })),
        (MediaKind::Document, MediaSource::Url(_)) => {
            return unsupported("a document cannot be given by its address");
        }
        (MediaKind::Audio, MediaSource::Url(_)) => {
            return unsupported("audio cannot be given by its address");
        }
        (_, MediaSource::FileId(_)) => {
            return unsupported("only documents can be given by file id");
        }
    };
    if let Some(inner) = inner.as_object_mut() {
        merge(inner, media.extra.as_ref(), DIALECT, lost)?;
    }
    let mut part = Map::new();
    part.insert("type".into(), kind.into());
    part.insert(kind.into(), inner);
    write_cache(&mut part, media.cache);
    Ok(part.into())
}

fn write_call(call: &ToolCall, lost: &mut Vec<String>) -> Result<Value, Failure> {
    let mut object = Map::new();
    object.insert("id".into(), call.id.clone().into());
    object.insert("type".into(), "function".into());
    object.insert("function".into(), json!({ "name": call.name, "arguments": call.arguments }));
    merge(&mut object, call.extra.as_ref(), DIALECT, lost)?;
    Ok(object.into())
}

fn write_result(
    result: &ToolResult,
    message: &Message,
    lost: &mut Vec<String>,
) -> Result<Value, Failure> {
    let mut object = Map::new();
    object.insert("role".into(), "tool".into());
    object.insert("tool_call_id".into(), result.call_id.clone().into());
    if let Some(name) = result.name.as_ref().or(message.name.as_ref()) {
        object.insert("name".into(), name.clone().into());
    }
    let listed = result.extra.as_ref().is_some_and(|extra| extra.dialect == DIALECT);
    let content = match &result.content[..] {
        [] => Value::String(String::new()),
        [ToolResultPart::Text(text)] if !listed => text.clone().into(),
        parts => {
            let parts = parts.iter().map(|part| match part {
                ToolResultPart::Text(text) => Ok(json!({ "type": "text", "text": text })),
                ToolResultPart::Media(media) => write_media(media, lost),
                ToolResultPart::Native(Native { dialect, value }) if dialect == DIALECT => {
                    parse(value, "a part of a tool's result")
                }
                ToolResultPart::Native(native) => Err(Failure::unsupported(format!(
                    "a tool's result in {} cannot be said in {DIALECT}",
                    native.dialect
                ))),
            });
            Value::Array(parts.collect::<Result<_, _>>()?)
        }
    };
    object.insert("content".into(), content);
    merge(&mut object, result.extra.as_ref(), DIALECT, lost)?;
    // What the client wrote beside the result stands on the message.
    object.extend(members(message.extra.as_ref(), DIALECT, lost)?);
    Ok(object.into())
}
