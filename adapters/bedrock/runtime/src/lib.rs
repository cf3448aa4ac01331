//! Models of Amazon Bedrock
//! (<https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html>).
//!
//! A library without exports, for the adapters of Bedrock's protocols: [`invoke`] hands a
//! maker's own body to its model, [`Answer`] takes an answer out of the frames that it comes
//! in, [`error`] reads what comes in the place of one, and [`json`] reads and writes bodies
//! as the text that they are.

#![deny(unsafe_code)]

mod answer;

pub mod error;
pub mod json;

pub use answer::Answer;

use hotcell_sdk::{Endpoint, Failure, Response, percent_encode, setting};

/// The path of an operation of a model: its name is one segment, whatever it holds.
pub fn model_path(model: &str, operation: &str) -> String {
    let mut path = String::from("/model/");
    percent_encode(&mut path, model);
    path.push('/');
    path.push_str(operation);
    path
}

/// Hands a body to a model by InvokeModel, or InvokeModelWithResponseStream
/// (<https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html>),
/// with the guardrail of the settings `guardrail-id` and `guardrail-version`.
///
/// # Errors
/// What egress refuses, and what the provider says against the request; its body is told as
/// one of `dialect`.
pub fn invoke(
    model: &str,
    stream: bool,
    body: Vec<u8>,
    dialect: &str,
) -> Result<Response, Failure> {
    let (operation, accept) = match stream {
        true => ("invoke-with-response-stream", "application/vnd.amazon.eventstream"),
        false => ("invoke", "application/json"),
    };
    let endpoint = Endpoint::named("api")?;
    let mut builder = endpoint.post(model_path(model, operation));
    builder = builder.header("accept", accept).header("content-type", "application/json");
    if let Some(id) = setting("guardrail-id").filter(|id| !id.is_empty()) {
        let version = setting("guardrail-version").unwrap_or_else(|| "DRAFT".to_owned());
        builder = builder.header("x-amzn-bedrock-guardrailidentifier", id);
        builder = builder.header("x-amzn-bedrock-guardrailversion", version);
    }
    let response = builder.body(body).send()?;
    match response.status() {
        ..300 => Ok(response),
        _ => Err(error::of_response(&response, dialect)),
    }
}

/// Whether an answer, or an event of one, says that a guardrail of Bedrock's stepped in: then
/// the words are the guardrail's, and the maker's reason for the end says nothing of it.
pub fn is_intervened(answer: &str) -> bool {
    const MEMBER: &str = "amazon-bedrock-guardrailAction";
    answer.contains(MEMBER)
        && json::Members::any(answer).and_then(|members| members.word(MEMBER)).as_deref()
            == Some("INTERVENED")
}
