//! Endpoints of Amazon SageMaker AI
//! (<https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Operations_Amazon_SageMaker_Runtime.html>).
//!
//! SageMaker hands bodies to a container and back, so that an adapter writes and reads the
//! words of a container, and this does the rest: [`invoke`] knows where an endpoint is and
//! what both of them say when they do not answer, and [`Answer`] puts a stream together
//! again, which comes in frames that are cut wherever the container's buffer was full.

#![deny(unsafe_code)]

mod answer;
mod error;
mod frames;

pub use answer::Answer;

use hotcell_sdk::{Endpoint, Failure, Response, percent_encode, setting};

/// Hands a body to the container behind an endpoint, or to the inference component of it
/// that the setting `inference-component` names.
///
/// # Errors
/// What egress refuses, and what the container or SageMaker says against the request: as
/// far as it can be read, the container's own error.
pub fn invoke(endpoint: &str, stream: bool, body: Vec<u8>) -> Result<Response, Failure> {
    let api = Endpoint::named("api")?;
    let mut path = "/endpoints/".to_owned();
    percent_encode(&mut path, endpoint);
    path.push_str(if stream { "/invocations-response-stream" } else { "/invocations" });
    let builder = api.post(path).header("content-type", "application/json");
    // What the container should answer in. A stream itself has a form of SageMaker's own.
    let builder = match stream {
        true => builder.header("x-amzn-sagemaker-accept", "text/event-stream"),
        false => builder.header("accept", "application/json"),
    };
    let builder = match setting("inference-component") {
        Some(name) => builder.header("x-amzn-sagemaker-inference-component", name),
        None => builder,
    };
    let response = builder.body(body).send()?;
    match response.status() {
        ..300 => Ok(response),
        _ => Err(error::of_response(&response)),
    }
}
