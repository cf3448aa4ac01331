//! Amazon Bedrock's Converse and ConverseStream
//! (<https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>).
//!
//! The model stands in the path of a request, and which of the two operations it is says
//! whether the answer is streamed. What the types model goes into their fields; where they
//! cannot tell how the client spelled it, its own words stay as `extra`, and win. Whole
//! blocks and tools that only this dialect has are native.
//!
//! JSON text is kept as it stands: the input of a call, schemas, and every member that is
//! not modelled come out as they were written, numbers included.

mod block;
mod media;
mod tool;

use crate::DialectError;
use crate::anthropic_messages::object::{Object, Path, elements, found, text};
use crate::anthropic_messages::{read_role, role_of};
use block::read_content;
use hotcell::types::{
    ChatRequest, JsonSchema, Message, Native, OutputFormat, ReasoningOptions, Role, Sampling,
};
use serde_json::Value;

/// The dialect's name.
pub const DIALECT: &str = "bedrock-converse";

/// Reads a client's request. `model` is what its path names, percent-decoded, and `stream`
/// whether its path ends in `converse-stream`.
///
/// # Errors
/// Where the request cannot be one of this dialect, with the place and what is expected
/// there. What is only unknown is kept.
pub fn read_request(body: &[u8], model: &str, stream: bool) -> Result<ChatRequest, DialectError> {
    let root = Path::Root;
    let body = std::str::from_utf8(body)
        .map_err(|error| root.error(format!("the request is not UTF-8: {error}")))?;
    let mut object = Object::read(body, &root)?;
    let mut messages = Vec::new();
    if let Some(system) = object.take("system") {
        let parts = read_content(system, &object.at("system"))?;
        messages.push(Message { role: Role::System, parts, name: None, extra: None });
    }
    // A prompt that the provider keeps has its own.
    if let Some(list) = object.get("messages") {
        let path = object.at("messages");
        let list = elements(list, &path)?;
        // An empty list stays as it was written.
        if !list.is_empty() {
            object.take("messages");
        }
        for (index, message) in list.into_iter().enumerate() {
            messages.push(read_message(message.get(), &path.index(index))?);
        }
    }
    let (tools, tool_choice) = tool::read(&mut object)?;
    let own = own_fields(&object);
    let (output, effort) = read_output(&mut object)?;
    let mut sampling = read_sampling(&mut object)?;
    sampling.top_k = read_top_k(&own);
    Ok(ChatRequest {
        model: model.to_owned(),
        messages,
        tools,
        tool_choice,
        parallel_tool_calls: None,
        output,
        sampling,
        reasoning: read_reasoning(&own, effort),
        stream,
        extra: Some(Native { dialect: DIALECT.to_owned(), ..object.always_extra() }),
    })
}

/// A whole value that only this dialect has.
fn native(raw: &str) -> Native {
    Native { dialect: DIALECT.to_owned(), value: raw.to_owned() }
}

/// What was not taken; none of nothing.
fn extra(object: Object<'_, '_>) -> Option<Native> {
    object.extra().map(|extra| Native { dialect: DIALECT.to_owned(), ..extra })
}

fn read_message(raw: &str, path: &Path<'_>) -> Result<Message, DialectError> {
    let mut object = Object::read(raw, path)?;
    let role = read_role(&mut object)?;
    let path = object.at("content");
    let content = object.take("content").ok_or_else(|| path.missing("a list of blocks"))?;
    let parts = read_content(content, &path)?;
    let role = role_of(role, &parts);
    Ok(Message { role, parts, name: None, extra: extra(object) })
}

