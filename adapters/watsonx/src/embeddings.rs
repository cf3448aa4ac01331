//! Texts into vectors
//! (<https://cloud.ibm.com/apidocs/watsonx-ai#text-embeddings>).

use crate::{Payer, with_version};
use hotcell_openai_chat::json::{Json, Members, count, list};
use hotcell_openai_chat::{error, numbers};
use hotcell_sdk::{EmbedRequest, EmbedResponse, Endpoint, Failure, FailureKind, Input, LogLevel};
use hotcell_sdk::{Native, Usage, log};
use std::borrow::Cow;

/// The dialect of requests for vectors.
const DIALECT: &str = "watsonx-embeddings";

pub(crate) fn embed(request: &EmbedRequest) -> Result<EmbedResponse, Failure> {
    let body = write(request)?;
    let endpoint = Endpoint::named("api")?;
    let builder = with_version(endpoint.post("/ml/v1/text/embeddings"));
    let builder = builder.header("accept", "application/json");
    let response = builder.header("content-type", "application/json").body(body).send()?;
    if response.status() >= 300 {
        return Err(error::of_response(&response));
    }
    read(request, &response.text()?).map_err(|mut failure| {
        error::complete(&mut failure, &response.headers());
        failure
    })
}

fn write(request: &EmbedRequest) -> Result<Vec<u8>, Failure> {
    if request.dimensions.is_some() {
        return Err(Failure::unsupported("shorter vectors: these models have one length"));
    }
    if request.task.is_some() {
        log(LogLevel::Warn, "the task was left out: this provider's vectors have none");
    }
    let extra = extra(request)?;
    let payer = Payer::configured()?;
    let mut json = Json::default();
    json.open(b'{');
    for (name, text) in [("model_id", request.model.as_str()), payer.member()] {
        if !extra.has(name) {
            json.name(name).text(text);
        }
    }
    json.name("inputs").open(b'[');
    for input in &request.inputs {
        match input {
            Input::Text(text) => json.text(text),
            Input::Tokens(_) => {
                return Err(Failure::unsupported("tokens: this provider takes texts"));
            }
        }
    }
    json.close(b']');
    extra.pairs().for_each(|(name, value)| json.name(name).raw(value));
    json.close(b'}');
    Ok(json.0)
}

fn extra(request: &EmbedRequest) -> Result<Members<'_>, Failure> {
    let Some(native) = &request.extra else { return Ok(Members::default()) };
    let members = Members::checked(&native.value)
        .ok_or_else(|| Failure::new(FailureKind::InvalidRequest, "`extra` is not a JSON object"))?;
    if native.dialect == DIALECT {
        return Ok(members);
    }
    // There is no event that could tell of a loss here. How vectors are written is none.
    let said = |(name, value): &(&str, &str)| *value != "null" && *name != "encoding_format";
    match members.pairs().find(said) {
        Some((name, _)) => {
            let dialect = &native.dialect;
            let why = format!("`{name}` of {dialect} cannot be said in {DIALECT}");
            Err(Failure::unsupported(why))
        }
        None => Ok(Members::default()),
    }
}

fn read(request: &EmbedRequest, text: &str) -> Result<EmbedResponse, Failure> {
    let answer = Members::checked(text)
        .ok_or_else(|| Failure::malformed("the answer is not a JSON object"))?;
    let results = answer.get("results").and_then(list).ok_or_else(|| {
        let none = || Failure::malformed("the answer has no vectors");
        error::of_body(text, None, &[]).unwrap_or_else(none)
    })?;
    if results.len() != request.inputs.len() {
        let inputs = request.inputs.len();
        let counts = format!("{} vectors came for {inputs} inputs", results.len());
        return Err(Failure::malformed(counts));
    }
    let vector = |result: &str| {
        let result = Members::of(result).unwrap_or_default();
        numbers(result.get("embedding").unwrap_or_default())
    };
    let vectors = results.into_iter().map(vector).collect::<Result<_, Failure>>()?;
    let usage = answer.get("input_token_count").map(|raw| Usage {
        input: count(Some(raw)),
        output: None,
        cache_read: None,
        cache_write: None,
        reasoning: None,
        raw: Some(Native {
            dialect: DIALECT.to_owned(),
            value: format!("{{\"input_token_count\":{raw}}}"),
        }),
    });
    let rest = answer.pairs().filter(|(name, value)| {
        !["results", "model_id", "input_token_count"].contains(name) && *value != "null"
    });
    let rest = Members(rest.map(|(name, value)| (Cow::Borrowed(name), value)).collect());
    let model = answer.text("model_id").map(Cow::into_owned);
    Ok(EmbedResponse { model, vectors, usage, extra: rest.extra(DIALECT) })
}
