//! The blocks of a message.

use super::media;
use super::object::{Object, Path, elements, found, native, text};
use crate::DialectError;
use crate::opaque::Opaque;
use hotcell::types::{
    CacheHint, Part, ReasoningPart, TextPart, ToolCall, ToolResult, ToolResultPart,
};

/// Reads a block. One of a type that is not modelled stays whole.
pub(super) fn read(raw: &str, path: &Path<'_>) -> Result<Part, DialectError> {
    let mut block = Object::read(raw, path)?;
    let kind = block.required("type")?;
    Ok(match kind.as_str() {
        "text" => {
            let text = block.required("text")?;
            let cache = read_cache(&mut block)?;
            // Even nothing is kept: it says that the client wrote a block and not a
            // string.
            Part::Text(TextPart { text, cache, extra: Some(block.always_extra()) })
        }
        "image" | "document" => match media::read(&kind, block)? {
            Some(media) => Part::Media(media),
            None => Part::Native(native(raw)),
        },
        "thinking" => {
            let text = block.required("thinking")?;
            let signature = block.text("signature")?;
            // Another dialect's says whose it is.
            if let Some(opaque) = signature.as_deref().and_then(Opaque::read) {
                return Ok(Part::Reasoning(opaque.into_reasoning(text)));
            }
            // Even nothing is kept: it says whose signature this is.
            let extra = Some(block.always_extra());
            Part::Reasoning(ReasoningPart { id: None, text, signature, redacted: None, extra })
        }
        "redacted_thinking" => {
            let data = block.required("data")?;
            if let Some(opaque) = Opaque::read(&data) {
                return Ok(Part::Reasoning(opaque.into_reasoning(String::new())));
            }
            let redacted = Some(data);
            let (id, text, signature) = (None, String::new(), None);
            let extra = Some(block.always_extra());
            Part::Reasoning(ReasoningPart { id, text, signature, redacted, extra })
        }
        "tool_use" => Part::ToolCall(read_call(block, path)?),
        "tool_result" => Part::ToolResult(read_result(block, path)?),
        _ => Part::Native(native(raw)),
    })
}

fn read_call(mut block: Object<'_, '_>, path: &Path<'_>) -> Result<ToolCall, DialectError> {
    let id = block.required("id")?;
    let name = block.required("name")?;
    let arguments = block.object("input")?;
    let arguments = arguments.ok_or_else(|| path.member("input").missing("an object"))?.to_owned();
    Ok(ToolCall { id, name, arguments, signature: None, extra: block.extra() })
}

fn read_result(mut block: Object<'_, '_>, path: &Path<'_>) -> Result<ToolResult, DialectError> {
    let call_id = block.required("tool_use_id")?;
    let is_error = block.flag("is_error")? == Some(true);
    let cache = read_cache(&mut block)?;
    let path = path.member("content");
    let Some(raw) = block.take("content") else {
        let extra = block.extra();
        return Ok(ToolResult { call_id, name: None, content: vec![], is_error, cache, extra });
    };
    let (content, extra) = match raw.as_bytes().first() {
        Some(b'"') => {
            let content = vec![ToolResultPart::Text(text(raw, &path)?)];
            // An `extra` says that there was a list; so beside other members the string
            // has to be kept as it is.
            if !block.is_empty() {
                block.keep("content", raw);
            }
            (content, block.extra())
        }
        Some(b'[') => {
            let parts = elements(raw, &path)?.into_iter().enumerate();
            let content = parts
                .map(|(index, part)| read_result_part(part.get(), &path.index(index)))
                .collect::<Result<Vec<_>, _>>()?;
            if content.is_empty() {
                block.keep("content", raw);
            }
            (content, Some(block.always_extra()))
        }
        _ => {
            let message = format!("expected a string or a list of blocks, found {}", found(raw));
            return Err(path.error(message));
        }
    };
    Ok(ToolResult { call_id, name: None, content, is_error, cache, extra })
}

fn read_result_part(raw: &str, path: &Path<'_>) -> Result<ToolResultPart, DialectError> {
    let mut block = Object::read(raw, path)?;
    let kind = block.required("type")?;
    Ok(match kind.as_str() {
        "text" => {
            let text = block.required("text")?;
            match block.is_empty() {
                true => ToolResultPart::Text(text),
                false => ToolResultPart::Native(native(raw)),
            }
        }
        "image" | "document" => match media::read(&kind, block)? {
            Some(media) => ToolResultPart::Media(media),
            None => ToolResultPart::Native(native(raw)),
        },
        _ => ToolResultPart::Native(native(raw)),
    })
}

/// The wish to keep the prompt up to here. What a hint cannot say stays beside it.
pub(super) fn read_cache(block: &mut Object<'_, '_>) -> Result<Option<CacheHint>, DialectError> {
    let Some(raw) = block.get("cache_control") else { return Ok(None) };
    let path = block.at("cache_control");
    let mut control = Object::read(raw, &path)?;
    if control.required("type")? != "ephemeral" {
        return Ok(None);
    }
    let ttl = control.text("ttl")?;
    let (hint, usual) = match ttl.as_deref() {
        None => (CacheHint::Short, true),
        Some("1h") => (CacheHint::Long, true),
        Some(_) => (CacheHint::Short, false),
    };
    if usual && control.is_empty() {
        block.take("cache_control");
    }
    Ok(Some(hint))
}
