//! OpenAI's responses
//! (<https://platform.openai.com/docs/api-reference/responses/create>).
//!
//! The input is a list of items. Messages, reasoning, calls of functions and their
//! outputs become what they are in the types; neighbouring items of the assistant become
//! one message, as long as their order tells them apart. Every other item stays whole, as
//! a native part: of the assistant where the model made it, so that it may be left out,
//! and else of the user.
//!
//! Reasoning that another provider signed comes back as its own (`opaque.rs`), and the
//! signature of a call, which stands before the call, goes to the call.
//!
//! What an item says besides stays beside it as `extra`. An empty `extra` of a message
//! means that its client wrote the item's type, as in `{"type": "message", …}`.

pub(crate) mod answer;
mod content;
mod item;
mod tool;

pub use answer::{StreamWriter, write_answer};

use crate::DialectError;
use crate::object::{Object, native};
use hotcell::types::{
    ChatRequest, JsonSchema, Message, OutputFormat, Part, ReasoningOptions, Role, Sampling,
    TextPart,
};
use serde_json::{Value, json};

/// The dialect's name.
pub const DIALECT: &str = "openai-responses";

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
    let mut messages: Vec<Message> =
        object.text("instructions").map(instructions).into_iter().collect();
    match object.peek("input") {
        None | Some(Value::Null) => {}
        // What stands in its own words stays; the adapter writes items.
        Some(Value::String(text)) => messages.push(plain(Role::User, text.clone())),
        Some(Value::Array(list)) if list.is_empty() => {}
        Some(_) => {
            let items = object.list("input")?.unwrap_or_default();
            for (index, item) in items.into_iter().enumerate() {
                item::read(item, &format!("input[{index}]"), &mut messages)?;
            }
        }
    }
    let tools = object.list("tools")?;
    // An empty list is not the same as none to every provider.
    if tools.as_ref().is_some_and(Vec::is_empty) {
        object.put_back("tools", json!([]));
    }
    let tools = tools.unwrap_or_default().into_iter().enumerate();
    let tools = tools
        .map(|(index, tool)| tool::read(tool, format!("tools[{index}]")))
        .collect::<Result<_, _>>()?;
    let tool_choice = object.take("tool_choice", tool::read_choice);
    let parallel_tool_calls = object.flag("parallel_tool_calls");
    let output = read_output(&mut object);
    let sampling = Sampling {
        max_output_tokens: object.count("max_output_tokens"),
        temperature: object.number("temperature"),
        top_p: object.number("top_p"),
        top_k: None,
        seed: None,
        presence_penalty: None,
        frequency_penalty: None,
        stop: Vec::new(),
        choices: None,
        logprobs: read_logprobs(&object),
    };
    let reasoning = read_reasoning(&object);
    let stream = object.stream()?;
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

/// Instructions stand before the conversation. The mark is null, for it says nothing to
/// other dialects.
fn instructions(text: String) -> Message {
    let extra = Some(native(&json!({ "instructions": null }), DIALECT));
    Message { extra, ..plain(Role::System, text) }
}

fn plain(role: Role, text: String) -> Message {
    let part = Part::Text(TextPart { text, cache: None, extra: None });
    Message { role, parts: vec![part], name: None, extra: None }
}

/// `text` holds the form of the answer. It is taken where it holds nothing else.
fn read_output(object: &mut Object) -> Option<OutputFormat> {
    let text = object.peek("text")?;
    let whole = text.as_object().is_some_and(|text| text.len() == 1);
    let (output, exact) = read_format(text.get("format")?)?;
    if whole && exact {
        object.value("text");
    }
    Some(output)
}

/// The form of the answer, and whether nothing of it is lost.
fn read_format(format: &Value) -> Option<(OutputFormat, bool)> {
    let mut members = format.as_object()?.clone();
    let kind = members.remove("type")?;
    let output = match kind.as_str()? {
        "text" => OutputFormat::Text,
        "json_object" => OutputFormat::JsonObject,
        "json_schema" => {
            let schema = members.remove("schema").filter(Value::is_object)?.to_string();
            let mut text = |name: &str| match members.get(name)?.as_str().map(str::to_owned) {
                Some(text) => {
                    members.remove(name);
                    Some(text)
                }
                None => None,
            };
            let (name, description) = (text("name"), text("description"));
            // The adapter would give it a name.
            let named = name.is_some();
            let strict = members.get("strict").and_then(Value::as_bool);
            if strict.is_some() {
                members.remove("strict");
            }
            let schema = JsonSchema { name, description, schema, strict };
            return Some((OutputFormat::JsonSchema(schema), named && members.is_empty()));
        }
        _ => return None,
    };
    Some((output, members.is_empty()))
}

/// Asked for by a number of alternatives, or by `include`; both stay as they are.
fn read_logprobs(object: &Object) -> Option<u32> {
    let included = || {
        let include = object.peek("include")?.as_array()?;
        include.iter().any(|name| name == "message.output_text.logprobs").then_some(0)
    };
    let count = object.read("top_logprobs", |value| value.as_u64()?.try_into().ok());
    count.or_else(included)
}

/// `reasoning` has more to it than the types hold, so it stays as it is.
fn read_reasoning(object: &Object) -> Option<ReasoningOptions> {
    let reasoning = object.peek("reasoning")?;
    let text = |name: &str| reasoning.get(name).and_then(Value::as_str);
    let effort = text("effort").map(str::to_owned);
    let include_text = text("summary").or(text("generate_summary")).map(|_| true);
    (effort.is_some() || include_text.is_some()).then_some(ReasoningOptions {
        effort,
        budget_tokens: None,
        include_text,
    })
}

#[cfg(test)]
mod tests;
