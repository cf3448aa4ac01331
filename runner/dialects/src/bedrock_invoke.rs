//! The bodies of Amazon Bedrock's InvokeModel that ask for vectors: Titan's
//! (<https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html>)
//! and Cohere's
//! (<https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html>).

use crate::DialectError;
use crate::object::Object;
use hotcell::types::{EmbedRequest, Input};
use serde_json::Value;

/// The dialect's name.
pub const DIALECT: &str = "bedrock-invoke";

/// Reads a client's request for vectors. `model` is what its path names, percent-decoded.
/// `extra` is always there: it tells an adapter that a client of this dialect asked.
///
/// # Errors
/// Where the request asks for no vectors of texts.
pub fn read_embed_request(body: &[u8], model: &str) -> Result<EmbedRequest, DialectError> {
    let mut object = Object::parse(body, DIALECT)?;
    let (model, mut dimensions, mut task) = (model.to_owned(), None, None);
    let inputs = if object.has("inputText") {
        dimensions = object.count("dimensions");
        vec![Input::Text(object.required("inputText")?)]
    } else {
        let texts = object.list("texts")?.unwrap_or_default();
        if texts.is_empty() {
            return Err(DialectError::new("", "expected `inputText` or a list of `texts`"));
        }
        dimensions = object.count("output_dimension").or(dimensions);
        task = object.text("input_type").or(task);
        let texts = texts.into_iter().enumerate().map(|(index, text)| match text {
            Value::String(text) => Ok(Input::Text(text)),
            _ => Err(DialectError::new(&format!("texts[{index}]"), "expected a string")),
        });
        texts.collect::<Result<_, _>>()?
    };
    Ok(EmbedRequest { model, inputs, dimensions, task, extra: Some(object.always_extra()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_makers_bodies_are_read() {
        let titan = read_embed_request(
            br#"{"inputText":"a","dimensions":256,"normalize":true}"#,
            "amazon.titan-embed-text-v2:0",
        )
        .unwrap();
        assert_eq!(titan.inputs, [Input::Text("a".to_owned())]);
        assert_eq!(titan.dimensions, Some(256));
        assert_eq!(titan.extra.unwrap().value, r#"{"normalize":true}"#);
        let cohere = read_embed_request(
            br#"{"texts":["a","b"],"input_type":"search_query","output_dimension":512}"#,
            "us.cohere.embed-v4:0",
        )
        .unwrap();
        assert_eq!(cohere.inputs.len(), 2);
        assert_eq!((cohere.task.as_deref(), cohere.dimensions), (Some("search_query"), Some(512)));
        assert_eq!(cohere.extra.unwrap().value, "{}");
        for other in ["{}", "[]", r#"{"texts":[]}"#, r#"{"texts":[1]}"#, r#"{"images":["x"]}"#] {
            assert!(read_embed_request(other.as_bytes(), "m").is_err(), "{other}");
        }
    }
}
