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

#[cfg(test)]
mod tests {
    use super::read_request;
    use hotcell::types::Input;

    #[test]
    fn what_is_modelled_is_taken_and_what_is_not_is_kept() {
        let body = br#"{"model":"m","texts":["a"],"input_type":"image","output_dimension":2,
            "images":["data:"],"embedding_types":["float"]}"#;
        let request = read_request(body).unwrap();
        assert_eq!(request.inputs, [Input::Text("a".to_owned())]);
        assert_eq!((request.task.as_deref(), request.dimensions), (Some("image"), Some(2)));
        let kept = r#"{"images":["data:"],"embedding_types":["float"]}"#;
        assert_eq!(request.extra.unwrap().value, kept);
        let empty = read_request(br#"{"model":"m","texts":[]}"#).unwrap();
        assert_eq!(empty.extra.unwrap().value, r#"{"texts":[]}"#);
    }

    #[test]
    fn what_cannot_be_one_is_refused_with_its_place() {
        for (body, place) in [
            (r#"{"texts":[]}"#, "`model` is missing"),
            (r#"{"model":"m","texts":"a"}"#, "texts: expected a list"),
            (r#"{"model":"m","texts":["a",1]}"#, "texts[1]: expected a text"),
        ] {
            let error = read_request(body.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(place), "{error}");
        }
    }
}
