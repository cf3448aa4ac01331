//! Rankings in the form of Jina's (<https://api.jina.ai/redoc#tag/rerank>), which is that
//! of Cohere's and of many servers.

use crate::DialectError;
use crate::object::{Object, members};
use hotcell::types::{Document, RerankRequest, RerankResponse};
use serde_json::{Map, Value, json};

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

/// Writes the ranking that came for a request. `model` is how the client called it, for
/// providers that do not say.
pub fn write_response(request: &RerankRequest, model: &str, response: &RerankResponse) -> Vec<u8> {
    let asked = members(request.extra.as_ref(), DIALECT);
    let with_documents = asked.get("return_documents") == Some(&Value::Bool(true));
    let results = response.ranking.iter().map(|ranked| {
        let mut result = Map::new();
        result.insert("index".to_owned(), json!(ranked.index));
        result.insert("relevance_score".to_owned(), json!(ranked.score));
        let document = request.documents.get(ranked.index as usize).filter(|_| with_documents);
        if let Some(document) = document {
            let document = match document {
                Document::Text(text) => json!({ "text": text }),
                Document::Fields(fields) => serde_json::from_str(fields).unwrap_or_default(),
            };
            result.insert("document".to_owned(), document);
        }
        Value::Object(result)
    });
    let mut answer = Map::new();
    if let Some(id) = &response.id {
        answer.insert("id".to_owned(), json!(id));
    }
    answer.insert("model".to_owned(), json!(response.model.as_deref().unwrap_or(model)));
    answer.insert("results".to_owned(), results.collect());
    if let Some(usage) = &response.usage {
        let raw = members(usage.raw.as_ref(), DIALECT);
        let counted = match raw.is_empty() {
            true => json!({ "total_tokens": usage.input.unwrap_or(0) }),
            false => Value::Object(raw),
        };
        answer.insert("usage".to_owned(), counted);
    }
    for (name, value) in members(response.extra.as_ref(), DIALECT) {
        answer.entry(name).or_insert(value);
    }
    Value::Object(answer).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::{read_request, write_response};
    use hotcell::types::{Document, Ranked, RerankResponse};
    use serde_json::{Value, json};

    #[test]
    fn documents_come_back_where_the_client_asks_for_them() {
        let body =
            br#"{"model":"m","query":"q","documents":["a",{"title":"b"}],"return_documents":true}"#;
        let request = read_request(body).unwrap();
        let ranking = vec![Ranked { index: 1, score: 0.9 }, Ranked { index: 0, score: 0.1 }];
        let (id, usage, extra) = (Some("r".to_owned()), None, None);
        let response = RerankResponse { id, model: None, ranking, usage, extra };
        let answer = write_response(&request, "mine", &response);
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(
            answer,
            json!({ "id": "r", "model": "mine", "results": [
                { "index": 1, "relevance_score": 0.9, "document": { "title": "b" } },
                { "index": 0, "relevance_score": 0.1, "document": { "text": "a" } },
            ] })
        );
    }

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
