//! The parts of a turn (<https://ai.google.dev/api/caching#Part>).

use super::fields::Fields;
use super::{DIALECT, media};
use crate::DialectError;
use crate::object::native;
use crate::opaque::{Kind, Opaque};
use hotcell::types::{Native, Part, ReasoningPart, TextPart, ToolCall, ToolResult, ToolResultPart};
use serde_json::{Map, Value, json};

/// A call.
const CALL: &str = "functionCall";

/// What a function answered.
const RESULT: &str = "functionResponse";

/// The calls of the conversation so far, and whether they have their result: it names the
/// function that was called, and not always the call.
#[derive(Default)]
pub(super) struct Calls(Vec<Call>);

struct Call {
    id: String,
    name: String,
    answered: bool,
}

impl Calls {
    /// The call's own id, or one made of its place.
    fn add(&mut self, id: Option<&str>, name: &str) -> String {
        let id = id.map_or_else(|| format!("call-{}", self.0.len() + 1), str::to_owned);
        self.0.push(Call { id: id.clone(), name: name.to_owned(), answered: false });
        id
    }

    /// The call that a result is of: by its id, or the first of this name without one.
    fn answer(&mut self, id: Option<&str>, name: &str) -> String {
        let found = self.0.iter_mut().find(|call| match id {
            Some(id) => call.id == id,
            None => !call.answered && call.name == name,
        });
        match found {
            Some(call) => {
                call.answered = true;
                call.id.clone()
            }
            None => id.unwrap_or(name).to_owned(),
        }
    }
}

/// Reads a part. One of a type that is not modelled stays whole.
pub(super) fn read(value: Value, path: String, calls: &mut Calls) -> Result<Part, DialectError> {
    let mut part = Fields::new(value.clone(), path)?;
    let whole = || Part::Native(native(&value, DIALECT));
    let has = |name: &str| part.peek(name).is_some_and(|value| !value.is_null());
    if let Some(name) = media::NAMES.into_iter().find(|name| has(name)) {
        return Ok(media::read(name, part).map_or_else(whole, Part::Media));
    }
    if has(CALL) {
        return Ok(read_call(part, calls).map_or_else(whole, Part::ToolCall));
    }
    if has(RESULT) {
        return Ok(read_result(part, calls).map_or_else(whole, Part::ToolResult));
    }
    if ["executableCode", "codeExecutionResult"].into_iter().any(has) {
        return Ok(whole());
    }
    let thought = part.peek("thought") == Some(&Value::Bool(true));
    match part.text("text") {
        Some(text) if !thought => {
            Ok(Part::Text(TextPart { text, cache: None, extra: part.extra() }))
        }
        text if thought => {
            part.value("thought");
            let signature = part.text("thoughtSignature");
            if let Some(opaque) = signature.as_deref().and_then(Opaque::read_base64) {
                return Ok(Part::Reasoning(read_opaque(opaque)));
            }
            // Without words there is no text at all, unless it is spelled.
            if text.as_deref() == Some("") {
                part.put_back("text", "".into());
            }
            // Even nothing is kept: it says whose thought this is.
            let (text, extra) = (text.unwrap_or_default(), Some(part.always_extra()));
            Ok(Part::Reasoning(ReasoningPart { id: None, text, signature, redacted: None, extra }))
        }
        _ => Ok(whole()),
    }
}

/// Reasoning of another dialect, which its signature holds as well.
fn read_opaque(mut opaque: Opaque) -> ReasoningPart {
    let held = serde_json::from_str::<(String, String)>(&opaque.data);
    let text = match held {
        Ok((signature, text)) if opaque.kind != Kind::Redacted => {
            opaque.data = signature;
            text
        }
        _ => String::new(),
    };
    opaque.into_reasoning(text)
}

/// A call; none where it has no name.
fn read_call(mut part: Fields, calls: &mut Calls) -> Option<ToolCall> {
    let mut call = Fields::new(part.value(CALL)?, String::new()).ok()?;
    let function = call.text("name")?;
    let id = calls.add(call.peek("id").and_then(Value::as_str), &function);
    let arguments = call.take("args", |args| args.is_object().then(|| args.to_string()));
    if !call.is_empty() {
        part.put_back(CALL, call.members());
    }
    let signature = part.text("thoughtSignature");
    let arguments = arguments.unwrap_or_default();
    Some(ToolCall { id, name: function, arguments, signature, extra: part.extra() })
}

/// A result; none where it has no name or no answer.
fn read_result(mut part: Fields, calls: &mut Calls) -> Option<ToolResult> {
    let mut result = Fields::new(part.value(RESULT)?, String::new()).ok()?;
    let function = result.text("name")?;
    let (text, is_error) = answer(result.take("response", |answer| answer.as_object().cloned())?);
    let mut content = vec![ToolResultPart::Text(text)];
    if let Ok(Some(parts)) = result.list("parts") {
        if parts.is_empty() {
            result.put_back("parts", parts.into());
        } else {
            content.extend(parts.into_iter().map(read_result_part));
        }
    }
    let call_id = calls.answer(result.peek("id").and_then(Value::as_str), &function);
    if !result.is_empty() {
        part.put_back(RESULT, result.members());
    }
    let (name, cache, extra) = (Some(function), None, part.extra());
    Some(ToolResult { call_id, name, content, is_error, cache, extra })
}

fn read_result_part(value: Value) -> ToolResultPart {
    let whole: Native = native(&value, DIALECT);
    let Ok(part) = Fields::new(value, String::new()) else {
        return ToolResultPart::Native(whole);
    };
    let name = media::NAMES.into_iter().find(|name| part.has(name));
    match name.and_then(|name| media::read(name, part)) {
        Some(media) => ToolResultPart::Media(media),
        None => ToolResultPart::Native(whole),
    }
}

/// What a function answered, and whether it is an error. What is more than a text, or
/// would not come out as it went in, is JSON text.
fn answer(answer: Map<String, Value>) -> (String, bool) {
    let is_object = |text: &str| serde_json::from_str::<Map<String, Value>>(text).is_ok();
    if answer.len() == 1 {
        match (answer.get("output"), answer.get("error")) {
            (Some(Value::String(text)), _) if !is_object(text) => return (text.clone(), false),
            (_, Some(Value::String(text))) => return (text.clone(), true),
            _ => {}
        }
    }
    (json!(answer).to_string(), false)
}
