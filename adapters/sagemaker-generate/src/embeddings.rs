//! Texts into vectors, as TEI has it.

use hotcell_openai_chat::error;
use hotcell_openai_chat::json::{Json, Members, list, value};
use hotcell_sagemaker::invoke;
use hotcell_sdk::{EmbedRequest, EmbedResponse, Failure, Input, LogLevel, log};

pub(crate) fn embed(request: &EmbedRequest) -> Result<EmbedResponse, Failure> {
    let body = write(request)?;
    read(request, &invoke(&request.model, false, body)?.text()?)
}

fn write(request: &EmbedRequest) -> Result<Vec<u8>, Failure> {
    if request.dimensions.is_some() {
        return Err(Failure::unsupported("shorter vectors: this container has one length"));
    }
    if request.task.is_some() {
        log(LogLevel::Warn, "the task was left out: this container's vectors have none");
    }
    let extra = request.extra.as_ref().map(|extra| extra.value.trim()).unwrap_or("{}");
    if Members::checked(extra).is_none_or(|members| !members.0.is_empty()) {
        return Err(Failure::unsupported("members that this container has no word for"));
    }
    let mut json = Json::default();
    json.open(b'{').name("inputs").open(b'[');
    for input in &request.inputs {
        match input {
            Input::Text(text) => json.text(text),
            Input::Tokens(_) => {
                return Err(Failure::unsupported("tokens: this container takes texts"));
            }
        }
    }
    json.close(b']');
    json.close(b'}');
    Ok(json.0)
}

/// A list of vectors, or one in a member, as older containers have it.
fn read(request: &EmbedRequest, text: &str) -> Result<EmbedResponse, Failure> {
    let text = value(text, "").map_err(|_| Failure::malformed("the answer is not JSON"))?;
    let inner = Members::of(text).and_then(|members| {
        members.get("embedding").or(members.get("embeddings")).or(members.get("vectors"))
    });
    let vectors = list(inner.unwrap_or(text)).ok_or_else(|| {
        let none = || Failure::malformed("the answer has no vectors");
        error::of_body(text, None, &[]).unwrap_or_else(none)
    })?;
    if vectors.len() != request.inputs.len() {
        let inputs = request.inputs.len();
        let counts = format!("{} vectors came for {inputs} inputs", vectors.len());
        return Err(Failure::malformed(counts));
    }
    let vectors = vectors.into_iter().map(vector).collect::<Result<_, Failure>>()?;
    Ok(EmbedResponse { model: None, vectors, usage: None, extra: None })
}

fn vector(text: &str) -> Result<Vec<f32>, Failure> {
    let numbers = list(text).ok_or_else(|| Failure::malformed("a vector is none"))?;
    if numbers.iter().any(|number| number.starts_with('[')) {
        let why = "the container gave one vector for each token; one for each text is needed";
        return Err(Failure::unsupported(why));
    }
    let number = |number: &str| {
        let finite = number.parse().ok().filter(|number: &f32| number.is_finite());
        finite.ok_or_else(|| Failure::malformed("a vector holds what is no number"))
    };
    numbers.into_iter().map(number).collect()
}
