//! OpenAI's embeddings
//! (<https://platform.openai.com/docs/api-reference/embeddings/create>).

use crate::DialectError;
use crate::object::Object;
use hotcell::types::{EmbedRequest, Input};
use serde_json::Value;

/// The dialect's name.
pub const DIALECT: &str = "openai-embeddings";

/// Reads a client's request. `extra` is always there: it tells an adapter that a client
/// of this dialect asked. One text is read as a list of one text, which means the same.
///
/// # Errors
/// Where the request cannot be one of this dialect, with the place and what is
/// expected there. What is only unknown is kept.
pub fn read_request(body: &[u8]) -> Result<EmbedRequest, DialectError> {
    let mut object = Object::parse(body, DIALECT)?;
    let model = object.required("model")?;
    let inputs = read_inputs(object.value("input").unwrap_or_default())?;
    let dimensions = object.count("dimensions");
    let task = object.text("input_type");
    Ok(EmbedRequest { model, inputs, dimensions, task, extra: Some(object.always_extra()) })
}

/// One text, one list of tokens, or a list of either.
fn read_inputs(value: Value) -> Result<Vec<Input>, DialectError> {
    match value {
        Value::String(text) => Ok(vec![Input::Text(text)]),
        Value::Array(list) if !list.is_empty() && list.iter().all(Value::is_number) => {
            Ok(vec![read_tokens(&list, "input")?])
        }
        Value::Array(list) => list
            .into_iter()
            .enumerate()
            .map(|(index, input)| match input {
                Value::String(text) => Ok(Input::Text(text)),
                Value::Array(tokens) => read_tokens(&tokens, &format!("input[{index}]")),
                _ => Err(expected(&format!("input[{index}]"))),
            })
            .collect(),
        _ => Err(expected("input")),
    }
}

fn read_tokens(list: &[Value], path: &str) -> Result<Input, DialectError> {
    let tokens = list.iter().map(|token| token.as_u64().and_then(|token| token.try_into().ok()));
    let tokens: Option<Vec<u32>> = tokens.collect();
    tokens.map(Input::Tokens).ok_or_else(|| expected(path))
}

fn expected(path: &str) -> DialectError {
    DialectError::new(path, "expected a text, a list of texts, or lists of token numbers")
}
