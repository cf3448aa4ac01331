//! Ollama's embeddings (<https://docs.ollama.com/api/embed>).

use crate::DialectError;
use crate::object::Object;
use hotcell::types::{EmbedRequest, Input};
use serde_json::Value;

/// The dialect's name.
pub const DIALECT: &str = "ollama-embed";

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
    let extra = Some(object.always_extra());
    Ok(EmbedRequest { model, inputs, dimensions, task: None, extra })
}

fn read_inputs(value: Value) -> Result<Vec<Input>, DialectError> {
    let expected = |path: &str| DialectError::new(path, "expected a text, or a list of texts");
    match value {
        Value::String(text) => Ok(vec![Input::Text(text)]),
        Value::Array(list) => {
            let inputs = list.into_iter().enumerate().map(|(index, input)| match input {
                Value::String(text) => Ok(Input::Text(text)),
                _ => Err(expected(&format!("input[{index}]"))),
            });
            inputs.collect()
        }
        _ => Err(expected("input")),
    }
}
