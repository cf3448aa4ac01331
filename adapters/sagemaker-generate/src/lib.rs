//! Adapter for models behind endpoints of Amazon SageMaker AI whose containers speak Hugging
//! Face's own words: generate, of TGI and LMI
//! (<https://huggingface.co/docs/text-generation-inference/reference/api_reference>), and
//! embed, of TEI (<https://huggingface.github.io/text-embeddings-inference/>).
//!
//! Generate goes on with a text. What a conversation becomes then is told in
//! [`hotcell_openai_chat::prompt`].

#![deny(unsafe_code)]

mod answer;
mod embeddings;
mod request;

use answer::Generated;
use hotcell_sagemaker::{Answer, invoke};
use hotcell_sdk::{Chat, ChatRequest, EmbedRequest, EmbedResponse, Embeddings, Failure, export};

/// The adapter.
pub struct Generate;

/// The dialect of generate. The members of an `extra` of it are parameters.
const DIALECT: &str = "huggingface-generate";

impl Chat for Generate {
    type Completion = Answer<Generated>;

    fn complete(request: ChatRequest) -> Result<Answer<Generated>, Failure> {
        let body = request::write(&request)?;
        Failure::where_strict(&body.warnings)?;
        let response = invoke(&request.model, request.stream, body.json)?;
        let generated = Generated::new(request.sampling.logprobs.is_some());
        Answer::begin(response, request.stream, generated, body.warnings)
    }
}

impl Embeddings for Generate {
    fn embed(request: EmbedRequest) -> Result<EmbedResponse, Failure> {
        embeddings::embed(&request)
    }
}

export!(Generate: chat, embeddings);
