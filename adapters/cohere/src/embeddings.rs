//! Texts into vectors (<https://docs.cohere.com/reference/embed>).

use crate::{error, usage};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_sdk::{
    EmbedRequest, EmbedResponse, Endpoint, Failure, FailureKind, Input, LogLevel, Usage, json, log,
};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The dialect of embedding requests.
const DIALECT: &str = "cohere-embed";
/// The most texts that one call takes.
const TEXTS: usize = 96;
/// The most calls that one request becomes: what the runner grants to one unless told
/// otherwise. What is more is refused before anything is paid for.
const CALLS: usize = 64;

/// The forms of vectors that are numbers, the best first.
const FORMS: [&str; 4] = ["float", "base64", "int8", "uint8"];

/// What came of one call.
struct Answer {
    vectors: Vec<Vec<f32>>,
    rest: Map<String, Value>,
}

pub(crate) fn embed(request: &EmbedRequest) -> Result<EmbedResponse, Failure> {
    let exact = request.extra.as_ref().is_some_and(|extra| extra.dialect == DIALECT);
    let own = members(request)?;
    let texts = request.inputs.iter().map(|input| match input {
        Input::Text(text) => Ok(text.as_str()),
        Input::Tokens(_) => Err(unsupported("numbers of tokens instead of texts")),
    });
    let texts: Vec<&str> = texts.collect::<Result<_, _>>()?;
    let forms = own.get("embedding_types").and_then(Value::as_array);
    let known = |form: &Value| FORMS.iter().any(|known| form == known);
    if forms.is_some_and(|forms| !forms.is_empty() && !forms.iter().any(known)) {
        return Err(unsupported("vectors of single bits"));
    }
    if exact || texts.len() <= TEXTS {
        let listed = |name: &str| own.get(name).and_then(Value::as_array).map_or(0, Vec::len);
        let inputs = texts.len() + listed("images") + listed("inputs");
        let answer = call(request, &texts, inputs, &own, exact)?;
        let usage = answer.rest.get("meta").and_then(|meta| usage::read(meta, DIALECT));
        let extra = json::extra(answer.rest, DIALECT);
        return Ok(EmbedResponse { model: None, vectors: answer.vectors, usage, extra });
    }
    if texts.len() > TEXTS * CALLS {
        let why = format!("{} texts are more than {CALLS} calls of {TEXTS} take", texts.len());
        return Err(Failure::new(FailureKind::TooLarge, why));
    }
    let (mut vectors, mut bills) = (Vec::with_capacity(texts.len()), Vec::new());
    for texts in texts.chunks(TEXTS) {
        let mut answer = call(request, texts, texts.len(), &own, exact)?;
        vectors.append(&mut answer.vectors);
        bills.extend(answer.rest.remove("meta"));
    }
    Ok(EmbedResponse { model: None, vectors, usage: sum(bills), extra: None })
}

/// The client's own members. There is no event that could tell of a loss here, so that
/// those of another dialect are refused, save for the form of vectors, which is always
/// the same for the caller.
fn members(request: &EmbedRequest) -> Result<Map<String, Value>, Failure> {
    let Some(native) = &request.extra else { return Ok(Map::new()) };
    let members = json::object(&native.value, "`extra`")?;
    if native.dialect == DIALECT {
        return Ok(members);
    }
    let lost = |(name, value): &(&String, &Value)| {
        !value.is_null() && !matches!(name.as_str(), "encoding_format" | "input_type")
    };
    match members.iter().find(lost) {
        None => Ok(Map::new()),
        Some((name, _)) if name == "user" => {
            let loss = format!("`user` was left out: {DIALECT} has no word for it");
            log(LogLevel::Warn, &loss);
            Failure::where_strict(&[loss])?;
            Ok(Map::new())
        }
        Some((name, _)) => Err(unsupported(&format!("`{name}` of {}", native.dialect))),
    }
}

fn unsupported(what: &str) -> Failure {
    Failure::unsupported(format!("{what} cannot be said in {DIALECT}"))
}

