//! Adapter for models behind endpoints of Amazon SageMaker AI
//! (<https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Operations_Amazon_SageMaker_Runtime.html>).
//!
//! SageMaker hands bodies to a container and back, so that a request is written in the
//! container's words, which the setting `container` tells: OpenAI's chat completions, in the
//! dialect "openai-chat", or what Hugging Face's containers call generate, in the dialect
//! "huggingface-generate". A streamed answer comes in frames, cut wherever the container's
//! buffer was full; what is in them is put together again before it is read.

#![deny(unsafe_code)]

mod answer;
mod embeddings;
mod error;
mod frames;
mod generate;
mod generated;
mod words;

use answer::Answer;
use hotcell_sdk::{Chat, ChatRequest, EmbedRequest, EmbedResponse, Embeddings, Endpoint};
use hotcell_sdk::{Failure, Response, export, percent_encode, setting};
use words::Words;

/// The adapter.
pub struct SageMaker;

impl Chat for SageMaker {
    type Completion = Answer;

    fn complete(request: ChatRequest) -> Result<Answer, Failure> {
        let (body, words) = match Container::configured() {
            // An endpoint is one model. A container that wants its name has it in `extra`.
            Container::OpenAi => (hotcell_openai_chat::write(&request, &[])?, Words::openai()),
            Container::HuggingFace => (generate::write(&request)?, Words::generated(&request)),
        };
        let response = invoke(&request.model, request.stream, body.json)?;
        Answer::begin(response, request.stream, words, body.warnings)
    }
}

impl Embeddings for SageMaker {
    fn embed(request: EmbedRequest) -> Result<EmbedResponse, Failure> {
        embeddings::embed(&request)
    }
}

/// What the model's container speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    OpenAi,
    HuggingFace,
}

impl Container {
    pub(crate) fn configured() -> Self {
        match setting("container").as_deref() {
            Some("huggingface") => Self::HuggingFace,
            _ => Self::OpenAi,
        }
    }
}

/// Hands a body to the container behind an endpoint.
pub(crate) fn invoke(endpoint: &str, stream: bool, body: Vec<u8>) -> Result<Response, Failure> {
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

export!(SageMaker: chat, embeddings);
