//! Tools, the choice of them, calls and their results.

use super::{DIALECT, content};
use crate::DialectError;
use crate::object::{Object, native};
use hotcell::types::{
    FunctionTool, Message, Part, Role, Tool, ToolCall, ToolChoice, ToolResult, ToolResultPart,
};
use serde_json::{Value, json};

pub(super) fn read(value: Value, path: String) -> Result<Tool, DialectError> {
    let mut object = Object::new(value, path, DIALECT)?;
    let kind = object.required("type")?;
    if kind != "function" {
        object.put_back("type", kind.into());
        return Ok(Tool::Native(object.always_extra()));
    }
    let function = object.value("function").unwrap_or_default();
    let mut inner = Object::new(function.clone(), object.at("function"), DIALECT)?;
    let name = inner.required("name")?;
    let description = inner.text("description");
    // A schema that is null is no schema, but the client wrote it.
    let parameters =
        inner.take("parameters", |schema| (!schema.is_null()).then(|| schema.to_string()));
    let extra = match object.is_empty() && !inner.has("type") {
        true => inner.extra(),
        false => {
            object.put_back("function", function);
            object.put_back("type", kind.into());
            Some(object.always_extra())
        }
    };
    let (strict, cache) = (None, None);
    Ok(Tool::Function(FunctionTool { name, description, parameters, strict, cache, extra }))
}

pub(super) fn read_choice(value: &Value) -> Option<ToolChoice> {
    match value.as_str()? {
        "NONE" => Some(ToolChoice::None),
        "REQUIRED" => Some(ToolChoice::Required),
        _ => None,
    }
}

/// The calls of an earlier answer. A list that is not written as the adapter would write
/// it stays beside them.
pub(super) fn read_calls(message: &mut Object) -> Result<Vec<Part>, DialectError> {
    crate::message::read_calls(message, read_call)
}

/// A call, and whether nothing of it is lost.
fn read_call(value: Value, path: String) -> Result<(ToolCall, bool), DialectError> {
    let mut object = Object::new(value, path, DIALECT)?;
    let id = object.text("id");
    let kind = object.text("type");
    let function = object.value("function").unwrap_or_default();
    let mut function = Object::new(function, object.at("function"), DIALECT)?;
    let name = function.required("name")?;
    let (arguments, text) = match function.value("arguments") {
        Some(Value::String(text)) => (text, true),
        Some(Value::Null) | None => (String::new(), false),
        Some(other) => (other.to_string(), false),
    };
    let usual = id.is_some() && kind.as_deref() == Some("function");
    let exact = usual && text && function.is_empty();
    let id = id.unwrap_or_default();
    Ok((ToolCall { id, name, arguments, signature: None, extra: object.extra() }, exact))
}

pub(super) fn read_result(mut object: Object) -> Result<Message, DialectError> {
    let call_id = object.required("tool_call_id")?;
    let written = object.peek("content").cloned();
    let mut exact = true;
    let mut content = Vec::new();
    for part in content::read(&mut object)? {
        content.push(match part {
            Part::Text(text) => {
                exact &= text.extra.as_ref().is_none_or(|extra| extra.value == "{}");
                ToolResultPart::Text(text.text)
            }
            Part::Media(media) => {
                // A document's words on it have no place for members beside it.
                let whole = |extra: &str| {
                    let part: Value = serde_json::from_str(extra).unwrap_or_default();
                    part.as_object().is_some_and(|part| part.len() == 2)
                };
                let document = media.extra.as_ref().is_some_and(|extra| whole(&extra.value));
                exact &= document && media.kind == hotcell::types::MediaKind::Document;
                ToolResultPart::Media(media)
            }
            Part::Native(native) => ToolResultPart::Native(native),
            _ => {
                exact = false;
                continue;
            }
        });
    }
    // An empty `extra` says that the client wrote a list of parts.
    let extra = match (matches!(&written, Some(Value::Array(list)) if !list.is_empty()), exact) {
        (true, true) => Some(native(&json!({}), DIALECT)),
        (true, false) => Some(native(&json!({ "content": written }), DIALECT)),
        (false, _) => None,
    };
    let result = ToolResult { call_id, name: None, content, is_error: false, cache: None, extra };
    let parts = vec![Part::ToolResult(result)];
    Ok(Message { role: Role::Tool, parts, name: None, extra: object.extra() })
}
