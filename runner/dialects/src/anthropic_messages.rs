//! Anthropic's messages (<https://docs.anthropic.com/en/api/messages>).

use crate::DialectError;
use crate::object::{Object, native};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell::types::{
    CacheHint, ChatRequest, FunctionTool, JsonSchema, MediaKind, MediaPart, MediaSource, Message,
    OutputFormat, Part, ReasoningOptions, ReasoningPart, Role, Sampling, TextPart, Tool, ToolCall,
    ToolChoice, ToolResult, ToolResultPart,
};
use serde_json::{Map, Value, json};

/// The dialect's name.
pub const DIALECT: &str = "anthropic-messages";

/// Reads a client's request.
///
/// # Errors
/// Where the request cannot be one of this dialect, with the place and what is
/// expected there. What is only unknown is kept.
pub fn read_request(body: &[u8]) -> Result<ChatRequest, DialectError> {
    let mut object = Object::parse(body, DIALECT)?;
    let model = object.required("model")?;
    let mut messages = Vec::new();
    messages.extend(read_system(&mut object)?);
    let listed = object
        .list("messages")?
        .ok_or_else(|| DialectError::new("", "`messages` is missing: expected a list"))?;
    for (index, message) in listed.into_iter().enumerate() {
        messages.push(read_message(message, format!("messages[{index}]"))?);
    }
    let tools = object.list("tools")?;
    if tools.as_ref().is_some_and(Vec::is_empty) {
        object.put_back("tools", json!([]));
    }
    let tools = tools.unwrap_or_default().into_iter().map(read_tool).collect();
    let (tool_choice, parallel_tool_calls) = read_choice(&mut object);
    let stop = object.take("stop_sequences", texts).unwrap_or_default();
    let sampling = Sampling {
        max_output_tokens: object.count("max_tokens"),
        temperature: object.number("temperature"),
        top_p: object.number("top_p"),
        top_k: object.count("top_k"),
        stop,
        ..Sampling::default()
    };
    let output = read_format(&object);
    let reasoning = read_reasoning(&mut object);
    let stream = object.take("stream", |value| (value == true).then_some(true)).unwrap_or(false);
    Ok(ChatRequest {
        model,
        messages,
        tools,
        tool_choice,
        parallel_tool_calls,
        output,
        sampling,
        reasoning,
        stream,
        extra: Some(object.always_extra()),
    })
}

fn texts(value: &Value) -> Option<Vec<String>> {
    let list = value.as_array().filter(|list| !list.is_empty())?;
    list.iter().map(|text| text.as_str().map(str::to_owned)).collect()
}

/// The system prompt is a message of its own in our types.
fn read_system(object: &mut Object) -> Result<Option<Message>, DialectError> {
    let parts = match object.peek("system") {
        Some(Value::String(_)) => {
            let text = object.text("system").unwrap_or_default();
            vec![Part::Text(TextPart { text, cache: None, extra: None })]
        }
        Some(Value::Array(list)) if !list.is_empty() => {
            object.list("system")?.into_iter().flatten().map(read_block).collect()
        }
        // An empty list, or nothing, is kept as it is.
        _ => return Ok(None),
    };
    Ok(Some(Message { role: Role::System, parts, name: None, extra: None }))
}

fn read_message(value: Value, path: String) -> Result<Message, DialectError> {
    let mut object = Object::new(value, path, DIALECT)?;
    let role = match object.required("role")?.as_str() {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" => Role::System,
        other => {
            let message = format!("expected user or assistant, found `{other}`");
            return Err(DialectError::new(&object.at("role"), message));
        }
    };
    let parts = match object.peek("content") {
        Some(Value::String(_)) => {
            let text = object.text("content").unwrap_or_default();
            vec![Part::Text(TextPart { text, cache: None, extra: None })]
        }
        Some(Value::Array(_)) => {
            object.list("content")?.into_iter().flatten().map(read_block).collect()
        }
        _ => {
            let expected = "expected a string or a list of blocks";
            return Err(DialectError::new(&object.at("content"), expected));
        }
    };
    Ok(Message { role, parts, name: None, extra: object.extra() })
}

