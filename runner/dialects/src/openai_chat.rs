//! OpenAI's chat completions
//! (<https://platform.openai.com/docs/api-reference/chat/create>), and what other
//! providers added to them.

use crate::DialectError;
use crate::object::{Object, native};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell::types::{
    CacheHint, ChatRequest, FunctionTool, JsonSchema, MediaKind, MediaPart, MediaSource, Message,
    OutputFormat, Part, ReasoningOptions, ReasoningPart, Role, Sampling, TextPart, Tool, ToolCall,
    ToolChoice, ToolResult, ToolResultPart,
};
use serde_json::{Value, json};

/// The dialect's name.
pub const DIALECT: &str = "openai-chat";

/// Reads a client's request.
///
/// # Errors
/// Where the request cannot be one of this dialect, with the place and what is
/// expected there. What is only unknown is kept.
pub fn read_request(body: &[u8]) -> Result<ChatRequest, DialectError> {
    let mut object = Object::parse(body, DIALECT)?;
    let model = object.required("model")?;
    let messages = object
        .list("messages")?
        .ok_or_else(|| DialectError::new("", "`messages` is missing: expected a list"))?;
    let messages = messages.into_iter().enumerate();
    let messages = messages
        .map(|(index, message)| read_message(message, format!("messages[{index}]")))
        .collect::<Result<_, _>>()?;
    let tools = object.list("tools")?;
    // An empty list is not the same as none to every provider.
    if tools.as_ref().is_some_and(Vec::is_empty) {
        object.put_back("tools", json!([]));
    }
    let tools = tools.unwrap_or_default().into_iter().map(read_tool).collect();
    let tool_choice = object.take("tool_choice", read_choice);
    let parallel_tool_calls = object.flag("parallel_tool_calls");
    let output = object.take("response_format", read_format);
    let sampling = read_sampling(&mut object);
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

fn read_sampling(object: &mut Object) -> Sampling {
    let count = |value: &Value| value.as_u64().and_then(|count| u32::try_from(count).ok());
    // Two spellings of one thing: the client's own stays beside the meaning.
    let max_output_tokens =
        object.read("max_completion_tokens", count).or_else(|| object.read("max_tokens", count));
    let stop = match object.peek("stop") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(list)) => {
            let texts: Option<Vec<String>> =
                list.iter().map(|text| text.as_str().map(str::to_owned)).collect();
            texts.unwrap_or_default()
        }
        _ => vec![],
    };
    let wanted = object.peek("logprobs") == Some(&Value::Bool(true));
    let logprobs = wanted.then(|| object.read("top_logprobs", count).unwrap_or(0));
    Sampling {
        max_output_tokens,
        temperature: object.number("temperature"),
        top_p: object.number("top_p"),
        top_k: object.count("top_k"),
        seed: object.take("seed", Value::as_i64),
        presence_penalty: object.number("presence_penalty"),
        frequency_penalty: object.number("frequency_penalty"),
        stop,
        choices: object.count("n"),
        logprobs,
    }
}

/// OpenAI's `reasoning_effort`, and OpenRouter's `reasoning`, which stays.
fn read_reasoning(object: &mut Object) -> Option<ReasoningOptions> {
    let effort = object.text("reasoning_effort");
    let routed = object.peek("reasoning").cloned().unwrap_or_default();
    let routed_effort = routed.get("effort").and_then(Value::as_str).map(str::to_owned);
    let budget = routed.get("max_tokens").and_then(Value::as_u64);
    let budget_tokens = budget.and_then(|budget| budget.try_into().ok());
    let include_text = routed.get("exclude").and_then(Value::as_bool).map(|exclude| !exclude);
    if let (Some(effort), true) = (&effort, object.has("reasoning")) {
        // Both spellings: the adapter writes neither of its own.
        object.put_back("reasoning_effort", effort.clone().into());
    }
    let effort = effort.or(routed_effort);
    (effort.is_some() || budget_tokens.is_some() || include_text.is_some())
        .then_some(ReasoningOptions { effort, budget_tokens, include_text })
}

