//! Adapter for models behind endpoints of Amazon SageMaker AI whose containers speak as
//! OpenAI does: LMI (<https://docs.djl.ai/master/docs/serving/serving/docs/lmi/>), vLLM, and
//! the messages of TGI.

#![deny(unsafe_code)]

use hotcell_openai_chat::{Assembly, read_embeddings, write, write_embeddings};
use hotcell_sagemaker::{Answer, invoke};
use hotcell_sdk::{Chat, ChatRequest, EmbedRequest, EmbedResponse, Embeddings, Failure, export};

/// The adapter.
pub struct SageMaker;

// An endpoint is one model, and the path names it. A container that wants a name besides has
// it in what is `extra`.
impl Chat for SageMaker {
    type Completion = Answer<Assembly>;

    fn complete(request: ChatRequest) -> Result<Answer<Assembly>, Failure> {
        let body = write(&request, &[])?;
        Failure::where_strict(&body.warnings)?;
        let response = invoke(&request.model, request.stream, body.json)?;
        Answer::begin(response, request.stream, Assembly::default(), body.warnings)
    }
}

impl Embeddings for SageMaker {
    fn embed(request: EmbedRequest) -> Result<EmbedResponse, Failure> {
        let body = write_embeddings(&request, &[])?;
        read_embeddings(&request, &invoke(&request.model, false, body)?.text()?)
    }
}

export!(SageMaker: chat, embeddings);
