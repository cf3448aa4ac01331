//! What the messages of several dialects of chat hold alike.

use crate::DialectError;
use crate::object::Object;
use hotcell::types::{Part, TextPart, ToolCall};
use serde_json::Value;

/// Takes the content out of a message: one text, or a list of parts. Each part is read with
/// its path.
pub(crate) fn read_content(
    message: &mut Object,
    read_part: impl Fn(Value, String) -> Result<Part, DialectError>,
) -> Result<Vec<Part>, DialectError> {
    let path = message.at("content");
    match message.peek("content") {
        // What is empty stays as it is; the adapter writes nothing of its own.
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) if list.is_empty() => Ok(Vec::new()),
        Some(Value::String(_)) => {
            let text = message.text("content").unwrap_or_default();
            Ok(vec![Part::Text(TextPart { text, cache: None, extra: None })])
        }
        Some(Value::Array(_)) => {
            let list = message.list("content")?.unwrap_or_default();
            let parts = list.into_iter().enumerate();
            parts.map(|(index, part)| read_part(part, format!("{path}[{index}]"))).collect()
        }
        Some(_) => Err(DialectError::new(&path, "expected a string or a list of parts")),
    }
}

/// Takes the calls of an earlier answer. Each is read with its path, and with it whether
/// nothing of it is lost: a list that is not written as the adapter would write it stays
/// beside them.
pub(crate) fn read_calls(
    message: &mut Object,
    read_call: impl Fn(Value, String) -> Result<(ToolCall, bool), DialectError>,
) -> Result<Vec<Part>, DialectError> {
    let path = message.at("tool_calls");
    let Some(list) = message.list("tool_calls")? else { return Ok(Vec::new()) };
    let mut canonical = !list.is_empty();
    let mut parts = Vec::new();
    for (index, call) in list.iter().enumerate() {
        let (call, exact) = read_call(call.clone(), format!("{path}[{index}]"))?;
        canonical &= exact;
        parts.push(Part::ToolCall(call));
    }
    if !canonical {
        message.put_back("tool_calls", list.into());
    }
    Ok(parts)
}
