//! Texts into vectors (<https://docs.voyageai.com/reference/embeddings-api>,
//! <https://api.jina.ai/redoc#tag/embeddings>).

use crate::spelling::Spelling;
use crate::{error, members};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_sdk::{EmbedRequest, EmbedResponse, Endpoint, Failure, Input, json};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Members of other dialects that are only about the form of vectors on the wire, or that
/// the types hold too.
const SAID: &[&str] =
    &["embedding_types", "encoding_format", "input", "input_type", "task", "texts"];

pub(crate) fn embed(request: &EmbedRequest) -> Result<EmbedResponse, Failure> {
    let spelling = Spelling::of_provider();
    let dialect = spelling
        .embeddings
        .ok_or_else(|| Failure::unsupported("this adapter has rankings, and no vectors"))?;
    let body = write(request, &spelling, dialect)?;
    let endpoint = Endpoint::named("api")?;
    let builder = endpoint.post("/embeddings").header("accept", "application/json");
    let response = builder.json(&body)?.send()?;
    if response.status() >= 300 {
        return Err(error::of_response(&response, dialect));
    }
    let text = response.text()?;
    // A client's own list of inputs may hold more than texts.
    let inputs = body.get("input").and_then(Value::as_array).map_or(0, Vec::len);
    read(&text, inputs, dialect).map_err(|failure| {
        error::of_body(&text, None, &response.headers(), dialect).unwrap_or(failure)
    })
}

fn write(
    request: &EmbedRequest,
    spelling: &Spelling,
    dialect: &str,
) -> Result<Map<String, Value>, Failure> {
    let exact = members::is_exact(request.extra.as_ref(), dialect);
    let own = members::own(request.extra.as_ref(), dialect, SAID)?;
    refuse_bits(&own)?;
    let inputs = request.inputs.iter().map(|input| match input {
        Input::Text(text) => Ok(text.as_str()),
        Input::Tokens(_) => Err(Failure::unsupported(format!(
            "numbers of tokens instead of texts cannot be said in {dialect}"
        ))),
    });
    let inputs: Vec<&str> = inputs.collect::<Result<_, _>>()?;
    let mut body = Map::new();
    body.insert("model".to_owned(), request.model.as_str().into());
    body.insert("input".to_owned(), inputs.into());
    if let Some(task) = request.task.as_deref() {
        match if exact { Some(task) } else { spelling.task(task) } {
            Some(word) => _ = body.insert(spelling.task.to_owned(), word.into()),
            None => members::lost("the task was left out: this provider has no word for it")?,
        }
    }
    if let Some(dimensions) = request.dimensions {
        body.insert(spelling.dimensions.to_owned(), dimensions.into());
    }
    body.extend(own);
    Ok(body)
}

/// The forms of vectors that are not one number for each dimension. In base64, only floats
/// tell their form by themselves.
fn refuse_bits(own: &Map<String, Value>) -> Result<(), Failure> {
    let word = |name: &str| own.get(name).and_then(Value::as_str).unwrap_or_default();
    let form = [word("output_dtype"), word("embedding_type")];
    if form.iter().any(|form| matches!(*form, "binary" | "ubinary")) {
        return Err(Failure::unsupported("vectors of single bits"));
    }
    let packed = word("encoding_format") == "base64";
    if packed && !matches!(word("output_dtype"), "" | "float") {
        return Err(Failure::unsupported("vectors of small numbers in base64"));
    }
    if own.get("embedding_type").is_some_and(Value::is_array) {
        return Err(Failure::unsupported("vectors in several forms"));
    }
    Ok(())
}

fn read(text: &str, inputs: usize, dialect: &str) -> Result<EmbedResponse, Failure> {
    let bad = |why| Failure::malformed(format!("the answer is not the JSON expected: {why}"));
    let mut answer: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(bad)?;
    let data = answer.remove("data");
    let data = data.ok_or_else(|| Failure::malformed("the answer has no vectors"))?;
    let data: Vec<BTreeMap<&str, &RawValue>> = serde_json::from_str(data.get()).map_err(bad)?;
    if data.len() != inputs {
        let counts = format!("{} vectors came for {inputs} inputs", data.len());
        return Err(Failure::malformed(counts));
    }
    let mut vectors = vec![None; inputs];
    for (position, entry) in data.iter().enumerate() {
        let index = entry.get("index").map(|index| index.get().parse().ok());
        let place = index.unwrap_or(Some(position)).and_then(|index: usize| vectors.get_mut(index));
        let place = place.filter(|place| place.is_none());
        let place = place.ok_or_else(|| Failure::malformed("a vector has an impossible index"))?;
        *place = Some(vector(entry.get("embedding").map_or("null", |raw| raw.get()))?);
    }
    let mut rest = Map::new();
    for (name, value) in answer {
        rest.insert(name, serde_json::from_str(value.get()).map_err(bad)?);
    }
    let model = rest.shift_remove("model").and_then(|model| Some(model.as_str()?.to_owned()));
    let usage = rest.shift_remove("usage").and_then(|usage| error::usage(&usage, dialect));
    rest.retain(|name, value| name != "object" && !value.is_null());
    let vectors = vectors.into_iter().flatten().collect();
    Ok(EmbedResponse { model, vectors, usage, extra: json::extra(rest, dialect) })
}

/// Numbers, or little-endian floats in base64.
fn vector(raw: &str) -> Result<Vec<f32>, Failure> {
    let none = |why| Failure::malformed(format!("a vector is none: {why}"));
    if !raw.starts_with('"') {
        let numbers: Vec<f32> = serde_json::from_str(raw).map_err(none)?;
        return match numbers.iter().all(|number| number.is_finite()) {
            true => Ok(numbers),
            false => Err(Failure::malformed("a vector holds what is no number")),
        };
    }
    let packed: String = serde_json::from_str(raw).map_err(none)?;
    let bytes = STANDARD
        .decode(packed)
        .map_err(|why| Failure::malformed(format!("a vector is not base64: {why}")))?;
    let (floats, rest) = bytes.as_chunks::<4>();
    match rest.is_empty() {
        true => Ok(floats.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()),
        false => Err(Failure::malformed("a vector is not whole")),
    }
}
