//! Adapter for Anthropic's messages and models.

#![deny(unsafe_code)]

mod answer;
mod block;
mod conversation;
mod error;
mod media;
mod message;
mod models;
mod reasoning;
mod request;
mod stream;
mod tool;
mod translation;
mod usage;
mod wire;
mod writer;

use hotcell_sdk::{
    Chat, ChatRequest, Endpoint, Failure, Model, Models, RequestBuilder, export, setting,
};

/// The adapter.
pub struct Anthropic;

/// The dialect of requests and answers.
pub(crate) const DIALECT: &str = "anthropic-messages";
/// The version of the protocol that this adapter was written against.
const VERSION: &str = "2023-06-01";
/// Enough for a long answer, and within the reach of every model that is served.
const DEFAULT_MAX_TOKENS: u32 = 16_384;
/// What a request needs that names files.
const FILES_BETA: &str = "files-api-2025-04-14";

impl Chat for Anthropic {
    type Completion = answer::Answer;

    fn complete(request: ChatRequest) -> Result<answer::Answer, Failure> {
        let outgoing = request::write(&request)?;
        let accept = if request.stream { "text/event-stream" } else { "application/json" };
        let endpoint = Endpoint::named("api")?;
        let mut builder = with_version(endpoint.post("/messages")).header("accept", accept);
        if let Some(betas) = outgoing.betas {
            builder = builder.header("anthropic-beta", betas);
        }
        let builder = builder.header("content-type", "application/json").body(outgoing.body);
        let response = builder.send()?;
        if response.status() >= 300 {
            return Err(error::of_response(&response));
        }
        Ok(answer::Answer::new(response, outgoing.warnings))
    }
}

impl Models for Anthropic {
    fn list_models() -> Result<Vec<Model>, Failure> {
        models::list()
    }
}

pub(crate) fn with_version(builder: RequestBuilder<'_>) -> RequestBuilder<'_> {
    let version = setting("anthropic-version").unwrap_or_else(|| VERSION.to_owned());
    builder.header("anthropic-version", version)
}

export!(Anthropic: chat, models);
