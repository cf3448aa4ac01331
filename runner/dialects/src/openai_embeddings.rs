//! OpenAI's embeddings
//! (<https://platform.openai.com/docs/api-reference/embeddings/create>).

use crate::DialectError;
use crate::object::{Object, members, native};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell::types::{EmbedRequest, EmbedResponse, Input};
use serde::Serialize;
use serde_json::{Map, Value, json};

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

/// How a client wants its vectors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// As lists of numbers.
    #[default]
    Numbers,
    /// As the bytes of their numbers, 32 bits each, lowest byte first, in base64.
    Base64,
}

/// Takes out of a request how its client wants the vectors. An adapter gives numbers whatever
/// is asked for, and [`write_response`] writes them as wanted: so that a provider does not
/// have to know of a form that most clients ask for without being told to. A form that is
/// none of these stays in the request.
pub fn take_encoding(request: &mut EmbedRequest) -> Encoding {
    let mut asked = members(request.extra.as_ref(), DIALECT);
    let encoding = match asked.get("encoding_format") {
        Some(Value::String(format)) if format == "base64" => Encoding::Base64,
        Some(Value::String(format)) if format == "float" => Encoding::Numbers,
        _ => return Encoding::Numbers,
    };
    asked.remove("encoding_format");
    request.extra = Some(native(&Value::Object(asked), DIALECT));
    encoding
}

/// Writes the vectors that came for a request. `model` is how the client called it, for
/// providers that do not say.
pub fn write_response(encoding: Encoding, model: &str, response: &EmbedResponse) -> Vec<u8> {
    let data = response.vectors.iter().enumerate().map(|(index, vector)| {
        let embedding = match encoding {
            Encoding::Base64 => {
                let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
                Embedding::Base64(STANDARD.encode(bytes))
            }
            Encoding::Numbers => Embedding::Numbers(vector),
        };
        Entry { object: "embedding", index, embedding }
    });
    let usage = response.usage.as_ref();
    let raw = members(usage.and_then(|usage| usage.raw.as_ref()), DIALECT);
    let input = usage.and_then(|usage| usage.input).unwrap_or(0);
    let mut extra = members(response.extra.as_ref(), DIALECT);
    extra.retain(|name, _| !matches!(name.as_str(), "object" | "data" | "model" | "usage"));
    let list = List {
        object: "list",
        data: data.collect(),
        model: response.model.as_deref().unwrap_or(model),
        usage: match raw.is_empty() {
            true => json!({ "prompt_tokens": input, "total_tokens": input }),
            false => Value::Object(raw),
        },
        extra,
    };
    // Writing a value into memory does not fail.
    serde_json::to_vec(&list).unwrap_or_default()
}

#[derive(Serialize)]
struct List<'a> {
    object: &'static str,
    data: Vec<Entry<'a>>,
    model: &'a str,
    usage: Value,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

#[derive(Serialize)]
struct Entry<'a> {
    object: &'static str,
    index: usize,
    embedding: Embedding<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Embedding<'a> {
    /// In as few digits as tell them apart.
    Numbers(&'a [f32]),
    Base64(String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotcell::types::Native;

    fn answer(request: &str) -> (EmbedRequest, Value) {
        let mut request = read_request(request.as_bytes()).unwrap();
        let encoding = take_encoding(&mut request);
        let (model, usage, extra) = (None, None, None);
        let response = EmbedResponse { model, vectors: vec![vec![0.5, -2.0]], usage, extra };
        let answer = serde_json::from_slice(&write_response(encoding, "m", &response)).unwrap();
        (request, answer)
    }

    #[test]
    fn vectors_come_as_numbers_and_in_base64_where_the_client_asks_for_it() {
        let (_, numbers) = answer(r#"{"model":"m","input":"a"}"#);
        assert_eq!(numbers["data"][0]["embedding"], json!([0.5, -2.0]));
        assert_eq!((&numbers["model"], &numbers["object"]), (&json!("m"), &json!("list")));
        let (_, base64) = answer(r#"{"model":"m","input":"a","encoding_format":"base64"}"#);
        assert_eq!(base64["data"][0]["embedding"], "AAAAPwAAAMA=");
    }

    #[test]
    fn numbers_have_no_more_digits_than_they_need() {
        let mut response = EmbedResponse {
            model: None,
            vectors: vec![vec![0.1, -1e-9, 3.0]],
            usage: None,
            extra: None,
        };
        let extra = r#"{"service_tier":"x","object":"y"}"#.to_owned();
        response.extra = Some(Native { dialect: DIALECT.to_owned(), value: extra });
        let text = String::from_utf8(write_response(Encoding::Numbers, "m", &response)).unwrap();
        assert_eq!(
            text,
            r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1,-1e-9,3.0]}],"model":"m","usage":{"prompt_tokens":0,"total_tokens":0},"service_tier":"x"}"#
        );
    }

    #[test]
    fn a_provider_is_asked_for_no_form_that_is_written_here() {
        for format in ["base64", "float"] {
            let body =
                format!(r#"{{"model":"m","input":"a","encoding_format":"{format}","user":"u"}}"#);
            let (request, _) = answer(&body);
            assert_eq!(request.extra.unwrap().value, r#"{"user":"u"}"#);
        }
        let (request, _) = answer(r#"{"model":"m","input":"a","encoding_format":"base64_int8"}"#);
        assert_eq!(request.extra.unwrap().value, r#"{"encoding_format":"base64_int8"}"#);
    }
}
