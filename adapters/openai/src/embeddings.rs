//! Texts into vectors.

use crate::wire::{self, Vectors};
use crate::{error, path, usage, with_version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_sdk::json::members;
use hotcell_sdk::{
    EmbedRequest, EmbedResponse, Endpoint, Failure, Input, LogLevel, Native, log, setting,
};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The dialect of embedding requests.
const DIALECT: &str = "openai-embeddings";

/// What a vector in base64 is made of.
#[derive(Clone, Copy)]
enum Element {
    Float32,
    Int8,
}

pub(crate) fn embed(request: EmbedRequest) -> Result<EmbedResponse, Failure> {
    let inputs = request.inputs.len();
    let body = body(request)?;
    let element = element(&body)?;
    let endpoint = Endpoint::named("api")?;
    let builder = endpoint.post(path("embeddings-path", "/embeddings"));
    let builder = with_version(builder).header("accept", "application/json");
    let response = builder.json(&body)?.send()?;
    if response.status() >= 300 {
        return Err(error::of_response(&response));
    }
    let text = response.text()?;
    let read = serde_json::from_str::<Vectors<'_>>(&text)
        .map_err(|why| Failure::malformed(format!("the answer is no list of vectors: {why}")))
        .and_then(|answer| read(answer, inputs, element));
    // Some providers say what went wrong with a status of 200.
    read.map_err(|failure| {
        let mut failure = error::of_body(&text, None, &[]).unwrap_or(failure);
        error::complete(&mut failure, &response.headers());
        failure
    })
}

fn body(request: EmbedRequest) -> Result<Map<String, Value>, Failure> {
    let mut lost = Vec::new();
    let extra = members(request.extra.as_ref(), DIALECT, &mut lost)?;
    let own = request.extra.is_some_and(|extra| extra.dialect == DIALECT);
    if let Some(name) = lost.first() {
        // There is no event that could tell of a loss here.
        return Err(Failure::unsupported(format!("`{name}` cannot be said in {DIALECT}")));
    }
    let mut body = Map::new();
    body.insert("model".into(), request.model.into());
    let inputs = request.inputs.into_iter().map(|input| match input {
        Input::Text(text) => Value::from(text),
        Input::Tokens(tokens) => Value::from(tokens),
    });
    body.insert("input".into(), inputs.collect());
    if let Some(dimensions) = request.dimensions {
        body.insert("dimensions".into(), dimensions.into());
    }
    if let Some(task) = request.task {
        if own || setting("embedding-task").as_deref() == Some("input_type") {
            body.insert("input_type".into(), task.into());
        } else {
            // Vectors of these models are for every task alike.
            log(LogLevel::Warn, "the task was left out: this provider's vectors have none");
        }
    }
    body.extend(extra);
    Ok(body)
}

/// What base64 will hold: what the client asked for, or what the provider sends unasked.
fn element(body: &Map<String, Value>) -> Result<Element, Failure> {
    let asked = body.get("encoding_format").and_then(Value::as_str);
    match asked {
        Some("base64_int8") => Ok(Element::Int8),
        Some("base64_binary") => Err(Failure::unsupported("vectors of single bits")),
        Some("base64") => Ok(Element::Float32),
        _ if setting("embedding-bytes").as_deref() == Some("int8") => Ok(Element::Int8),
        _ => Ok(Element::Float32),
    }
}

fn read(answer: Vectors<'_>, inputs: usize, element: Element) -> Result<EmbedResponse, Failure> {
    let data = answer.data.ok_or_else(|| Failure::malformed("the answer has no vectors"))?;
    if data.len() != inputs {
        let counts = format!("{} vectors came for {inputs} inputs", data.len());
        return Err(Failure::malformed(counts));
    }
    let mut vectors = vec![None; inputs];
    for (position, entry) in data.into_iter().enumerate() {
        let vector = match entry.embedding.map(|raw| raw.get()) {
            Some(raw) if raw.starts_with('"') => {
                unpack(&wire::text(entry.embedding).unwrap_or_default(), element)?
            }
            raw => serde_json::from_str(raw.unwrap_or_default())
                .map_err(|why| Failure::malformed(format!("a vector is none: {why}")))?,
        };
        let index = wire::index(entry.index).map_or(Some(position), |index| index.try_into().ok());
        let place = index.and_then(|index| vectors.get_mut(index));
        *place.ok_or_else(|| Failure::malformed("a vector has an impossible index"))? =
            Some(vector);
    }
    let vectors: Option<Vec<Vec<f32>>> = vectors.into_iter().collect();
    let vectors = vectors.ok_or_else(|| Failure::malformed("two vectors have one index"))?;
    let rest = answer.rest.iter().map(|(name, raw)| (name.as_ref(), raw.get()));
    Ok(EmbedResponse {
        model: wire::text(answer.model).map(Cow::into_owned),
        vectors,
        usage: answer.usage.and_then(|usage| usage::read(usage.get())),
        extra: (!answer.rest.is_empty())
            .then(|| Native { dialect: DIALECT.to_owned(), value: wire::join(rest) }),
    })
}

/// Little-endian, as OpenAI's libraries read it.
fn unpack(text: &str, element: Element) -> Result<Vec<f32>, Failure> {
    let bytes = STANDARD
        .decode(text)
        .map_err(|why| Failure::malformed(format!("a vector is not base64: {why}")))?;
    if let Element::Int8 = element {
        return Ok(bytes.iter().map(|byte| f32::from(byte.cast_signed())).collect());
    }
    let (floats, rest) = bytes.as_chunks::<4>();
    match rest.is_empty() {
        true => Ok(floats.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()),
        false => Err(Failure::malformed("a vector is not whole")),
    }
}
