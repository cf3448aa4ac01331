//! Vectors against the recorded body.

use super::{equal, expected_error, failure};
use crate::dialect::Dialect;
use crate::exchange::Exchange;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell::Error;
use hotcell::types::EmbedResponse;
use serde_json::Value;

pub(crate) fn compare(
    dialect: Dialect,
    exchange: &Exchange,
    answer: Result<EmbedResponse, Error>,
) -> Result<String, String> {
    let answer = match (expected_error(exchange), answer) {
        (Some(error), Err(found)) => return failure(exchange, &error, &found),
        (Some(_), Ok(_)) => return Err("an error was expected".to_owned()),
        (None, answer) => answer.map_err(|error| format!("failed: {error}"))?,
    };
    if dialect == Dialect::BedrockInvoke {
        return of_bedrock(exchange, &answer);
    }
    let body = exchange.response.body.json();
    let mut data = body["data"].as_array().cloned().unwrap_or_default();
    // The interface has them in the order of the inputs.
    data.sort_by_key(|entry| entry["index"].as_u64());
    equal("number of vectors", &data.len().into(), &answer.vectors.len().into())?;
    let request = exchange.request.body.json();
    for (number, (entry, found)) in data.iter().zip(&answer.vectors).enumerate() {
        let expected = vector(&entry["embedding"], &request)
            .ok_or_else(|| format!("the recording's vector {number} is not understood"))?;
        if expected != *found {
            return Err(format!("vector {number} differs"));
        }
    }
    let model = answer.model.clone().map_or(Value::Null, Value::from);
    equal("model", &body["model"], &model)?;
    let tokens = answer.usage.as_ref().and_then(|usage| usage.input);
    if let expected @ Value::Number(_) = &body["usage"]["prompt_tokens"] {
        equal("tokens", expected, &tokens.map_or(Value::Null, Value::from))?;
    }
    Ok(format!("{answer:?}"))
}

/// Titan has one vector in an answer, Cohere a list, which may be told apart by the type of
/// its numbers.
fn of_bedrock(exchange: &Exchange, answer: &EmbedResponse) -> Result<String, String> {
    let body = exchange.response.body.json();
    let list = match &body["embedding"] {
        one @ Value::Array(_) => vec![one.clone()],
        _ => {
            let list = body["embeddings"].get("float").unwrap_or(&body["embeddings"]);
            list.as_array().cloned().unwrap_or_default()
        }
    };
    equal("number of vectors", &list.len().into(), &answer.vectors.len().into())?;
    for (number, (entry, found)) in list.iter().zip(&answer.vectors).enumerate() {
        if vector(entry, &Value::Null).as_ref() != Some(found) {
            return Err(format!("vector {number} differs"));
        }
    }
    let header = "x-amzn-bedrock-input-token-count";
    let counted = exchange.response.headers().find(|(name, _)| *name == header);
    let counted = counted.and_then(|(_, count)| count.parse::<u64>().ok());
    let counted = body["inputTextTokenCount"].as_u64().or(counted);
    let tokens = answer.usage.as_ref().and_then(|usage| usage.input);
    equal("tokens", &counted.into(), &tokens.into())?;
    Ok(format!("{answer:?}"))
}

/// Numbers, or the bytes of numbers in base64. OpenAI sends bytes only when `base64`
/// is asked for, and they are of floats. Perplexity sends them unasked, and they are
/// whole numbers of one byte; as many as `dimensions` says, where it says so.
fn vector(value: &Value, request: &Value) -> Option<Vec<f32>> {
    match value {
        Value::Array(numbers) => {
            numbers.iter().map(|number| number.as_f64().map(|number| number as f32)).collect()
        }
        Value::String(base64) => {
            let bytes = STANDARD.decode(base64).ok()?;
            let floats = match request["dimensions"].as_u64() {
                Some(dimensions) => bytes.len() as u64 == 4 * dimensions,
                None => request["encoding_format"] == "base64",
            };
            match floats {
                true => bytes
                    .chunks(4)
                    .map(|four| Some(f32::from_le_bytes(four.try_into().ok()?)))
                    .collect(),
                false => Some(bytes.iter().map(|byte| f32::from(byte.cast_signed())).collect()),
            }
        }
        _ => None,
    }
}