fn call(
    request: &EmbedRequest,
    texts: &[&str],
    inputs: usize,
    own: &Map<String, Value>,
    exact: bool,
) -> Result<Answer, Failure> {
    let mut body = Map::new();
    body.insert("model".to_owned(), request.model.as_str().into());
    if !texts.is_empty() || !exact {
        body.insert("texts".to_owned(), texts.into());
    }
    if let Some(task) = request.task.as_deref() {
        body.insert("input_type".to_owned(), if exact { task } else { purpose(task) }.into());
    } else if !exact {
        // The protocol demands one; texts that are kept are most of what is asked for.
        body.insert("input_type".to_owned(), "search_document".into());
        log(LogLevel::Warn, "no task was named: the vectors are of documents for a search");
    }
    if let Some(dimensions) = request.dimensions {
        body.insert("output_dimension".to_owned(), dimensions.into());
    }
    if !exact {
        body.insert("embedding_types".to_owned(), json!(["float"]));
    }
    body.extend(own.clone());
    let endpoint = Endpoint::named("api")?;
    let builder = endpoint.post("/v2/embed").header("accept", "application/json");
    let response = builder.json(&body)?.send()?;
    if response.status() >= 300 {
        return Err(error::of_response(&response, DIALECT));
    }
    let text = response.text()?;
    read(&text, inputs).map_err(|failure| {
        let mut failure = error::of_body(&text, None, &[], DIALECT).unwrap_or(failure);
        error::complete(&mut failure, &response.headers());
        failure
    })
}

/// The words of other providers for what vectors are for.
fn purpose(task: &str) -> &str {
    match task {
        "query" | "retrieval.query" | "RETRIEVAL_QUERY" => "search_query",
        "document" | "passage" | "retrieval.passage" | "RETRIEVAL_DOCUMENT" => "search_document",
        "CLASSIFICATION" => "classification",
        "separation" | "CLUSTERING" => "clustering",
        other => other,
    }
}

fn read(text: &str, inputs: usize) -> Result<Answer, Failure> {
    let bad = |why| Failure::malformed(format!("the answer is not the JSON expected: {why}"));
    let mut members: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(bad)?;
    let raw = members.remove("embeddings");
    let raw = raw.ok_or_else(|| Failure::malformed("the answer has no vectors"))?.get();
    let mut rest = Map::new();
    for (name, value) in members {
        rest.insert(name, serde_json::from_str(value.get()).map_err(bad)?);
    }
    // Before there were several forms, the list itself.
    let vectors = if raw.starts_with('[') {
        numbers(raw)?
    } else {
        let mut forms: BTreeMap<&str, &RawValue> = serde_json::from_str(raw).map_err(bad)?;
        forms.retain(|_, list| !matches!(list.get(), "null" | "[]"));
        let best = FORMS.iter().find_map(|form| Some((*form, forms.remove(form)?)));
        let vectors = match best {
            Some(("base64", list)) => unpacked(list.get())?,
            Some((_, list)) => numbers(list.get())?,
            None => Vec::new(),
        };
        if !forms.is_empty() {
            let others = forms.into_iter().map(|(form, list)| {
                Ok((form.to_owned(), serde_json::from_str(list.get()).map_err(bad)?))
            });
            let others: Map<String, Value> = others.collect::<Result<_, Failure>>()?;
            rest.insert("embeddings".to_owned(), others.into());
        }
        vectors
    };
    if vectors.len() != inputs {
        let counts = format!("{} vectors came for {inputs} inputs", vectors.len());
        return Err(Failure::malformed(counts));
    }
    Ok(Answer { vectors, rest })
}

fn numbers(raw: &str) -> Result<Vec<Vec<f32>>, Failure> {
    let vectors: Vec<Vec<f32>> = serde_json::from_str(raw)
        .map_err(|why| Failure::malformed(format!("the vectors are none: {why}")))?;
    match vectors.iter().flatten().all(|number| number.is_finite()) {
        true => Ok(vectors),
        false => Err(Failure::malformed("a vector holds what is no number")),
    }
}

/// Little-endian floats in base64.
fn unpacked(raw: &str) -> Result<Vec<Vec<f32>>, Failure> {
    let packed: Vec<String> = serde_json::from_str(raw)
        .map_err(|why| Failure::malformed(format!("the vectors are none: {why}")))?;
    let unpack = |text: String| {
        let bytes = STANDARD
            .decode(text)
            .map_err(|why| Failure::malformed(format!("a vector is not base64: {why}")))?;
        let (floats, rest) = bytes.as_chunks::<4>();
        match rest.is_empty() {
            true => Ok(floats.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()),
            false => Err(Failure::malformed("a vector is not whole")),
        }
    };
    packed.into_iter().map(unpack).collect()
}

/// What several calls took together.
fn sum(bills: Vec<Value>) -> Option<Usage> {
    let inputs = bills.iter().filter_map(|bill| usage::read(bill, DIALECT)?.input);
    let input = inputs.reduce(u64::saturating_add)?;
    Some(Usage {
        input: Some(input),
        output: None,
        cache_read: None,
        cache_write: None,
        reasoning: None,
        raw: Some(json::native(&bills.into(), DIALECT)),
    })
}