fn read_message(value: Value, path: String) -> Result<Message, DialectError> {
    let mut object = Object::new(value, path, DIALECT)?;
    let role = match object.required("role")?.as_str() {
        "system" => Role::System,
        "developer" => Role::Developer,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" => Role::Tool,
        other => {
            let expected = "expected system, developer, user, assistant or tool";
            return Err(DialectError::new(
                &object.at("role"),
                format!("{expected}, found `{other}`"),
            ));
        }
    };
    if role == Role::Tool {
        return read_result(object);
    }
    let name = object.text("name");
    let mut parts = Vec::new();
    // Thoughts stand before the words; their own spelling stays.
    let told = ["reasoning_content", "reasoning"].iter().find_map(|member| {
        object
            .read(member, |value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned))
    });
    if let Some(text) = told {
        let (id, signature, redacted, extra) = (None, None, None, None);
        parts.push(Part::Reasoning(ReasoningPart { id, text, signature, redacted, extra }));
    }
    match object.peek("content") {
        Some(Value::String(_)) => {
            let text = object.text("content").unwrap_or_default();
            parts.push(Part::Text(TextPart { text, cache: None, extra: None }));
        }
        Some(Value::Array(list)) if list.is_empty() => {}
        Some(Value::Array(_)) => {
            parts.extend(object.list("content")?.into_iter().flatten().map(read_part));
        }
        Some(Value::Null) | None => {}
        Some(_) => {
            let expected = "expected a string or a list of parts";
            return Err(DialectError::new(&object.at("content"), expected));
        }
    }
    if let Some(refusal) = object.text("refusal") {
        parts.push(Part::Refusal(refusal));
    }
    let path = object.at("tool_calls");
    let calls = object.list("tool_calls")?;
    if calls.as_ref().is_some_and(Vec::is_empty) {
        object.put_back("tool_calls", json!([]));
    }
    for (index, call) in calls.unwrap_or_default().into_iter().enumerate() {
        parts.push(read_call(call, format!("{path}[{index}]"))?);
    }
    Ok(Message { role, parts, name, extra: object.extra() })
}

fn read_result(mut object: Object) -> Result<Message, DialectError> {
    let call_id = object.required("tool_call_id")?;
    let name = object.text("name");
    let mut listed = false;
    let content = match object.peek("content") {
        Some(Value::String(_)) => {
            vec![ToolResultPart::Text(object.text("content").unwrap_or_default())]
        }
        Some(Value::Array(list)) if !list.is_empty() => {
            listed = true;
            let parts = object.list("content")?.into_iter().flatten();
            parts.map(read_result_part).collect()
        }
        _ => vec![],
    };
    let extra = listed.then(|| native(&json!({}), DIALECT));
    let result = ToolResult { call_id, name, content, is_error: false, cache: None, extra };
    let parts = vec![Part::ToolResult(result)];
    Ok(Message { role: Role::Tool, parts, name: None, extra: object.extra() })
}

fn read_result_part(value: Value) -> ToolResultPart {
    let plain = value.as_object().is_some_and(|part| part.len() == 2)
        && value["type"] == "text"
        && value["text"].is_string();
    match plain {
        true => ToolResultPart::Text(value["text"].as_str().unwrap_or_default().to_owned()),
        false => match read_part(value) {
            Part::Media(media) => ToolResultPart::Media(media),
            Part::Native(native) => ToolResultPart::Native(native),
            Part::Text(text) => {
                let mut part = json!({ "type": "text", "text": text.text });
                if let (Some(extra), Some(part)) = (text.extra, part.as_object_mut()) {
                    let members: Value = serde_json::from_str(&extra.value).unwrap_or_default();
                    part.extend(members.as_object().cloned().unwrap_or_default());
                }
                ToolResultPart::Native(native(&part, DIALECT))
            }
            _ => ToolResultPart::Text(String::new()),
        },
    }
}

fn read_call(value: Value, path: String) -> Result<Part, DialectError> {
    if value["type"] != "function" && !value["type"].is_null() {
        // A tool of another kind goes back as it came, beside the content.
        return Ok(Part::Native(native(&json!({ "tool_calls": [value] }), DIALECT)));
    }
    let mut object = Object::new(value, path, DIALECT)?;
    let id = object.text("id").unwrap_or_default();
    object.value("type");
    let function = object.value("function").unwrap_or_default();
    let mut function = Object::new(function, object.at("function"), DIALECT)?;
    let name = function.required("name")?;
    let arguments = match function.value("arguments") {
        Some(Value::String(text)) => text,
        Some(other) if !other.is_null() => other.to_string(),
        _ => String::new(),
    };
    Ok(Part::ToolCall(ToolCall { id, name, arguments, signature: None, extra: object.extra() }))
}

/// A part of a message. One that is not exactly what is modelled stays whole.
fn read_part(value: Value) -> Part {
    let part = match value["type"].as_str() {
        Some("text") => read_text(&value),
        Some(kind @ ("image_url" | "video_url" | "input_audio" | "file")) => {
            read_media(kind, &value).map(Part::Media)
        }
        _ => None,
    };
    part.unwrap_or_else(|| Part::Native(native(&value, DIALECT)))
}

fn read_text(value: &Value) -> Option<Part> {
    let text = value["text"].as_str()?.to_owned();
    let mut rest = value.as_object()?.clone();
    rest.remove("type");
    rest.remove("text");
    let cache = rest.get("cache_control").and_then(read_cache);
    if cache.is_some() {
        rest.remove("cache_control");
    }
    // Even nothing is kept: it says that the client wrote a part and not a string.
    let extra = Some(native(&Value::Object(rest), DIALECT));
    Some(Part::Text(TextPart { text, cache, extra }))
}

