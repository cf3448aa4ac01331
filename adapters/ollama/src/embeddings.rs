//! Texts into vectors (<https://docs.ollama.com/api/embed>).

use crate::answer::usage;
use crate::object::{self, put, take_text};
use crate::request::{context, settings};
use crate::{DIALECT as CHAT, error};
use hotcell_sdk::{EmbedRequest, EmbedResponse, Endpoint, Failure, Input, LogLevel, json, log};
use serde_json::{Map, Value, json};

/// The dialect of requests for vectors.
const DIALECT: &str = "ollama-embed";

pub(crate) fn embed(request: &EmbedRequest) -> Result<EmbedResponse, Failure> {
    let body = write(request)?;
    let endpoint = Endpoint::named("api")?;
    let response = object::send(endpoint.post("/embed"), Some(body), "application/json")?;
    read(object::read(&response.text()?)?, request.inputs.len())
}

fn write(request: &EmbedRequest) -> Result<Map<String, Value>, Failure> {
    let own = request.extra.as_ref().filter(|extra| [DIALECT, CHAT].contains(&&*extra.dialect));
    let dialect = own.map_or(DIALECT, |extra| extra.dialect.as_str());
    let mut lost = Vec::new();
    let extra = json::members(request.extra.as_ref(), dialect, &mut lost)?;
    // There is no event that could tell of a loss here.
    if let Some(name) = lost.first() {
        let why = format!("`{name}` cannot be said in {DIALECT}");
        return Err(Failure::unsupported(why));
    }
    let texts = request.inputs.iter().map(|input| match input {
        Input::Text(text) => Ok(Value::from(text.as_str())),
        Input::Tokens(_) => Err(Failure::unsupported("tokens: Ollama takes texts only")),
    });
    let mut body = Map::new();
    put(&mut body, "model", request.model.as_str().into());
    put(&mut body, "input", Value::Array(texts.collect::<Result<_, _>>()?));
    if let Some(dimensions) = request.dimensions {
        put(&mut body, "dimensions", dimensions.into());
    }
    if request.task.is_some() {
        log(LogLevel::Warn, "the task was left out: Ollama's vectors have none");
    }
    if own.is_none() {
        if let Some(context) = context()? {
            put(&mut body, "options", json!({ "num_ctx": context }));
        }
        body.extend(settings());
    }
    body.extend(extra);
    Ok(body)
}

fn read(mut answer: Map<String, Value>, inputs: usize) -> Result<EmbedResponse, Failure> {
    if answer.get("error").is_some_and(|error| !error.is_null()) {
        return Err(error::in_answer(&answer.into()));
    }
    let Some(Value::Array(vectors)) = answer.remove("embeddings") else {
        return Err(Failure::malformed("the answer has no vectors"));
    };
    if vectors.len() != inputs {
        let counts = format!("{} vectors came for {inputs} inputs", vectors.len());
        return Err(Failure::malformed(counts));
    }
    let vectors = vectors.iter().map(vector).collect::<Option<_>>();
    let vectors = vectors.ok_or_else(|| Failure::malformed("a vector is no list of numbers"))?;
    let model = take_text(&mut answer, "model");
    let usage = usage(&mut answer);
    answer.retain(|_, value| !value.is_null());
    Ok(EmbedResponse { model, vectors, usage, extra: json::extra(answer, DIALECT) })
}

fn vector(value: &Value) -> Option<Vec<f32>> {
    let number = |value: &Value| {
        let number = value.as_f64()? as f32;
        number.is_finite().then_some(number)
    };
    value.as_array()?.iter().map(number).collect()
}
