//! Vectors against the recorded body.

use super::{equal, expected_error, failure};
use crate::exchange::Exchange;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell::Error;
use hotcell::types::EmbedResponse;
use serde_json::Value;

pub(crate) fn compare(
    exchange: &Exchange,
    answer: Result<EmbedResponse, Error>,
) -> Result<String, String> {
    let answer = match (expected_error(exchange), answer) {
        (Some(error), Err(found)) => return failure(exchange, &error, &found),
        (Some(_), Ok(_)) => return Err("an error was expected".to_owned()),
        (None, answer) => answer.map_err(|error| format!("failed: {error}"))?,
    };
    let body = exchange.response.body.json();
    let recorded = recorded(&body);
    equal("number of vectors", &recorded.len().into(), &answer.vectors.len().into())?;
    let request = exchange.request.body.json();
    for (number, (entry, found)) in recorded.iter().zip(&answer.vectors).enumerate() {
        let expected = vector(entry, &request)
            .ok_or_else(|| format!("the recording's vector {number} is not understood"))?;
        if expected != *found {
            return Err(format!("vector {number} differs"));
        }
    }
    if let model @ Value::String(_) = &body["model"] {
        equal("model", model, &answer.model.clone().map_or(Value::Null, Value::from))?;
    }
    let tokens = answer.usage.as_ref().and_then(|usage| usage.input);
    // Bedrock counts in a header what a body of Cohere's does not tell.
    let header = "x-amzn-bedrock-input-token-count";
    let counted = exchange.response.headers().find(|(name, _)| *name == header);
    let counted = Value::from(counted.and_then(|(_, count)| count.parse::<u64>().ok()));
    let counts = [
        &counted,
        &body["inputTextTokenCount"],
        &body["usage"]["prompt_tokens"],
        &body["prompt_eval_count"],
        &body["meta"]["billed_units"]["input_tokens"],
    ];
    if let Some(expected) = counts.into_iter().find(|count| count.is_number()) {
        equal("tokens", expected, &tokens.map_or(Value::Null, Value::from))?;
    }
    Ok(format!("{answer:?}"))
}

/// The vectors of an answer in the order of the inputs, wherever a protocol has them.
fn recorded(body: &Value) -> Vec<Value> {
    if let Some(data) = body["data"].as_array() {
        let mut data = data.clone();
        // OpenAI numbers them.
        data.sort_by_key(|entry| entry["index"].as_u64());
        return data.into_iter().map(|entry| entry["embedding"].clone()).collect();
    }
    // Titan has one.
    if let one @ Value::Array(_) = &body["embedding"] {
        return vec![one.clone()];
    }
    // Cohere's are by their form, and before there were several forms as they are, like
    // those of Ollama. Gemini's are `values`, which Vertex AI wraps once more.
    let lists = [&body["embeddings"], &body["embeddings"]["float"], &body["predictions"]];
    let list = lists.into_iter().find_map(Value::as_array).cloned().unwrap_or_default();
    let bare = |entry: Value| {
        let values = entry.get("embeddings").unwrap_or(&entry).get("values").cloned();
        values.unwrap_or(entry)
    };
    list.into_iter().map(bare).collect()
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