/// A block of content. One that is not exactly what is modelled stays whole.
fn read_block(value: Value) -> Part {
    let read = || {
        let mut members = value.as_object()?.clone();
        let kind = text(&mut members, "type")?;
        match kind.as_str() {
            "text" => {
                let (text, cache) = (text(&mut members, "text")?, cache(&mut members));
                // Even nothing is kept: it says that the client wrote a block.
                let extra = Some(native(&Value::Object(members), DIALECT));
                Some(Part::Text(TextPart { text, cache, extra }))
            }
            "image" => read_media(MediaKind::Image, members).map(Part::Media),
            "document" => read_media(MediaKind::Document, members).map(Part::Media),
            "thinking" => {
                let (text, signature) =
                    (text(&mut members, "thinking")?, text(&mut members, "signature")?);
                let extra = rest(members);
                Some(Part::Reasoning(ReasoningPart {
                    id: None,
                    text,
                    signature: Some(signature),
                    redacted: None,
                    extra,
                }))
            }
            "redacted_thinking" => {
                let redacted = Some(text(&mut members, "data")?);
                let (text, extra) = (String::new(), rest(members));
                Some(Part::Reasoning(ReasoningPart {
                    id: None,
                    text,
                    signature: None,
                    redacted,
                    extra,
                }))
            }
            "tool_use" => {
                let (id, name) = (text(&mut members, "id")?, text(&mut members, "name")?);
                let arguments = members.remove("input").filter(Value::is_object)?.to_string();
                let extra = rest(members);
                Some(Part::ToolCall(ToolCall { id, name, arguments, signature: None, extra }))
            }
            "tool_result" => read_result(members).map(Part::ToolResult),
            _ => None,
        }
    };
    read().unwrap_or_else(|| Part::Native(native(&value, DIALECT)))
}

fn read_media(kind: MediaKind, mut members: Map<String, Value>) -> Option<MediaPart> {
    let Some(Value::Object(mut source)) = members.remove("source") else { return None };
    let form = text(&mut source, "type")?;
    let (mime, source) = match form.as_str() {
        "url" if source.len() == 1 => (None, MediaSource::Url(text(&mut source, "url")?)),
        "file" if source.len() == 1 => (None, MediaSource::FileId(text(&mut source, "file_id")?)),
        "base64" if source.len() == 2 => {
            let mime = text(&mut source, "media_type")?;
            let data = text(&mut source, "data")?;
            let bytes =
                STANDARD.decode(&data).ok().filter(|bytes| STANDARD.encode(bytes) == data)?;
            // The adapter tells a text document by its type.
            if mime.starts_with("text/plain") {
                return None;
            }
            (Some(mime), MediaSource::Bytes(bytes))
        }
        "text" if source.len() == 2 && kind == MediaKind::Document => {
            let mime =
                text(&mut source, "media_type").filter(|mime| mime.starts_with("text/plain"))?;
            (Some(mime), MediaSource::Bytes(text(&mut source, "data")?.into_bytes()))
        }
        _ => return None,
    };
    let cache = cache(&mut members);
    let name = match kind {
        MediaKind::Document => text(&mut members, "title"),
        _ => None,
    };
    Some(MediaPart { kind, mime, source, name, cache, extra: rest(members) })
}

fn read_result(mut members: Map<String, Value>) -> Option<ToolResult> {
    let call_id = text(&mut members, "tool_use_id")?;
    let mut listed = false;
    let content = match members.remove("content") {
        None => vec![],
        Some(Value::String(text)) => vec![ToolResultPart::Text(text)],
        Some(Value::Array(blocks)) if !blocks.is_empty() => {
            listed = true;
            blocks.into_iter().map(read_result_part).collect()
        }
        Some(_) => return None,
    };
    let is_error = members.get("is_error") == Some(&Value::Bool(true));
    if is_error {
        members.remove("is_error");
    }
    let cache = cache(&mut members);
    let extra = match listed {
        true => Some(native(&Value::Object(members), DIALECT)),
        false => rest(members),
    };
    // Left-over members make a bare string look like a list to the adapter.
    if !listed && extra.is_some() && !content.is_empty() {
        return None;
    }
    Some(ToolResult { call_id, name: None, content, is_error, cache, extra })
}

