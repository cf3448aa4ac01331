//! Rankings in the form of Jina's (<https://api.jina.ai/redoc#tag/rerank>), which is that
//! of Cohere's and of many servers.

use crate::DialectError;
use crate::object::Object;
use hotcell::types::{Document, RerankRequest};
use serde_json::Value;

/// The dialect's name.
pub const DIALECT: &str = "jina-rerank";

/// Reads a client's request. `extra` is always there: it tells an adapter that a client
/// of this dialect asked.
///
/// # Errors
/// Where the request cannot be one of this dialect, with the place and what is
/// expected there. What is only unknown is kept.
pub fn read_request(body: &[u8]) -> Result<RerankRequest, DialectError> {
    let mut object = Object::parse(body, DIALECT)?;
    let model = object.required("model")?;
    let query = object.required("query")?;
    let documents = object
        .list("documents")?
        .ok_or_else(|| DialectError::new("documents", "expected a list of documents"))?;
    let documents = documents.into_iter().enumerate().map(|(index, document)| match document {
        Value::String(text) => Ok(Document::Text(text)),
        fields @ Value::Object(_) => Ok(Document::Fields(fields.to_string())),
        _ => {
            let expected = "expected a text, or an object of fields";
            Err(DialectError::new(&format!("documents[{index}]"), expected))
        }
    });
    let documents = documents.collect::<Result<_, _>>()?;
    let top = object.count("top_n");
    Ok(RerankRequest { model, query, documents, top, extra: Some(object.always_extra()) })
}

#[cfg(test)]
mod tests {
    use super::read_request;
    use hotcell::types::Document;

    #[test]
    fn what_is_modelled_is_taken_and_what_is_not_is_kept() {
        let body = br#"{"model":"m","query":"q","documents":["a",{"text":"b"}],"top_n":1,
            "return_documents":true}"#;
        let request = read_request(body).unwrap();
        assert_eq!((request.model.as_str(), request.query.as_str()), ("m", "q"));
        let fields = Document::Fields(r#"{"text":"b"}"#.to_owned());
        assert_eq!(request.documents, [Document::Text("a".to_owned()), fields]);
        assert_eq!(request.top, Some(1));
        assert_eq!(request.extra.unwrap().value, r#"{"return_documents":true}"#);
    }

    #[test]
    fn what_cannot_be_one_is_refused_with_its_place() {
        for (body, place) in [
            (r#"{"query":"q","documents":[]}"#, "`model` is missing"),
            (r#"{"model":"m","query":1,"documents":[]}"#, "query: expected a string"),
            (r#"{"model":"m","query":"q"}"#, "documents: expected a list"),
            (r#"{"model":"m","query":"q","documents":"a"}"#, "documents: expected a list"),
            (r#"{"model":"m","query":"q","documents":["a",1]}"#, "documents[1]: expected a text"),
        ] {
            let error = read_request(body.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(place), "{error}");
        }
    }
}
