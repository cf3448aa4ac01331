//! OpenAI's text completions
//! (<https://platform.openai.com/docs/api-reference/completions>).
//!
//! A text to go on with is a message of the user's, and the request's `extra` is of this
//! dialect. An adapter whose provider completes texts writes the request as it was; one
//! that can only chat takes the text for a message, and reports what it cannot say.

mod answer;
mod stream;

pub use answer::write_answer;
pub use stream::StreamWriter;

use crate::DialectError;
use crate::object::{Object, native};
use hotcell::types::{ChatRequest, Message, Part, Role, Sampling};
use serde_json::{Value, json};

/// The dialect's name.
pub const DIALECT: &str = "openai-completions";

/// Reads a client's request.
///
/// The request's `extra` is always there. It has `prompt` where that is something else
/// than one text: several texts, or tokens. Of these only a provider of this dialect can
/// make something; to all others the message is one of a form that they do not know.
///
/// # Errors
/// Where the request cannot be one of this dialect.
pub fn read_request(body: &[u8]) -> Result<ChatRequest, DialectError> {
    let mut object = Object::parse(body, DIALECT)?;
    let model = object.required("model")?;
    let part = match object.value("prompt") {
        Some(Value::String(text)) => Part::plain(text),
        Some(Value::Array(list)) => match &list[..] {
            [Value::String(text)] => Part::plain(text.clone()),
            _ => {
                let list = Value::Array(list);
                object.put_back("prompt", list.clone());
                Part::Native(native(&json!({ "type": "prompt", "prompt": list }), DIALECT))
            }
        },
        _ => return Err(DialectError::new("prompt", "expected a text, or a list")),
    };
    // One text is a list of one.
    let stop = object.take("stop", |value| match value {
        Value::String(one) => Some(vec![one.clone()]),
        value => value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect(),
    });
    let sampling = Sampling {
        max_output_tokens: object.count("max_tokens"),
        temperature: object.number("temperature"),
        top_p: object.number("top_p"),
        top_k: object.count("top_k"),
        seed: object.take("seed", Value::as_i64),
        presence_penalty: object.number("presence_penalty"),
        frequency_penalty: object.number("frequency_penalty"),
        stop: stop.unwrap_or_default(),
        choices: object.count("n"),
        logprobs: object.count("logprobs"),
    };
    let stream = object.stream()?;
    Ok(ChatRequest {
        model,
        messages: vec![Message::new(Role::User, vec![part])],
        tools: Vec::new(),
        tool_choice: None,
        parallel_tool_calls: None,
        output: None,
        sampling,
        reasoning: None,
        stream,
        extra: Some(object.always_extra()),
    })
}

#[cfg(test)]
mod tests;
