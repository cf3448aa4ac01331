//! Vectors that texts become, and OpenAI's form for them.

use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};

/// OpenAI's form, of whoever has it.
pub(crate) fn embeddings(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    asked.only(&Method::POST)?;
    asked.refuse(script)?;
    let body = &asked.body;
    let is_tokens = |inputs: &[Value]| inputs.iter().all(Value::is_u64);
    let inputs = match &body["input"] {
        Value::Array(inputs) if !inputs.is_empty() && !is_tokens(inputs) => inputs.clone(),
        input @ (Value::String(_) | Value::Array(_)) if input != &json!([]) => vec![input.clone()],
        _ => return Err(Refusal::invalid("input", "'input' must be text or a list of texts")),
    };
    let dimensions =
        body["dimensions"].as_u64().map_or(DIMENSIONS, |size| size.clamp(1, 4096) as usize);
    let in_base64 = body["encoding_format"] == "base64";
    let data: Vec<Value> = inputs
        .iter()
        .enumerate()
        .map(|(index, input)| {
            let vector = vector(&input.to_string(), dimensions);
            let embedding = if in_base64 {
                let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
                json!(STANDARD.encode(bytes))
            } else {
                json!(vector)
            };
            json!({ "object": "embedding", "index": index, "embedding": embedding })
        })
        .collect();
    let tokens: usize = inputs.iter().map(|input| input.to_string().split(' ').count()).sum();
    Ok(Reply::Json(
        200,
        json!({
            "object": "list",
            "data": data,
            "model": asked.model,
            "usage": { "prompt_tokens": tokens, "total_tokens": tokens },
        }),
    ))
}

/// A vector of length one that depends on the text alone.
pub(crate) fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    let mut state = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let values: Vec<f32> = (0..dimensions)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
        })
        .collect();
    let length =
        values.iter().map(|value| value * value).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    values.into_iter().map(|value| value / length).collect()
}

/// How many numbers a vector has that nobody asked to be of another size.
pub(crate) const DIMENSIONS: usize = 8;

/// A vector for each text, of this size where one is asked for.
pub(crate) fn vectors(texts: &[String], dimensions: &Value) -> Vec<Vec<f32>> {
    let size = dimensions.as_u64().map_or(DIMENSIONS, |size| size.clamp(1, 4096) as usize);
    texts.iter().map(|text| vector(text, size)).collect()
}

/// The words of texts, which the mock counts as tokens.
pub(crate) fn words(texts: &[String]) -> usize {
    texts.iter().map(|text| text.split_whitespace().count()).sum()
}

/// Documents in the order of how many words they share with a query, the best first: index
/// and score.
pub(crate) fn ranked(query: &str, documents: &[String], top: &Value) -> Vec<(usize, f64)> {
    let plain = |text: &str| text.to_lowercase();
    let words: Vec<String> = query.split_whitespace().map(plain).collect();
    let score = |document: &String| {
        let document = plain(document);
        let shared = words.iter().filter(|word| document.contains(word.as_str())).count();
        (shared as f64 + 0.5) / (words.len() as f64 + 1.0)
    };
    let mut ranking: Vec<(usize, f64)> = documents.iter().map(score).enumerate().collect();
    ranking.sort_by(|one, other| other.1.total_cmp(&one.1));
    ranking.truncate(top.as_u64().map_or(documents.len(), |top| top as usize));
    ranking
}
