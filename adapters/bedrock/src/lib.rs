//! Adapter for Amazon Bedrock: chat by Converse
//! (<https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>) and
//! ConverseStream, embeddings by InvokeModel, foundation models and inference profiles.
//!
//! What becomes of a request and of an answer is told in [`hotcell_bedrock`].

#![deny(unsafe_code)]

use hotcell_bedrock::{Conversed, converse, embed, models};
use hotcell_sdk::{
    Chat, ChatRequest, EmbedRequest, EmbedResponse, Embeddings, Failure, Model, Models, export,
};

/// The adapter.
pub struct Bedrock;

impl Chat for Bedrock {
    type Completion = Conversed;

    fn complete(request: ChatRequest) -> Result<Conversed, Failure> {
        converse(&request)
    }
}

impl Embeddings for Bedrock {
    fn embed(request: EmbedRequest) -> Result<EmbedResponse, Failure> {
        embed(&request)
    }
}

impl Models for Bedrock {
    fn list_models() -> Result<Vec<Model>, Failure> {
        models()
    }
}

export!(Bedrock: chat, embeddings, models);
