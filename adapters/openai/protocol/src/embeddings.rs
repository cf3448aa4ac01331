//! Texts into vectors.

use crate::json::{self, Json, Members};
use crate::{error, number, usage};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_sdk::{
    EmbedRequest, EmbedResponse, Failure, FailureKind, Input, LogLevel, RequestBuilder, log,
    setting,
};
use std::borrow::Cow;

/// The dialect of embedding requests.
const DIALECT: &str = "openai-embeddings";

/// What a vector in base64 is made of.
#[derive(Clone, Copy)]
enum Element {
    Float32,
    Int8,
}

/// Asks for vectors. `named` are the members of the body that say which model is meant,
/// as in [`chat`](crate::chat).
///
/// # Errors
/// `unsupported` for what cannot be said, what egress refuses, what the provider says
/// against the request, and as [`read_embeddings`].
pub fn embed(
    builder: RequestBuilder<'_>,
    request: &EmbedRequest,
    named: &[(&str, &str)],
) -> Result<EmbedResponse, Failure> {
    let body = write_embeddings(request, named)?;
    let builder = builder.header("accept", "application/json");
    let response = builder.header("content-type", "application/json").body(body).send()?;
    if response.status() >= 300 {
        return Err(error::of_response(&response));
    }
    let text = response.text()?;
    read_embeddings(request, &text).map_err(|mut failure| {
        error::complete(&mut failure, &response.headers());
        failure
    })
}

/// Writes the body of a request for vectors, as [`write`](fn@crate::write) does for chat.
///
/// # Errors
/// `unsupported` for what cannot be said, and `invalid-request` for an `extra` that is no
/// object.
pub fn write_embeddings(
    request: &EmbedRequest,
    named: &[(&str, &str)],
) -> Result<Vec<u8>, Failure> {
    let extra = extra(request)?;
    // What could not be read is not asked for.
    element(&extra)?;
    Ok(body(request, named, &extra))
}

/// Reads the vectors that came for a request.
///
/// # Errors
/// `malformed-response` where there is not one vector for each input, or what the provider
/// says against the request: some do so with a status of 200.
pub fn read_embeddings(request: &EmbedRequest, text: &str) -> Result<EmbedResponse, Failure> {
    let element = element(&extra(request)?)?;
    read(text, request.inputs.len(), element)
        .map_err(|failure| error::of_body(text, None, &[]).unwrap_or(failure))
}

fn extra(request: &EmbedRequest) -> Result<Members<'_>, Failure> {
    let Some(native) = &request.extra else { return Ok(Members::default()) };
    let members = Members::checked(&native.value)
        .ok_or_else(|| Failure::new(FailureKind::InvalidRequest, "`extra` is not a JSON object"))?;
    if native.dialect == DIALECT {
        return Ok(members);
    }
    // There is no event that could tell of a loss here.
    if let Some((name, _)) = members.pairs().find(|(_, value)| *value != "null") {
        let dialect = &native.dialect;
        let why = format!("`{name}` of {dialect} cannot be said in {DIALECT}");
        return Err(Failure::unsupported(why));
    }
    Ok(Members::default())
}

fn body(request: &EmbedRequest, named: &[(&str, &str)], extra: &Members<'_>) -> Vec<u8> {
    let own = request.extra.as_ref().is_some_and(|extra| extra.dialect == DIALECT);
    let mut json = Json::default();
    json.open(b'{');
    for (name, text) in named.iter().filter(|(name, _)| !extra.has(name)) {
        json.name(name).text(text);
    }
    if !extra.has("input") {
        json.name("input").open(b'[');
        for input in &request.inputs {
            match input {
                Input::Text(text) => json.text(text),
                Input::Tokens(tokens) => {
                    json.open(b'[');
                    tokens.iter().for_each(|token| json.raw(&token.to_string()));
                    json.close(b']');
                }
            }
        }
        json.close(b']');
    }
    if let Some(dimensions) = request.dimensions.filter(|_| !extra.has("dimensions")) {
        json.name("dimensions").raw(&dimensions.to_string());
    }
    if let Some(task) = request.task.as_ref().filter(|_| !extra.has("input_type")) {
        if own || setting("embedding-task").as_deref() == Some("input_type") {
            json.name("input_type").text(task);
        } else {
            // Vectors of these models are for every task alike.
            log(LogLevel::Warn, "the task was left out: this provider's vectors have none");
        }
    }
    extra.pairs().for_each(|(name, value)| json.name(name).raw(value));
    json.close(b'}');
    json.0
}

/// What base64 will hold: what the client asked for, or what the provider sends unasked.
fn element(extra: &Members<'_>) -> Result<Element, Failure> {
    match extra.text("encoding_format").as_deref() {
        Some("base64_int8") => Ok(Element::Int8),
        Some("base64_binary") => Err(Failure::unsupported("vectors of single bits")),
        Some("base64") => Ok(Element::Float32),
        _ if setting("embedding-bytes").as_deref() == Some("int8") => Ok(Element::Int8),
        _ => Ok(Element::Float32),
    }
}

fn read(text: &str, inputs: usize, element: Element) -> Result<EmbedResponse, Failure> {
    let mut answer = Members::checked(text)
        .ok_or_else(|| Failure::malformed("the answer is not a JSON object"))?;
    let data = answer.get("data").and_then(json::list);
    let data = data.ok_or_else(|| Failure::malformed("the answer has no vectors"))?;
    if data.len() != inputs {
        let counts = format!("{} vectors came for {inputs} inputs", data.len());
        return Err(Failure::malformed(counts));
    }
    let mut vectors = vec![None; inputs];
    for (position, entry) in data.into_iter().enumerate() {
        let entry = Members::of(entry).unwrap_or_default();
        let vector = vector(entry.get("embedding"), element)?;
        let index = json::index(entry.get("index"));
        let index = index.map_or(Some(position), |index| index.try_into().ok());
        let place = index.and_then(|index| vectors.get_mut(index));
        *place.ok_or_else(|| Failure::malformed("a vector has an impossible index"))? =
            Some(vector);
    }
    let vectors: Option<Vec<Vec<f32>>> = vectors.into_iter().collect();
    let vectors = vectors.ok_or_else(|| Failure::malformed("two vectors have one index"))?;
    let model = answer.text("model").map(Cow::into_owned);
    let usage = answer.get("usage").and_then(usage::read);
    answer.0.retain(|(name, value)| {
        !matches!(name.as_ref(), "object" | "data" | "model" | "usage") && *value != "null"
    });
    Ok(EmbedResponse { model, vectors, usage, extra: answer.extra(DIALECT) })
}

/// Numbers, or base64 of their bytes.
fn vector(raw: Option<&str>, element: Element) -> Result<Vec<f32>, Failure> {
    match raw.unwrap_or_default() {
        string if string.starts_with('"') => {
            unpack(&json::text(Some(string)).unwrap_or_default(), element)
        }
        raw => numbers(raw),
    }
}

/// A vector that is a list of numbers, in JSON text.
///
/// # Errors
/// `malformed-response` for everything else.
pub fn numbers(raw: &str) -> Result<Vec<f32>, Failure> {
    let numbers = json::list(raw).ok_or_else(|| Failure::malformed("a vector is none"))?;
    let none = || Failure::malformed("a vector holds what is no number");
    numbers.into_iter().map(|number| number::nearest(number).ok_or_else(none)).collect()
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
