//! Ollama's chat (<https://docs.ollama.com/api/chat>).
//!
//! `options` and `think` stay as the client wrote them, beside what they mean. Calls have
//! no ids in most of what clients send: here they get one by their place in the
//! conversation, and results get that of the call that they are most likely of, so that
//! another dialect can tell them apart. This dialect's adapter writes neither.

mod message;
mod tool;

use crate::DialectError;
use crate::object::Object;
use hotcell::types::{ChatRequest, JsonSchema, OutputFormat, ReasoningOptions, Sampling};
use serde_json::{Value, json};

/// The dialect's name.
pub const DIALECT: &str = "ollama-chat";

/// Reads a client's request.
///
/// The request's `extra` is always there, if only as an empty object: it tells an
/// adapter that a client of this dialect asked, who gets exactly what it asked for.
///
/// # Errors
/// Where the request cannot be one of this dialect, with the place and what is
/// expected there. What is only unknown is kept.
pub fn read_request(body: &[u8]) -> Result<ChatRequest, DialectError> {
    let mut object = Object::parse(body, DIALECT)?;
    let model = object.required("model")?;
    // Without any message the model is only loaded.
    let list = object.list("messages")?.unwrap_or_default();
    let mut calls = message::Calls::default();
    let mut messages = Vec::new();
    for (index, message) in list.into_iter().enumerate() {
        messages.push(message::read(message, format!("messages[{index}]"), &mut calls)?);
    }
    let tools = object.list("tools")?;
    if tools.as_ref().is_some_and(Vec::is_empty) {
        object.put_back("tools", json!([]));
    }
    let tools = tools.unwrap_or_default().into_iter().enumerate();
    let tools = tools
        .map(|(index, tool)| tool::read(tool, format!("tools[{index}]")))
        .collect::<Result<_, _>>()?;
    let output = object.take("format", read_format);
    let sampling = read_sampling(&mut object);
    let reasoning = object.read("think", read_think);
    // Ollama streams unless told otherwise.
    let stream = object.flag("stream").unwrap_or(true);
    Ok(ChatRequest {
        model,
        messages,
        tools,
        tool_choice: None,
        parallel_tool_calls: None,
        output,
        sampling,
        reasoning,
        stream,
        extra: Some(object.always_extra()),
    })
}

/// `json`, or a schema. What is empty asks for nothing, and stays.
fn read_format(value: &Value) -> Option<OutputFormat> {
    match value {
        Value::String(word) if word == "json" => Some(OutputFormat::JsonObject),
        Value::Object(_) => {
            let (name, description, strict) = (None, None, None);
            let schema = value.to_string();
            Some(OutputFormat::JsonSchema(JsonSchema { name, description, schema, strict }))
        }
        _ => None,
    }
}

/// Whether to think, or how much.
fn read_think(value: &Value) -> Option<ReasoningOptions> {
    let (effort, include_text) = match value {
        Value::Bool(true) => (None, Some(true)),
        Value::Bool(false) => (Some("none".to_owned()), None),
        Value::String(word) if !word.is_empty() => (Some(word.clone()), None),
        _ => return None,
    };
    Some(ReasoningOptions { effort, budget_tokens: None, include_text })
}

fn count(value: &Value) -> Option<u32> {
    value.as_u64()?.try_into().ok()
}

fn read_sampling(object: &mut Object) -> Sampling {
    let logprobs = read_logprobs(object);
    let options = object.peek("options");
    let option = |name: &str| options.and_then(|options| options.get(name));
    let number = |name: &str| option(name).and_then(Value::as_f64);
    let stop = match option("stop") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(list)) => {
            list.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
        }
        _ => vec![],
    };
    Sampling {
        // -1 and -2 are no limit.
        max_output_tokens: option("num_predict").and_then(count),
        temperature: number("temperature"),
        top_p: number("top_p"),
        top_k: option("top_k").and_then(count),
        seed: option("seed").and_then(Value::as_i64),
        presence_penalty: number("presence_penalty"),
        frequency_penalty: number("frequency_penalty"),
        stop,
        choices: None,
        logprobs,
    }
}

/// `logprobs` says whether, `top_logprobs` how many alternatives.
fn read_logprobs(object: &mut Object) -> Option<u32> {
    object.take("logprobs", |value| (value == true).then_some(()))?;
    // An explicit 0 stays: the adapter writes none.
    Some(object.take("top_logprobs", |value| count(value).filter(|n| *n > 0)).unwrap_or(0))
}

#[cfg(test)]
mod tests;
