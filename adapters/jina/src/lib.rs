//! Adapter for embeddings and rankings of Jina (<https://api.jina.ai/redoc>) and Voyage
//! (<https://docs.voyageai.com/reference>), and for servers that rank in the same form,
//! as vLLM and llama.cpp do. In what they differ is data: see [`spelling`].
//!
//! Neither interface has an event that could tell of a loss, so that what cannot be said is
//! refused as `unsupported` by its name.
//!
//! | of a request for vectors | becomes |
//! | --- | --- |
//! | texts | `input` |
//! | numbers of tokens | refused |
//! | dimensions | `dimensions`, or `output_dimension` |
//! | task | `task`, or `input_type`; the words of other providers become this one's, and one that it has no word for is left out, with a line in the log |
//! | `extra` of this dialect | merged; wins |
//! | `extra` of another dialect | refused, save for the form of vectors, which is the same for every caller |
//! | vectors of single bits | refused |
//!
//! | of a request for a ranking | becomes |
//! | --- | --- |
//! | query, texts | `query`, `documents` |
//! | records | objects, or lines of text where the provider has only that |
//! | top | `top_n`, or `top_k` |
//! | `extra` | as above |
//!
//! Vectors are told in the order of the inputs and rankings in that of the scores, whatever
//! the order of the answer.

#![deny(unsafe_code)]

mod embeddings;
mod error;
mod members;
mod rerank;
mod spelling;

use hotcell_sdk::{
    EmbedRequest, EmbedResponse, Embeddings, Failure, Rerank, RerankRequest, RerankResponse, export,
};

/// The adapter.
pub struct Jina;

impl Embeddings for Jina {
    fn embed(request: EmbedRequest) -> Result<EmbedResponse, Failure> {
        embeddings::embed(&request)
    }
}

impl Rerank for Jina {
    fn rerank(request: RerankRequest) -> Result<RerankResponse, Failure> {
        rerank::rerank(&request)
    }
}

export!(Jina: embeddings, rerank);