fn read_result_part(value: Value) -> ToolResultPart {
    let members = value.as_object().map_or(0, Map::len);
    if let (Some("text"), Some(text), 2) = (value["type"].as_str(), value["text"].as_str(), members)
    {
        return ToolResultPart::Text(text.to_owned());
    }
    match read_block(value.clone()) {
        Part::Media(media) => ToolResultPart::Media(media),
        _ => ToolResultPart::Native(native(&value, DIALECT)),
    }
}

fn read_tool(value: Value) -> Tool {
    let read = || {
        let mut members = value.as_object()?.clone();
        if members.get("type").is_some_and(|kind| kind != "custom") {
            return None;
        }
        let name = text(&mut members, "name")?;
        let description = text(&mut members, "description");
        let parameters = Some(members.remove("input_schema")?.to_string());
        let strict = members.get("strict").and_then(Value::as_bool);
        if strict.is_some() {
            members.remove("strict");
        }
        let cache = cache(&mut members);
        Some(FunctionTool { name, description, parameters, strict, cache, extra: rest(members) })
    };
    read().map_or_else(|| Tool::Native(native(&value, DIALECT)), Tool::Function)
}

/// The choice, and whether several calls may come, which is a part of it here.
fn read_choice(object: &mut Object) -> (Option<ToolChoice>, Option<bool>) {
    let Some(value) = object.value("tool_choice") else { return (None, None) };
    let mut members = value.as_object().cloned().unwrap_or_default();
    let serial = members.get("disable_parallel_tool_use") == Some(&Value::Bool(true));
    if serial {
        members.remove("disable_parallel_tool_use");
    }
    let choice = match (text(&mut members, "type").as_deref(), members.len()) {
        (Some("auto"), 0) => ToolChoice::Auto,
        (Some("any"), 0) => ToolChoice::Required,
        (Some("none"), 0) if !serial => ToolChoice::None,
        (Some("tool"), 1) if members.get("name").is_some_and(Value::is_string) => {
            ToolChoice::Function(text(&mut members, "name").unwrap_or_default())
        }
        _ => return (Some(ToolChoice::Native(native(&value, DIALECT))), None),
    };
    (Some(choice), serial.then_some(false))
}

/// The schema of the answer. Its own spelling stays beside the meaning.
fn read_format(object: &Object) -> Option<OutputFormat> {
    let config = object.peek("output_config").or(object.peek("output_format"))?;
    let format = config.get("format").unwrap_or(config);
    let schema = format.get("schema")?.to_string();
    (format.get("type")? == "json_schema").then_some(OutputFormat::JsonSchema(JsonSchema {
        name: None,
        description: None,
        schema,
        strict: None,
    }))
}

fn read_reasoning(object: &mut Object) -> Option<ReasoningOptions> {
    let budget_tokens = object.take("thinking", |value| {
        let members = value.as_object().filter(|members| members.len() == 2)?;
        let budget = members.get("budget_tokens")?.as_u64()?;
        (members.get("type")? == "enabled").then_some(u32::try_from(budget).ok()?)
    });
    let effort = object.peek("output_config").and_then(|config| config.get("effort")?.as_str());
    let effort = effort.map(str::to_owned);
    (budget_tokens.is_some() || effort.is_some()).then_some(ReasoningOptions {
        effort,
        budget_tokens,
        include_text: None,
    })
}

/// Takes a string out; what is none stays.
fn text(members: &mut Map<String, Value>, name: &str) -> Option<String> {
    match members.get(name)? {
        Value::String(_) => match members.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// Takes a cache hint out, if writing it again gives the same.
fn cache(members: &mut Map<String, Value>) -> Option<CacheHint> {
    let hint = match members.get("cache_control")?.to_string().as_str() {
        r#"{"type":"ephemeral"}"# => CacheHint::Short,
        r#"{"type":"ephemeral","ttl":"1h"}"# | r#"{"ttl":"1h","type":"ephemeral"}"# => {
            CacheHint::Long
        }
        _ => return None,
    };
    members.remove("cache_control");
    Some(hint)
}

fn rest(members: Map<String, Value>) -> Option<hotcell::types::Native> {
    (!members.is_empty()).then(|| native(&Value::Object(members), DIALECT))
}
