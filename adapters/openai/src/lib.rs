//! Adapter for OpenAI chat completions, legacy text completions, embeddings and models
//! (<https://platform.openai.com/docs/api-reference/chat>), and for every provider
//! that speaks the same protocol. In what providers differ is data: the settings in
//! `adapter.toml`, whose values the catalogue holds. The translation is a library,
//! `hotcell-openai-chat`, for other adapters to build on.

#![deny(unsafe_code)]

use hotcell_openai_chat::models;
use hotcell_openai_chat::{Answer, chat, complete, documents_as_text, embed, is_completion};
use hotcell_sdk::{Chat, ChatRequest, EmbedRequest, EmbedResponse, Embeddings, Endpoint};
use hotcell_sdk::{Failure, Model, Models, RequestBuilder, export, setting};

/// The adapter.
pub struct OpenAi;

impl Chat for OpenAi {
    type Completion = Answer;

    fn complete(request: ChatRequest) -> Result<Answer, Failure> {
        let endpoint = Endpoint::named("api")?;
        let request = documents_as_text(request);
        let named = [("model", request.model.as_str())];
        let text = match setting("completions").as_deref() {
            Some("text") => true,
            Some("asked") => is_completion(&request),
            _ => false,
        };
        match text {
            true => complete(with_version(endpoint.post("/completions")), &request, &named),
            false => chat(with_version(endpoint.post("/chat/completions")), &request, &named),
        }
    }
}

impl Embeddings for OpenAi {
    fn embed(request: EmbedRequest) -> Result<EmbedResponse, Failure> {
        let endpoint = Endpoint::named("api")?;
        let builder = with_version(endpoint.post(path("embeddings-path", "/embeddings")));
        embed(builder, &request, &[("model", &request.model)])
    }
}

impl Models for OpenAi {
    fn list_models() -> Result<Vec<Model>, Failure> {
        let endpoint = Endpoint::named("api")?;
        models(with_version(endpoint.get(path("models-path", "/models"))))
    }
}

/// Where a provider has this below its base.
fn path(name: &str, usual: &str) -> String {
    setting(name).unwrap_or_else(|| usual.to_owned())
}

/// Adds the API version, where the provider wants one in its query.
fn with_version(builder: RequestBuilder<'_>) -> RequestBuilder<'_> {
    match setting("api-version") {
        Some(version) => builder.query("api-version", &version),
        None => builder,
    }
}

export!(OpenAi: chat, embeddings, models);
