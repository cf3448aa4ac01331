//! Adapter for vectors and rankings of Hugging Face: of its own inference behind the router
//! (<https://huggingface.co/docs/inference-providers/tasks/feature-extraction>), and of its
//! server, Text Embeddings Inference
//! (<https://huggingface.github.io/text-embeddings-inference/>), which Inference Endpoints run
//! too. The manifest says which: see [`server`].
//!
//! Neither interface has an event that could tell of a loss, so that what cannot be said is
//! refused as `unsupported` by its name.
//!
//! | of a request for vectors | becomes |
//! | --- | --- |
//! | model | the path; the server has one model, and is not told |
//! | texts | `inputs` |
//! | numbers of tokens | `inputs` of the server; refused by the router |
//! | dimensions | `dimensions` |
//! | task | `prompt_name`: the model's own words, such as `query` |
//! | `extra` of this dialect | merged; wins |
//! | `extra` of another dialect | refused, save for the form of vectors, which is the same for every caller |
//! | vectors in base64 | refused |
//!
//! | of a request for a ranking | becomes |
//! | --- | --- |
//! | query, texts | `query` and `texts` of the server; with the router, how similar the documents are to the query |
//! | records | lines of text |
//! | top | the best so many of all that come: neither has a word for it |
//! | `extra` | as above |
//!
//! A model that has a vector for each token, and none for the text, is refused.

#![deny(unsafe_code)]

mod embeddings;
mod error;
mod rerank;
mod server;

use hotcell_sdk::{
    EmbedRequest, EmbedResponse, Embeddings, Failure, Rerank, RerankRequest, RerankResponse, export,
};

/// The adapter.
pub struct HfInference;

impl Embeddings for HfInference {
    fn embed(request: EmbedRequest) -> Result<EmbedResponse, Failure> {
        embeddings::embed(&request)
    }
}

impl Rerank for HfInference {
    fn rerank(request: RerankRequest) -> Result<RerankResponse, Failure> {
        rerank::rerank(&request)
    }
}

export!(HfInference: embeddings, rerank);
