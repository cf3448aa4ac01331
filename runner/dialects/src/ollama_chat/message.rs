//! Messages, calls and their results.

use super::DIALECT;
use crate::DialectError;
use crate::object::Object;
use hotcell::types::{
    MediaKind, MediaPart, MediaSource, Message, Part, ReasoningPart, Role, TextPart, ToolCall,
    ToolResult, ToolResultPart,
};
use serde_json::Value;

/// The calls of the conversation so far.
#[derive(Default)]
pub(super) struct Calls(Vec<Call>);

struct Call {
    id: String,
    name: String,
    answered: bool,
}

impl Calls {
    /// Notes a call, and gives its id: its own, or one by its place.
    fn add(&mut self, id: Option<&str>, name: &str) -> String {
        let id = id.map_or_else(|| format!("call_{}", self.0.len()), str::to_owned);
        self.0.push(Call { id: id.clone(), name: name.to_owned(), answered: false });
        id
    }

    /// The call that a result is of: the one that it names, or the first without a result;
    /// where the result names a function, the first call of this one.
    fn answer(&mut self, id: Option<&str>, name: Option<&str>) -> Option<String> {
        let first = |fits: &dyn Fn(&Call) -> bool| {
            self.0.iter().position(|call| !call.answered && fits(call))
        };
        let found = match (id, name) {
            (Some(id), _) => first(&|call| call.id == id),
            (None, Some(name)) => first(&|call| call.name == name),
            (None, None) => first(&|_| true),
        };
        if let Some(call) = found.and_then(|found| self.0.get_mut(found)) {
            call.answered = true;
            return Some(call.id.clone());
        }
        id.map(str::to_owned)
    }
}

pub(super) fn read(value: Value, path: String, calls: &mut Calls) -> Result<Message, DialectError> {
    let mut object = Object::new(value, path, DIALECT)?;
    let word = object.required("role")?;
    let role = match word.as_str() {
        "system" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" => return read_result(object, calls),
        // Some models know others, such as `control`. They stay, as what they are most like.
        other => {
            object.put_back("role", other.into());
            if other == "developer" { Role::Developer } else { Role::System }
        }
    };
    let said = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let mut parts = Vec::new();
    if let Some(text) = object.take("thinking", said) {
        let (id, signature, redacted, extra) = (None, None, None, None);
        parts.push(Part::Reasoning(ReasoningPart { id, text, signature, redacted, extra }));
    }
    // The model sees the images before the text.
    parts.extend(read_images(&mut object).into_iter().map(Part::Media));
    if let Some(text) = object.take("content", said) {
        parts.push(Part::Text(TextPart { text, cache: None, extra: None }));
    }
    let path = object.at("tool_calls");
    let list = object.list("tool_calls")?;
    if list.as_ref().is_some_and(Vec::is_empty) {
        object.put_back("tool_calls", Value::Array(Vec::new()));
    }
    for (index, call) in list.unwrap_or_default().into_iter().enumerate() {
        parts.push(Part::ToolCall(read_call(call, format!("{path}[{index}]"), calls)?));
    }
    Ok(Message { role, parts, name: None, extra: object.extra() })
}

/// Images in base64. Where they would not be written again as they are, they stay as well.
fn read_images(object: &mut Object) -> Vec<MediaPart> {
    let Some(Value::Array(list)) = object.peek("images") else { return Vec::new() };
    let read = |image: &Value| crate::media::decoded(image.as_str()?);
    let images: Vec<Option<(Vec<u8>, bool)>> = list.iter().map(read).collect();
    let exact = |image: &Option<(Vec<u8>, bool)>| image.as_ref().is_some_and(|(_, exact)| *exact);
    if !images.is_empty() && images.iter().all(exact) {
        object.value("images");
    }
    let media = |(bytes, _)| {
        let (mime, name, cache, extra) = (None, None, None, None);
        let source = MediaSource::Bytes(bytes);
        MediaPart { kind: MediaKind::Image, mime, source, name, cache, extra }
    };
    images.into_iter().flatten().map(media).collect()
}

/// A call. What is not its function stays as it is, and so does a function that has more
/// than a name and arguments.
fn read_call(value: Value, path: String, calls: &mut Calls) -> Result<ToolCall, DialectError> {
    let mut object = Object::new(value, path, DIALECT)?;
    let whole = object.value("function").unwrap_or_default();
    let mut function = Object::new(whole.clone(), object.at("function"), DIALECT)?;
    let name = function.required("name")?;
    let arguments =
        function.take("arguments", |value| value.as_object().map(|_| value.to_string()));
    if arguments.is_none() || !function.is_empty() {
        object.put_back("function", whole);
    }
    let id = object.read("id", |id| id.as_str().filter(|id| !id.is_empty()).map(str::to_owned));
    let id = calls.add(id.as_deref(), &name);
    let arguments = arguments.unwrap_or_else(|| "{}".to_owned());
    let extra = Some(object.always_extra());
    Ok(ToolCall { id, name, arguments, signature: None, extra })
}

fn read_result(mut object: Object, calls: &mut Calls) -> Result<Message, DialectError> {
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let images = read_images(&mut object).into_iter().map(ToolResultPart::Media);
    let mut content: Vec<ToolResultPart> = images.collect();
    content.extend(object.take("content", text).map(ToolResultPart::Text));
    // `name` came from others, and stays.
    let name = object.take("tool_name", text).or_else(|| object.read("name", text));
    let id = object.read("tool_call_id", text);
    let call_id = calls.answer(id.as_deref(), name.as_deref()).unwrap_or_default();
    let extra = Some(object.always_extra());
    let (is_error, cache) = (false, None);
    let result = ToolResult { call_id, name, content, is_error, cache, extra };
    let parts = vec![Part::ToolResult(result)];
    Ok(Message { role: Role::Tool, parts, name: None, extra: None })
}
