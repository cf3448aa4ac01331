//! The items of the input.

use super::{DIALECT, content};
use crate::DialectError;
use crate::object::{Object, native};
use crate::opaque::{Opaque, take_signature};
use hotcell::types::{Message, Part, ReasoningPart, Role, ToolCall, ToolResult, ToolResultPart};
use serde_json::{Map, Value, json};

/// Reads an item and adds it to the conversation.
pub(super) fn read(
    value: Value,
    path: &str,
    messages: &mut Vec<Message>,
) -> Result<(), DialectError> {
    let Value::Object(members) = &value else {
        return Err(DialectError::new(path, "expected an item, as in {\"role\": \"user\", …}"));
    };
    let kind = members.get("type").and_then(Value::as_str);
    let part = match kind {
        Some("function_call") => read_call(members).map(Part::ToolCall),
        Some("function_call_output") => {
            let result = read_result(members).map(Part::ToolResult);
            let (role, part) = match result {
                Some(result) => (Role::Tool, result),
                None => (Role::User, Part::Native(native(&value, DIALECT))),
            };
            messages.push(Message { role, parts: vec![part], name: None, extra: None });
            return Ok(());
        }
        Some("reasoning") => read_reasoning(members).map(Part::Reasoning),
        Some("image_generation_call") => content::read_painted(members).map(Part::Media),
        None | Some("message") if members.contains_key("role") => {
            return read_message(value, path, messages);
        }
        _ => None,
    };
    let part = part.unwrap_or_else(|| Part::Native(native(&value, DIALECT)));
    match kind {
        Some(kind) if is_the_models(kind) => add(part, messages),
        _ => {
            messages.push(Message { role: Role::User, parts: vec![part], name: None, extra: None })
        }
    }
    Ok(())
}

/// Whether the model, or a tool of the provider's, made such an item. What its caller
/// answers must not be left out.
fn is_the_models(kind: &str) -> bool {
    kind.ends_with("_call")
        || matches!(
            kind,
            "compaction" | "mcp_approval_request" | "mcp_list_tools" | "program" | "reasoning"
        )
}

/// Adds something of the assistant's to what it said last.
fn add(mut part: Part, messages: &mut Vec<Message>) {
    if let Part::ToolCall(call) = &mut part {
        let before = messages.last_mut().map(|message| &mut message.parts);
        call.signature = before.and_then(take_signature);
    }
    match messages.last_mut() {
        Some(last) if last.role == Role::Assistant && is_open(last) => last.parts.push(part),
        _ => {
            let parts = vec![part];
            messages.push(Message { role: Role::Assistant, parts, name: None, extra: None });
        }
    }
}

/// Whether more items may follow in a message: not where there is no telling at which
/// place in it its own words stand.
fn is_open(message: &Message) -> bool {
    message.extra.is_none() || message.parts.iter().any(is_said)
}

/// Whether a part stands in an item of type `message`.
fn is_said(part: &Part) -> bool {
    match part {
        Part::Text(_) | Part::Refusal(_) => true,
        Part::Media(media) => !content::is_painted(media),
        Part::Native(native) => native.value.starts_with(content::WRAPPED),
        _ => false,
    }
}

fn read_message(value: Value, path: &str, messages: &mut Vec<Message>) -> Result<(), DialectError> {
    let mut object = Object::new(value, path.to_owned(), DIALECT)?;
    let word = object.required("role")?;
    let role = match word.as_str() {
        "system" => Role::System,
        "developer" => Role::Developer,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        other => {
            return Err(DialectError::new(
                &object.at("role"),
                format!("expected system, developer, user or assistant, found `{other}`"),
            ));
        }
    };
    let typed = object.value("type").is_some();
    let mut parts = content::read(&mut object, role)?;
    let extra = match (typed, object.is_empty()) {
        (true, _) => Some(object.always_extra()),
        (false, true) => None,
        (false, false) => {
            object.put_back("type", Value::Null);
            object.extra()
        }
    };
    if role == Role::Assistant
        && !parts.is_empty()
        && let Some(last) = messages.last_mut()
        && last.role == role
        && last.extra.is_none()
        && !last.parts.iter().any(is_said)
    {
        last.parts.append(&mut parts);
        last.extra = extra;
    } else {
        messages.push(Message { role, parts, name: None, extra });
    }
    Ok(())
}

/// A string that is taken out of an item.
fn text(members: &mut Map<String, Value>, name: &str) -> Option<String> {
    let text = members.get(name)?.as_str()?.to_owned();
    members.shift_remove(name);
    Some(text)
}

fn extra(members: Map<String, Value>) -> Option<hotcell::types::Native> {
    (!members.is_empty()).then(|| native(&Value::Object(members), DIALECT))
}

fn read_call(members: &Map<String, Value>) -> Option<ToolCall> {
    let mut rest = members.clone();
    rest.shift_remove("type");
    let id = text(&mut rest, "call_id")?;
    let name = text(&mut rest, "name")?;
    let arguments = text(&mut rest, "arguments")?;
    Some(ToolCall { id, name, arguments, signature: None, extra: extra(rest) })
}

/// What a function gave back. An `extra` says that there was a list; so beside other
/// members a string has to be kept as it is.
fn read_result(members: &Map<String, Value>) -> Option<ToolResult> {
    let mut rest = members.clone();
    rest.shift_remove("type");
    let call_id = text(&mut rest, "call_id")?;
    let output = rest.shift_remove("output")?;
    let (content, extra) = match &output {
        Value::String(text) => {
            if !rest.is_empty() {
                rest.insert("output".to_owned(), output.clone());
            }
            (vec![ToolResultPart::Text(text.clone())], extra(rest))
        }
        Value::Array(list) => {
            let content = list.iter().map(content::read_of_result).collect();
            if list.is_empty() {
                rest.insert("output".to_owned(), output.clone());
            }
            (content, Some(native(&Value::Object(rest), DIALECT)))
        }
        _ => return None,
    };
    Some(ToolResult { call_id, name: None, content, is_error: false, cache: None, extra })
}

/// What the model thought. A summary that is not written as the adapter would write it
/// stays beside its text, and so does the reasoning itself.
fn read_reasoning(members: &Map<String, Value>) -> Option<ReasoningPart> {
    let mut rest = members.clone();
    rest.shift_remove("type");
    let id = text(&mut rest, "id");
    let signature = text(&mut rest, "encrypted_content");
    let opaque = signature.as_deref().and_then(Opaque::read);
    let list = |name: &str| members.get(name).and_then(Value::as_array);
    let summary = list("summary")?;
    let entries = summary.iter().chain(list("content").into_iter().flatten());
    let texts = entries.filter_map(|entry| entry.get("text")?.as_str());
    let text: String = texts.collect();
    if let Some(opaque) = opaque {
        return Some(opaque.into_reasoning(text));
    }
    let usual = match &text[..] {
        "" => json!([]),
        text => json!([{ "type": "summary_text", "text": text }]),
    };
    if members.get("summary") == Some(&usual) {
        rest.shift_remove("summary");
    }
    // Even nothing is kept: it says that this reasoning is of this dialect.
    let extra = Some(native(&Value::Object(rest), DIALECT));
    Some(ReasoningPart { id, text, signature, redacted: None, extra })
}
