//! Cohere's embeddings, version 2 (<https://docs.cohere.com/reference/embed>).

use crate::DialectError;
use crate::object::Object;
use hotcell::types::{EmbedRequest, Input};
use serde_json::Value;

/// The dialect's name.
pub const DIALECT: &str = "cohere-embed";

/// Reads a client's request. `extra` is always there: it tells an adapter that a client
/// of this dialect asked. Images, and inputs of texts and images, stay in it.
///
/// # Errors
/// Where the request cannot be one of this dialect, with the place and what is
/// expected there. What is only unknown is kept.
pub fn read_request(body: &[u8]) -> Result<EmbedRequest, DialectError> {
    let mut object = Object::parse(body, DIALECT)?;
    let model = object.required("model")?;
    let texts = object.list("texts")?;
    // An empty list is not the same as none.
    if texts.as_ref().is_some_and(Vec::is_empty) {
        object.put_back("texts", Value::Array(Vec::new()));
    }
    let inputs = texts.unwrap_or_default().into_iter().enumerate();
    let inputs = inputs.map(|(index, text)| match text {
        Value::String(text) => Ok(Input::Text(text)),
        _ => Err(DialectError::new(&format!("texts[{index}]"), "expected a text")),
    });
    let inputs = inputs.collect::<Result<_, _>>()?;
    let dimensions = object.count("output_dimension");
    let task = object.text("input_type");
    Ok(EmbedRequest { model, inputs, dimensions, task, extra: Some(object.always_extra()) })
}