fn read_cache(value: &Value) -> Option<CacheHint> {
    match value.to_string().as_str() {
        r#"{"type":"ephemeral"}"# => Some(CacheHint::Short),
        r#"{"type":"ephemeral","ttl":"1h"}"# => Some(CacheHint::Long),
        _ => None,
    }
}

fn read_media(kind: &str, value: &Value) -> Option<MediaPart> {
    let mut outer = value.as_object()?.clone();
    outer.remove("type");
    let mut inner = outer.remove(kind)?.as_object()?.clone();
    let cache = outer.get("cache_control").and_then(read_cache);
    if cache.is_some() {
        outer.remove("cache_control");
    }
    if !outer.is_empty() {
        return None;
    }
    let mut take = |name: &str| match inner.get(name) {
        Some(Value::String(_)) => match inner.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        },
        _ => None,
    };
    let (media, mime, source, name) = match kind {
        "image_url" | "video_url" => {
            let media = if kind == "image_url" { MediaKind::Image } else { MediaKind::Video };
            let url = take("url")?;
            match read_data_url(&url) {
                Some((mime, bytes)) => (media, Some(mime), MediaSource::Bytes(bytes), None),
                None if url.starts_with("data:") => return None,
                None => (media, None, MediaSource::Url(url), None),
            }
        }
        "input_audio" => {
            let mime = match take("format")?.as_str() {
                "wav" => "audio/wav".to_owned(),
                "mp3" => "audio/mpeg".to_owned(),
                other => format!("audio/{other}"),
            };
            let bytes = read_base64(&take("data")?)?;
            (MediaKind::Audio, Some(mime), MediaSource::Bytes(bytes), None)
        }
        _ => match take("file_id") {
            Some(id) => (MediaKind::Document, None, MediaSource::FileId(id), None),
            None => {
                // The adapter always writes a name, so that one without stays whole.
                let name = take("filename")?;
                let (mime, bytes) = read_data_url(&take("file_data")?)?;
                (MediaKind::Document, Some(mime), MediaSource::Bytes(bytes), Some(name))
            }
        },
    };
    let extra = (!inner.is_empty()).then(|| native(&Value::Object(inner), DIALECT));
    Some(MediaPart { kind: media, mime, source, name, cache, extra })
}

/// `data:MIME;base64,DATA`, if writing it again gives the same.
fn read_data_url(url: &str) -> Option<(String, Vec<u8>)> {
    let (mime, data) = url.strip_prefix("data:")?.split_once(";base64,")?;
    Some((mime.to_owned(), read_base64(data)?))
}

fn read_base64(data: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(data).ok()?;
    (STANDARD.encode(&bytes) == data).then_some(bytes)
}

fn read_tool(value: Value) -> Tool {
    let function = || {
        let outer = value.as_object()?;
        if outer.len() != 2 || outer.get("type")? != "function" {
            return None;
        }
        let mut inner = outer.get("function")?.as_object()?.clone();
        let Some(Value::String(name)) = inner.remove("name") else { return None };
        let description = match inner.get("description") {
            Some(Value::String(text)) => Some(text.clone()),
            _ => None,
        };
        if description.is_some() {
            inner.remove("description");
        }
        let parameters = inner.remove("parameters").map(|parameters| parameters.to_string());
        let strict = inner.get("strict").and_then(Value::as_bool);
        if strict.is_some() {
            inner.remove("strict");
        }
        let extra = (!inner.is_empty()).then(|| native(&Value::Object(inner), DIALECT));
        Some(FunctionTool { name, description, parameters, strict, cache: None, extra })
    };
    function().map_or_else(|| Tool::Native(native(&value, DIALECT)), Tool::Function)
}

fn read_choice(value: &Value) -> Option<ToolChoice> {
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

fn read_format(value: &Value) -> Option<OutputFormat> {
    let members = value.as_object()?;
    match members.get("type")?.as_str()? {
        "text" if members.len() == 1 => Some(OutputFormat::Text),
        "json_object" if members.len() == 1 => Some(OutputFormat::JsonObject),
        "json_schema" if members.len() == 2 => {
            let mut inner = members.get("json_schema")?.as_object()?.clone();
            let text = |value: Option<Value>| match value {
                Some(Value::String(text)) => Some(Some(text)),
                None => Some(None),
                Some(_) => None,
            };
            // A schema without a name stays whole: the adapter would give it one.
            let name = Some(text(inner.remove("name"))??);
            let description = text(inner.remove("description"))?;
            let schema = inner.remove("schema")?.to_string();
            let strict = match inner.remove("strict") {
                Some(value) => Some(value.as_bool()?),
                None => None,
            };
            let schema = JsonSchema { name, description, schema, strict };
            inner.is_empty().then_some(OutputFormat::JsonSchema(schema))
        }
        _ => None,
    }
}
