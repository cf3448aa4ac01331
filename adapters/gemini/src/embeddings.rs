//! Texts into vectors: `batchEmbedContents` of the Gemini API
//! (<https://ai.google.dev/api/embeddings>), `predict` of Vertex AI
//! (<https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api>).

use crate::json::{self, Members, Value, object};
use crate::request::{bare, path};
use crate::translation::{is_ours, is_vertex, maybe, put, spells};
use crate::{DIALECT, error, usage};
use hotcell_sdk::{EmbedRequest, EmbedResponse, Endpoint, Failure, Input, Usage};

pub(crate) fn embed(request: &EmbedRequest) -> Result<EmbedResponse, Failure> {
    let extra = match &request.extra {
        None => Members::default(),
        Some(native) => {
            let members = json::members(&native.value, "`extra`")?;
            // There is no event that could tell of a loss here.
            if let Some(name) = members.names().next().filter(|_| !is_ours(native)) {
                let dialect = &native.dialect;
                let why = format!("`{name}` of {dialect} cannot be said in {DIALECT}");
                return Err(Failure::unsupported(why));
            }
            members
        }
    };
    let mut texts = Vec::new();
    for input in &request.inputs {
        match input {
            Input::Text(text) => texts.push(text.as_str()),
            Input::Tokens(_) => {
                return Err(Failure::unsupported("token numbers: this provider embeds texts"));
            }
        }
    }
    if !is_vertex() {
        let answer = send(request, "batchEmbedContents", batch(request, &texts, extra))?;
        return read(answer, "embeddings", texts.len());
    }
    // Models of the Gemini line take one text a request.
    let one = request.model.contains("gemini") && !spells(&extra, "instances");
    let size = if one { 1 } else { texts.len().max(1) };
    let mut whole: Option<EmbedResponse> = None;
    for texts in texts.chunks(size) {
        let answer = send(request, "predict", instances(request, texts, extra.clone()))?;
        let answer = read(answer, "predictions", texts.len())?;
        match &mut whole {
            None => whole = Some(answer),
            Some(whole) => {
                whole.vectors.extend(answer.vectors);
                whole.usage = added(whole.usage.take(), answer.usage);
            }
        }
    }
    whole.ok_or_else(|| crate::translation::invalid("there is nothing to embed"))
}

fn send(request: &EmbedRequest, method: &str, body: Members) -> Result<Value, Failure> {
    let endpoint = Endpoint::named("api")?;
    let builder = endpoint.post(path(&request.model, method)).header("accept", "application/json");
    let builder = builder.header("content-type", "application/json");
    error::answer(builder.body(body.bytes()).send()?)
}

fn batch(request: &EmbedRequest, texts: &[&str], extra: Members) -> Members {
    let one = |text: &&str| {
        let mut one = Members::default();
        one.insert("model", format!("models/{}", bare(&request.model)));
        let part = Value::from(object("text", *text));
        one.insert("content", object("parts", vec![part]));
        let none = Members::default();
        maybe(&mut one, &none, "taskType", request.task.as_deref().map(task));
        maybe(&mut one, &none, "outputDimensionality", request.dimensions);
        Value::from(one)
    };
    let mut body = Members::default();
    if !spells(&extra, "requests") {
        body.insert("requests", texts.iter().map(one).collect::<Vec<_>>());
    }
    body.extend(extra);
    // The client may call the model by another name than the provider.
    let name = format!("models/{}", bare(&request.model));
    if let Some(Value::Array(requests)) = body.get_mut("requests") {
        for one in requests {
            if let Value::Object(one) = one
                && one.has("model")
            {
                one.insert("model", name.clone());
            }
        }
    }
    body
}

fn instances(request: &EmbedRequest, texts: &[&str], mut extra: Members) -> Members {
    let one = |text: &&str| {
        let mut one = object("content", *text);
        maybe(&mut one, &Members::default(), "task_type", request.task.as_deref().map(task));
        Value::from(one)
    };
    let mut body = Members::default();
    if !spells(&extra, "instances") {
        body.insert("instances", texts.iter().map(one).collect::<Vec<_>>());
    }
    let own = match extra.get("parameters") {
        Some(Value::Object(own)) => own.clone(),
        _ => Members::default(),
    };
    if let Some(dimensions) = request.dimensions {
        let mut parameters = Members::default();
        put(&mut parameters, &own, "outputDimensionality", dimensions);
        parameters.extend(own);
        extra.insert("parameters", parameters);
    }
    body.extend(extra);
    body
}

/// The provider's word for a task; other providers' words for the same ones are known.
fn task(word: &str) -> String {
    match word {
        "query" | "search_query" => "RETRIEVAL_QUERY".to_owned(),
        "document" | "passage" | "search_document" => "RETRIEVAL_DOCUMENT".to_owned(),
        other => other.to_owned(),
    }
}

/// Reads as many vectors as there were inputs.
fn read(answer: Value, list: &str, inputs: usize) -> Result<EmbedResponse, Failure> {
    let Value::Object(mut answer) = answer else {
        return Err(Failure::malformed("the answer is not a JSON object"));
    };
    let entries = match answer.remove(list) {
        Some(Value::Array(entries)) => entries,
        _ => return Err(Failure::malformed("the answer has no vectors")),
    };
    if entries.len() != inputs {
        let counts = format!("{} vectors came for {inputs} inputs", entries.len());
        return Err(Failure::malformed(counts));
    }
    let mut tokens = None;
    let mut vectors = Vec::with_capacity(entries.len());
    for entry in &entries {
        // Vertex AI wraps each in an object of its own, with what it counted.
        let inner = entry.get("embeddings");
        let entry = if inner.is_null() { entry } else { inner };
        let values = entry.get("values").as_list();
        let values = values.ok_or_else(|| Failure::malformed("a vector has no values"))?;
        let vector: Option<Vec<f32>> =
            values.iter().map(|value| value.as_f64().map(|value| value as f32)).collect();
        vectors.push(vector.ok_or_else(|| Failure::malformed("a vector is not of numbers"))?);
        if let Some(count) = entry.get("statistics").get("token_count").as_f64() {
            tokens = Some(tokens.unwrap_or(0) + count as u64);
        }
    }
    let counted = answer.remove("usageMetadata").as_ref().and_then(usage::read);
    let usage = counted.or_else(|| {
        let input = Some(tokens?);
        let (output, cache_read, cache_write, reasoning) = (None, None, None, None);
        Some(Usage { input, output, cache_read, cache_write, reasoning, raw: None })
    });
    Ok(EmbedResponse { model: None, vectors, usage, extra: answer.extra() })
}

fn added(one: Option<Usage>, other: Option<Usage>) -> Option<Usage> {
    let (mut one, other) = (one?, other?);
    one.input = Some(one.input?.saturating_add(other.input?));
    one.raw = None;
    Some(one)
}
