//! The blocks of a message.

use super::media;
use super::{extra, found, native};
use crate::DialectError;
use crate::anthropic_messages::object::{Object, Path, elements, text};
use hotcell::types::{
    CacheHint, Part, ReasoningPart, TextPart, ToolCall, ToolResult, ToolResultPart,
};

/// Reads a list of blocks. A cache point is a hint of the part before it, if that can have
/// one.
pub(super) fn read_content(raw: &str, path: &Path<'_>) -> Result<Vec<Part>, DialectError> {
    if !raw.starts_with('[') {
        return Err(path.error(format!("expected a list of blocks, found {}", found(raw))));
    }
    let mut parts: Vec<Part> = Vec::new();
    for (index, block) in elements(raw, path)?.into_iter().enumerate() {
        let block = block.get();
        let place = match parts.last_mut() {
            Some(Part::Text(part)) => Some(&mut part.cache),
            Some(Part::Media(part)) => Some(&mut part.cache),
            Some(Part::ToolResult(part)) => Some(&mut part.cache),
            _ => None,
        };
        if let Some(place) = place
            && place.is_none()
            && let Some(hint) = read_cache_point(block)
        {
            *place = Some(hint);
            continue;
        }
        parts.push(read(block, &path.index(index))?);
    }
    Ok(parts)
}

/// A cache point that a hint says all of.
pub(super) fn read_cache_point(raw: &str) -> Option<CacheHint> {
    let block = Object::read(raw, &Path::Root).ok()?;
    let (_, point) = block.only().filter(|(name, _)| *name == "cachePoint")?;
    let mut point = Object::read(point, &Path::Root).ok()?;
    let kind = point.take("type")?;
    let ttl = point.take("ttl");
    if kind != "\"default\"" || !point.is_empty() {
        return None;
    }
    match ttl {
        None => Some(CacheHint::Short),
        Some("\"1h\"") => Some(CacheHint::Long),
        Some(_) => None,
    }
}

/// Reads a block. One of a kind that is not modelled stays whole.
fn read(raw: &str, path: &Path<'_>) -> Result<Part, DialectError> {
    let block = Object::read(raw, path)?;
    let whole = || Part::Native(native(raw));
    let Some((name, value)) = block.only() else { return Ok(whole()) };
    let path = path.member(name);
    Ok(match name {
        "text" => Part::Text(TextPart { text: text(value, &path)?, cache: None, extra: None }),
        "image" | "document" | "video" | "audio" => {
            media::read(name, value, &path)?.map_or_else(whole, Part::Media)
        }
        "reasoningContent" => read_reasoning(value, &path)?.map_or_else(whole, Part::Reasoning),
        "toolUse" => read_call(value, &path)?.map_or_else(whole, Part::ToolCall),
        "toolResult" => read_result(value, &path)?.map_or_else(whole, Part::ToolResult),
        _ => whole(),
    })
}

fn read_reasoning(raw: &str, path: &Path<'_>) -> Result<Option<ReasoningPart>, DialectError> {
    let content = Object::read(raw, path)?;
    let Some((name, value)) = content.only() else { return Ok(None) };
    let path = path.member(name);
    let id = None;
    match name {
        "redactedContent" => {
            let redacted = Some(text(value, &path)?);
            let (text, signature, extra) = (String::new(), None, None);
            Ok(Some(ReasoningPart { id, text, signature, redacted, extra }))
        }
        "reasoningText" => {
            let mut thought = Object::read(value, &path)?;
            let text = thought.required("text")?;
            let signature = thought.text("signature")?;
            let extra = extra(thought);
            Ok(Some(ReasoningPart { id, text, signature, redacted: None, extra }))
        }
        _ => Ok(None),
    }
}

/// A call; none for one of a tool of the provider's own.
fn read_call(raw: &str, path: &Path<'_>) -> Result<Option<ToolCall>, DialectError> {
    let mut call = Object::read(raw, path)?;
    if is_providers(&call) {
        return Ok(None);
    }
    let id = call.required("toolUseId")?;
    let name = call.required("name")?;
    let arguments = call.object("input")?;
    let arguments = arguments.ok_or_else(|| path.member("input").missing("an object"))?.to_owned();
    Ok(Some(ToolCall { id, name, arguments, signature: None, extra: extra(call) }))
}

fn is_providers(block: &Object<'_, '_>) -> bool {
    block.get("type").is_some_and(|kind| kind != "\"tool_use\"")
}

/// A result; none for one of a tool of the provider's own.
fn read_result(raw: &str, path: &Path<'_>) -> Result<Option<ToolResult>, DialectError> {
    let mut result = Object::read(raw, path)?;
    if is_providers(&result) {
        return Ok(None);
    }
    let call_id = result.required("toolUseId")?;
    let is_error = result.get("status") == Some("\"error\"");
    if is_error {
        result.take("status");
    }
    let list = result.take("content");
    let path = path.member("content");
    let list = list.ok_or_else(|| path.missing("a list"))?;
    let parts = elements(list, &path)?.into_iter().enumerate();
    let content = parts
        .map(|(index, part)| read_result_part(part.get(), &path.index(index)))
        .collect::<Result<Vec<_>, _>>()?;
    let extra = extra(result);
    Ok(Some(ToolResult { call_id, name: None, content, is_error, cache: None, extra }))
}

fn read_result_part(raw: &str, path: &Path<'_>) -> Result<ToolResultPart, DialectError> {
    let block = Object::read(raw, path)?;
    let whole = || ToolResultPart::Native(native(raw));
    let Some((name, value)) = block.only() else { return Ok(whole()) };
    let path = path.member(name);
    Ok(match name {
        "text" => ToolResultPart::Text(text(value, &path)?),
        "image" | "document" | "video" => {
            media::read(name, value, &path)?.map_or_else(whole, ToolResultPart::Media)
        }
        _ => whole(),
    })
}
