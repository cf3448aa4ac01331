//! Anthropic's messages (<https://docs.anthropic.com/en/api/messages>).
//!
//! What the types model goes into their fields. Where the adapter would spell a field
//! in another way than the client did, the client's spelling is kept beside it as
//! `extra`, and wins. Whole blocks and tools that only this dialect has are native.
//!
//! JSON text is kept as it stands: the input of a call, schemas, and every member that
//! is not modelled come out as they were written, numbers included.

mod answer;
mod block;
mod media;
mod models;
mod nesting;
pub(crate) mod object;
mod refusal;
mod stream;
mod tool;
mod word;

pub use answer::write_answer;
pub use models::{write_count, write_model, write_models};
pub use refusal::write_refusal;
pub use stream::StreamWriter;

use crate::DialectError;
use crate::opaque::take_signature;
use hotcell::types::{
    ChatRequest, JsonSchema, Message, OutputFormat, Part, ReasoningOptions, Role, Sampling,
    TextPart,
};
use object::{Object, Path, elements, found, text};
use serde_json::Value;
use serde_json::value::RawValue;

/// The dialect's name.
pub const DIALECT: &str = "anthropic-messages";

/// Reads a client's request.
///
/// # Errors
/// Where the request cannot be one of this dialect, with the place and what is
/// expected there. What is only unknown is kept.
pub fn read_request(body: &[u8]) -> Result<ChatRequest, DialectError> {
    let mut object = Object::read(utf8(body)?, &Path::Root)?;
    let model = object.required("model")?;
    let stream = object.flag("stream")? == Some(true);
    read(object, model, stream)
}

/// Reads a body of Amazon Bedrock's InvokeModel, whose path names the model and tells whether
/// the answer is streamed. Its members `anthropic_version` and `anthropic_beta` are headers
/// elsewhere: the version that every such body has is left to the adapter, and the features
/// become the member `betas`.
///
/// # Errors
/// As [`read_request`].
pub(crate) fn read_invoked(
    body: &[u8],
    model: &str,
    stream: bool,
) -> Result<ChatRequest, DialectError> {
    let mut object = Object::read(utf8(body)?, &Path::Root)?;
    if object.get("anthropic_version") == Some("\"bedrock-2023-05-31\"") {
        object.take("anthropic_version");
    }
    if let Some(betas) = object.take("anthropic_beta") {
        object.keep("betas", betas);
    }
    read(object, model.to_owned(), stream)
}

/// Adds features that a client asks for in the header `anthropic-beta`. An adapter takes them as
/// the member `betas`: those that the body names there come after them. Where the body has
/// something else in that place, it is left for the adapter to refuse.
pub fn add_betas<'a>(request: &mut ChatRequest, betas: impl Iterator<Item = &'a str>) {
    let betas = betas.map(str::trim).filter(|beta| !beta.is_empty());
    let mut all: Vec<String> = betas.map(|beta| Value::from(beta).to_string()).collect();
    let Some(extra) = request.extra.as_mut().filter(|_| !all.is_empty()) else { return };
    let Ok(mut object) = Object::read(&extra.value, &Path::Root) else { return };
    let own = object.get("betas").unwrap_or("[]");
    let Ok(own) = serde_json::from_str::<Vec<&RawValue>>(own) else { return };
    all.extend(own.into_iter().map(|beta| beta.get().to_owned()));
    object.replace("betas", &format!("[{}]", all.join(",")));
    *extra = object.always_extra();
}

fn utf8(body: &[u8]) -> Result<&str, DialectError> {
    let body = std::str::from_utf8(body)
        .map_err(|error| Path::Root.error(format!("the request is not UTF-8: {error}")))?;
    match crate::json::is_too_deep(body) {
        true => Err(Path::Root.error("the request is not JSON: recursion limit exceeded")),
        false => Ok(body),
    }
}

