//! Texts into vectors.

use crate::{error, usage, with_version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_sdk::json::{extra, members};
use hotcell_sdk::{EmbedRequest, EmbedResponse, Endpoint, Failure, Input, Usage};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The dialect of embedding requests.
const DIALECT: &str = "openai-embeddings";

#[derive(Deserialize)]
struct Answer {
    data: Vec<Entry>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    usage: Option<Value>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
struct Entry {
    embedding: Vector,
    #[serde(default)]
    index: Option<usize>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Vector {
    Numbers(Vec<f32>),
    /// Base64 of little-endian 32-bit floats.
    Packed(String),
}

pub(crate) fn embed(request: &EmbedRequest) -> Result<EmbedResponse, Failure> {
    let endpoint = Endpoint::named("api")?;
    let builder = with_version(endpoint.post("/embeddings")).header("accept", "application/json");
    let response = builder.json(&body(request)?)?.send()?;
    if response.status() >= 300 {
        return Err(error::of_response(&response));
    }
    let text = response.text()?;
    let answer: Answer = serde_json::from_str(&text).map_err(|error| {
        error::of_body(&text, None, &[]).unwrap_or_else(|| {
            Failure::malformed(format!("the answer is not a list of vectors: {error}"))
        })
    })?;
    read(answer, request.inputs.len())
}

fn body(request: &EmbedRequest) -> Result<Map<String, Value>, Failure> {
    let mut body = Map::new();
    body.insert("model".into(), request.model.clone().into());
    let inputs = request.inputs.iter().map(|input| match input {
        Input::Text(text) => Value::from(text.clone()),
        Input::Tokens(tokens) => Value::from(tokens.clone()),
    });
    body.insert("input".into(), inputs.collect());
    if let Some(dimensions) = request.dimensions {
        body.insert("dimensions".into(), dimensions.into());
    }
    if let Some(task) = &request.task {
        body.insert("input_type".into(), json!(task));
    }
    let mut lost = Vec::new();
    body.extend(members(request.extra.as_ref(), DIALECT, &mut lost)?);
    match lost.first() {
        // There is no event that could tell of a loss here.
        Some(name) => Err(Failure::unsupported(format!("`{name}` cannot be said in {DIALECT}"))),
        None => Ok(body),
    }
}

fn read(mut answer: Answer, inputs: usize) -> Result<EmbedResponse, Failure> {
    answer.rest.remove("object");
    let mut vectors = vec![None; answer.data.len()];
    for (position, entry) in answer.data.into_iter().enumerate() {
        let vector = match entry.embedding {
            Vector::Numbers(numbers) => numbers,
            Vector::Packed(text) => unpack(&text)?,
        };
        let place = vectors.get_mut(entry.index.unwrap_or(position));
        *place.ok_or_else(|| Failure::malformed("a vector has an impossible index"))? =
            Some(vector);
    }
    let vectors: Option<Vec<Vec<f32>>> = vectors.into_iter().collect();
    let vectors = vectors.ok_or_else(|| Failure::malformed("two vectors have one index"))?;
    if vectors.len() != inputs {
        let counts = format!("{} vectors came for {inputs} inputs", vectors.len());
        return Err(Failure::malformed(counts));
    }
    let usage: Option<Usage> = answer.usage.and_then(|usage| usage::read(&usage.to_string()));
    Ok(EmbedResponse { model: answer.model, vectors, usage, extra: extra(answer.rest, DIALECT) })
}

fn unpack(text: &str) -> Result<Vec<f32>, Failure> {
    let bytes = STANDARD
        .decode(text)
        .map_err(|error| Failure::malformed(format!("a vector is not base64: {error}")))?;
    let (floats, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(Failure::malformed("a vector is not whole"));
    }
    Ok(floats.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}
