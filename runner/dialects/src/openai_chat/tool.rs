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
    let strict = inner.flag("strict");
    let cache = object.take("cache_control", content::read_cache);
    let extra = match object.is_empty() && !inner.has("type") {
        // The adapter writes a hint of this dialect's client as it was.
        true if cache.is_some() => Some(inner.always_extra()),
        true => inner.extra(),
        false => {
            object.put_back("function", function);
            object.put_back("type", kind.into());
            Some(object.always_extra())
        }
    };
    Ok(Tool::Function(FunctionTool { name, description, parameters, strict, cache, extra }))
}

pub(super) fn read_choice(value: &Value) -> Option<ToolChoice> {
    Some(match value {
        Value::Null => return None,
        Value::String(word) if word == "auto" => ToolChoice::Auto,
        Value::String(word) if word == "none" => ToolChoice::None,
        Value::String(word) if word == "required" => ToolChoice::Required,
        other => {
            let name = other["function"]["name"].as_str();
            let plain =
                name.map(|name| json!({ "type": "function", "function": { "name": name } }));
            match (name, plain.as_ref() == Some(other)) {
                (Some(name), true) => ToolChoice::Function(name.to_owned()),
                _ => ToolChoice::Native(native(other, DIALECT)),
            }
        }
    })
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
    let custom = kind.as_deref() == Some("custom");
    let known = custom || matches!(kind.as_deref(), None | Some("function"));
    if let (false, false, Some(kind)) = (known, object.has("function"), &kind) {
        // What nobody here knows stands for itself.
        let (id, name) = (id.unwrap_or_default(), kind.clone());
        object.put_back("type", name.clone().into());
        let arguments = String::new();
        let call = ToolCall { id, name, arguments, signature: None, extra: object.extra() };
        return Ok((call, false));
    }
    let (member, input) = if custom { ("custom", "input") } else { ("function", "arguments") };
    let function = object.value(member).unwrap_or_default();
    let mut function = Object::new(function, object.at(member), DIALECT)?;
    let name = function.required("name")?;
    let (arguments, text) = match function.value(input) {
        Some(Value::String(text)) => (text, true),
        Some(Value::Null) | None => (String::new(), false),
        Some(other) => (other.to_string(), false),
    };
    let exact = id.is_some() && kind.is_some() && text && known;
    if !function.is_empty() {
        object.put_back(member, function.into_value());
    }
    if let Some(kind) = kind.filter(|kind| kind != "function") {
        object.put_back("type", kind.into());
    }
    let id = id.unwrap_or_default();
    let signature = read_signature(&object);
    Ok((ToolCall { id, name, arguments, signature, extra: object.extra() }, exact))
}

/// A signature, where Google has it, or where gateways put it. Its spelling stays.
fn read_signature(call: &Object) -> Option<String> {
    let google = |value: &Value| value.get("google")?.get("thought_signature").cloned();
    let routed = |value: &Value| value.get("thought_signature").cloned();
    let found = call.read("extra_content", google);
    let found = found.or_else(|| call.read("provider_specific_fields", routed))?;
    found.as_str().map(str::to_owned)
}

pub(super) fn read_result(mut object: Object) -> Result<Message, DialectError> {
    // Some clients leave it out where there is only one call.
    let call_id = object.text("tool_call_id").unwrap_or_default();
    if call_id.is_empty() && object.has("tool_call_id") {
        let path = object.at("tool_call_id");
        return Err(DialectError::new(&path, "expected a string"));
    }
    result(object, call_id)
}

/// A message of the role `function`, whose result names the function.
pub(super) fn read_function_result(mut object: Object) -> Result<Message, DialectError> {
    let name = object.required("name")?;
    object.put_back("name", name.clone().into());
    object.put_back("role", "function".into());
    let mut message = result(object, name.clone())?;
    if let Some(Part::ToolResult(result)) = message.parts.first_mut() {
        result.name = Some(name);
    }
    Ok(message)
}

fn result(mut object: Object, call_id: String) -> Result<Message, DialectError> {
    let name = object.text("name");
    let written = object.peek("content").cloned();
    let mut plain = true;
    let mut content = Vec::new();
    for part in content::read(&mut object)? {
        content.push(match part {
            Part::Text(text) => {
                plain &= text.extra.as_ref().is_none_or(|extra| extra.value == "{}");
                plain &= text.cache.is_none();
                ToolResultPart::Text(text.text)
            }
            Part::Media(media) => ToolResultPart::Media(media),
            Part::Native(native) => ToolResultPart::Native(native),
            _ => {
                plain = false;
                continue;
            }
        });
    }
    // An empty `extra` says that the client wrote a list of parts.
    let listed = matches!(&written, Some(Value::Array(list)) if !list.is_empty());
    let extra = match (listed, plain) {
        (true, true) => Some(native(&json!({}), DIALECT)),
        (true, false) => Some(native(&json!({ "content": written }), DIALECT)),
        (false, _) => None,
    };
    let result = ToolResult { call_id, name, content, is_error: false, cache: None, extra };
    let parts = vec![Part::ToolResult(result)];
    Ok(Message { role: Role::Tool, parts, name: None, extra: object.extra() })
}