fn read(
    mut object: Object<'_, '_>,
    model: String,
    stream: bool,
) -> Result<ChatRequest, DialectError> {
    let root = Path::Root;
    let mut messages = read_system(&mut object)?;
    let list = object.take("messages").ok_or_else(|| root.member("messages").missing("a list"))?;
    let path = root.member("messages");
    for (index, message) in elements(list, &path)?.into_iter().enumerate() {
        messages.push(read_message(message.get(), &path.index(index))?);
    }
    let tools = tool::read(&mut object)?;
    let (tool_choice, parallel_tool_calls) = tool::read_choice(&mut object)?;
    let (effort, output) = read_output(&mut object)?;
    let reasoning = read_reasoning(&mut object, effort)?;
    let sampling = read_sampling(&mut object)?;
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

/// The instructions become the first message.
fn read_system(object: &mut Object<'_, '_>) -> Result<Vec<Message>, DialectError> {
    let Some(system) = object.take("system") else { return Ok(vec![]) };
    let parts = read_content(system, &object.at("system"))?;
    Ok(vec![Message { role: Role::System, parts, name: None, extra: None }])
}

fn read_message(raw: &str, path: &Path<'_>) -> Result<Message, DialectError> {
    let mut object = Object::read(raw, path)?;
    let role = read_role(&mut object)?;
    let path = object.at("content");
    let content =
        object.take("content").ok_or_else(|| path.missing("a string or a list of blocks"))?;
    let parts = read_content(content, &path)?;
    let role = role_of(role, &parts);
    Ok(Message { role, parts, name: None, extra: object.extra() })
}

/// Takes the role out of a message.
pub(crate) fn read_role(object: &mut Object<'_, '_>) -> Result<Role, DialectError> {
    let word = object.required("role")?;
    Ok(match word.as_str() {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        // An instruction that keeps its place among the turns.
        "system" => {
            object.keep("role", "\"system\"");
            Role::System
        }
        other => {
            let expected = format!("expected `user`, `assistant` or `system`, found `{other}`");
            return Err(object.at("role").error(expected));
        }
    })
}

/// A message of results alone is a tool's.
pub(crate) fn role_of(role: Role, parts: &[Part]) -> Role {
    let only_results = parts.iter().all(|part| matches!(part, Part::ToolResult(_)));
    match role {
        Role::User if only_results && !parts.is_empty() => Role::Tool,
        role => role,
    }
}

fn read_content(raw: &str, path: &Path<'_>) -> Result<Vec<Part>, DialectError> {
    match raw.as_bytes().first() {
        Some(b'"') => {
            Ok(vec![Part::Text(TextPart { text: text(raw, path)?, cache: None, extra: None })])
        }
        Some(b'[') => {
            let blocks = elements(raw, path)?;
            let mut parts = Vec::with_capacity(blocks.len());
            for (index, block) in blocks.into_iter().enumerate() {
                let mut part = block::read(block.get(), &path.index(index))?;
                if let Part::ToolCall(call) = &mut part {
                    call.signature = take_signature(&mut parts);
                }
                parts.push(part);
            }
            Ok(parts)
        }
        _ => {
            Err(path.error(format!("expected a string or a list of blocks, found {}", found(raw))))
        }
    }
}

/// `output_config`, and `output_format` as it was before: the effort, and the form of
/// the answer.
fn read_output(
    object: &mut Object<'_, '_>,
) -> Result<(Option<String>, Option<OutputFormat>), DialectError> {
    let before = object.get("output_format");
    let before = before.map(|raw| read_format(raw, &object.at("output_format"))).transpose()?;
    let Some(raw) = object.get("output_config") else {
        return Ok((None, before.and_then(|(format, _)| format)));
    };
    let path = object.at("output_config");
    let mut config = Object::read(raw, &path)?;
    let effort = config.text("effort")?;
    let format = config.take("format");
    let format = format.map(|raw| read_format(raw, &path.member("format"))).transpose()?;
    let usual = effort.is_none() && config.is_empty();
    let (output, usual) = match format {
        Some((format, plain)) => (format, usual && plain),
        None => (None, false),
    };
    // Beside the older spelling the adapter would not write this one.
    if usual && !object.has("output_format") {
        object.take("output_config");
    }
    Ok((effort, output.or(before.and_then(|(format, _)| format))))
}

/// A format, and whether it holds nothing that the types do not.
fn read_format(raw: &str, path: &Path<'_>) -> Result<(Option<OutputFormat>, bool), DialectError> {
    let mut format = Object::read(raw, path)?;
    if format.required("type")? != "json_schema" {
        return Ok((None, false));
    }
    let schema = format.take("schema").ok_or_else(|| path.member("schema").missing("an object"))?;
    let schema = schema.to_owned();
    let schema = JsonSchema { name: None, description: None, schema, strict: None };
    Ok((Some(OutputFormat::JsonSchema(schema)), format.is_empty()))
}

/// `thinking` stays: it says more than the types can.
fn read_reasoning(
    object: &mut Object<'_, '_>,
    effort: Option<String>,
) -> Result<Option<ReasoningOptions>, DialectError> {
    let Some(raw) = object.get("thinking") else {
        return Ok(effort.map(|effort| ReasoningOptions {
            effort: Some(effort),
            budget_tokens: None,
            include_text: None,
        }));
    };
    let path = object.at("thinking");
    let mut thinking = Object::read(raw, &path)?;
    let kind = thinking.required("type")?;
    let display = thinking.text("display")?;
    let include_text = match display.as_deref() {
        Some("omitted") => Some(false),
        Some(_) => Some(true),
        None => None,
    };
    let effort = if kind == "disabled" { Some("none".to_owned()) } else { effort };
    let budget_tokens = thinking.count("budget_tokens")?;
    Ok(Some(ReasoningOptions { effort, budget_tokens, include_text }))
}

fn read_sampling(object: &mut Object<'_, '_>) -> Result<Sampling, DialectError> {
    let mut stop = Vec::new();
    if let Some(raw) = object.get("stop_sequences") {
        let path = object.at("stop_sequences");
        for (index, sequence) in elements(raw, &path)?.into_iter().enumerate() {
            stop.push(text(sequence.get(), &path.index(index))?);
        }
        // An empty list stays as it was written.
        if !stop.is_empty() {
            object.take("stop_sequences");
        }
    }
    Ok(Sampling {
        max_output_tokens: object.count("max_tokens")?,
        temperature: object.number("temperature")?,
        top_p: object.number("top_p")?,
        top_k: object.count("top_k")?,
        stop,
        seed: None,
        presence_penalty: None,
        frequency_penalty: None,
        choices: None,
        logprobs: None,
    })
}

#[cfg(test)]
mod tests;