fn read_sampling(object: &mut Object<'_, '_>) -> Result<Sampling, DialectError> {
    let mut sampling = Sampling {
        max_output_tokens: None,
        temperature: None,
        top_p: None,
        top_k: None,
        seed: None,
        presence_penalty: None,
        frequency_penalty: None,
        stop: vec![],
        choices: None,
        logprobs: None,
    };
    let Some(raw) = object.get("inferenceConfig") else { return Ok(sampling) };
    let path = object.at("inferenceConfig");
    let mut config = Object::read(raw, &path)?;
    let silent = config.is_empty();
    sampling.max_output_tokens = config.count("maxTokens")?;
    sampling.temperature = config.number("temperature")?;
    sampling.top_p = config.number("topP")?;
    if let Some(raw) = config.get("stopSequences") {
        let path = path.member("stopSequences");
        for (index, sequence) in elements(raw, &path)?.into_iter().enumerate() {
            sampling.stop.push(text(sequence.get(), &path.index(index))?);
        }
        // An empty list stays as it was written.
        if !sampling.stop.is_empty() {
            config.take("stopSequences");
        }
    }
    if config.is_empty() && !silent {
        object.take("inferenceConfig");
    }
    Ok(sampling)
}

/// The form of the answer, and an effort, which stays: where it stands says more than its
/// meaning.
fn read_output(
    object: &mut Object<'_, '_>,
) -> Result<(Option<OutputFormat>, Option<String>), DialectError> {
    let Some(raw) = object.get("outputConfig") else { return Ok((None, None)) };
    let path = object.at("outputConfig");
    let mut config = Object::read(raw, &path)?;
    let effort = config.text("effort")?;
    let format = config.take("textFormat").and_then(read_format);
    if let Some((_, true)) = format
        && effort.is_none()
        && config.is_empty()
    {
        object.take("outputConfig");
    }
    Ok((format.map(|(format, _)| OutputFormat::JsonSchema(format)), effort))
}

/// A schema, and whether it holds nothing that the types do not; none of another format.
fn read_format(raw: &str) -> Option<(JsonSchema, bool)> {
    let format: Value = serde_json::from_str(raw).ok()?;
    let definition = format.pointer("/structure/jsonSchema")?;
    let text = |name: &str| definition.get(name)?.as_str().map(str::to_owned);
    let schema = text("schema").filter(|schema| serde_json::from_str::<Value>(schema).is_ok())?;
    let (name, description) = (text("name"), text("description"));
    let told = 1 + usize::from(name.is_some()) + usize::from(description.is_some());
    let members = |value: &Value| value.as_object().map_or(0, serde_json::Map::len);
    let usual = format["type"] == "json_schema"
        && members(definition) == told
        && members(&format["structure"]) == 1
        && members(&format) == 2;
    Some((JsonSchema { name, description, schema, strict: None }, usual))
}

/// What the model takes in its maker's own words. It stays; what it means is read where it
/// is known.
fn own_fields(object: &Object<'_, '_>) -> Value {
    let raw = object.get("additionalModelRequestFields");
    raw.and_then(|raw| serde_json::from_str(raw).ok()).unwrap_or_default()
}

fn read_top_k(own: &Value) -> Option<u32> {
    let places = ["/top_k", "/k", "/inferenceConfig/topK"];
    let found = places.iter().find_map(|place| own.pointer(place)?.as_u64());
    found.and_then(|count| count.try_into().ok())
}

fn read_reasoning(own: &Value, effort: Option<String>) -> Option<ReasoningOptions> {
    let claude = own.get("thinking").or_else(|| own.get("reasoning_config"));
    let nova = own.get("reasoningConfig");
    let word = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let of = |value: Option<&Value>, name: &str| word(value.and_then(|value| value.get(name)));
    let off = [claude, nova].iter().any(|it| of(*it, "type").as_deref() == Some("disabled"));
    let effort = match off {
        true => Some("none".to_owned()),
        false => effort
            .or_else(|| of(nova, "maxReasoningEffort"))
            .or_else(|| word(own.get("reasoning_effort"))),
    };
    let budget = claude.and_then(|claude| claude.get("budget_tokens")?.as_u64());
    let budget_tokens = budget.and_then(|tokens| tokens.try_into().ok());
    let include_text = of(claude, "display").map(|display| display != "omitted");
    let any = effort.is_some() || budget_tokens.is_some() || include_text.is_some();
    any.then_some(ReasoningOptions { effort, budget_tokens, include_text })
}

#[cfg(test)]
mod tests;
