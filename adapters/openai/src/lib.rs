//! Adapter for OpenAI chat completions, embeddings and models
//! (<https://platform.openai.com/docs/api-reference/chat>), and for every provider
//! that speaks the same protocol. In what providers differ is data: the settings in
//! `adapter.toml`, whose values the catalogue holds.

#![deny(unsafe_code)]

mod assembly;
mod calls;
mod delta;
mod embeddings;
mod error;
mod json;
mod media;
mod message;
mod models;
mod part;
mod reader;
mod reasoning;
mod request;
mod tell;
mod thought;
mod tool;
mod usage;
mod wire;

use assembly::Assembly;
use hotcell_sdk::{Chat, ChatRequest, EmbedRequest, EmbedResponse, Embeddings, Endpoint};
use hotcell_sdk::{Failure, Model, Models, Reply, RequestBuilder, export, setting};

/// The adapter.
pub struct OpenAi;

/// The dialect of chat requests and answers.
pub(crate) const DIALECT: &str = "openai-chat";

impl Chat for OpenAi {
    type Completion = Reply<Assembly>;

    fn complete(request: ChatRequest) -> Result<Reply<Assembly>, Failure> {
        let accept = if request.stream { "text/event-stream" } else { "application/json" };
        let body = request::write(&request).map_err(|failure| *failure)?;
        Failure::where_strict(&body.warnings)?;
        let endpoint = Endpoint::named("api")?;
        let builder = endpoint.post("/chat/completions");
        let builder = with_version(builder).header("accept", accept);
        let response = builder.header("content-type", "application/json").body(body.json).send()?;
        if response.status() >= 300 {
            return Err(error::of_response(&response));
        }
        Reply::begin(response, Assembly::default(), body.warnings)
    }
}

impl Embeddings for OpenAi {
    fn embed(request: EmbedRequest) -> Result<EmbedResponse, Failure> {
        embeddings::embed(&request)
    }
}

impl Models for OpenAi {
    fn list_models() -> Result<Vec<Model>, Failure> {
        models::read()
    }
}

/// Where a provider has this below its base.
pub(crate) fn path(name: &str, usual: &str) -> String {
    setting(name).unwrap_or_else(|| usual.to_owned())
}

/// Adds the API version, where the provider wants one in its query.
pub(crate) fn with_version(builder: RequestBuilder<'_>) -> RequestBuilder<'_> {
    match setting("api-version") {
        Some(version) => builder.query("api-version", &version),
        None => builder,
    }
}

export!(OpenAi: chat, embeddings, models);
