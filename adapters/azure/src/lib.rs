//! Adapter for Azure OpenAI
//! (<https://learn.microsoft.com/azure/ai-foundry/openai/reference>) and for the models of
//! Azure AI Foundry
//! (<https://learn.microsoft.com/rest/api/aifoundry/model-inference>). The protocol is that of
//! OpenAI; Azure has it in three places, of which the setting `route` names one.
//!
//! What Azure's content filters found is told where it stands: of the prompt in what is
//! `extra` of the start, of the answer in what is `extra` of a choice's end, or in native
//! events where it comes later.

#![deny(unsafe_code)]

mod route;

use hotcell_openai_chat::{Answer, chat, documents_as_text, embed, models};
use hotcell_sdk::{Chat, ChatRequest, EmbedRequest, EmbedResponse, Embeddings, Endpoint};
use hotcell_sdk::{Failure, Model, Models, export};
use route::Route;

/// The adapter.
pub struct Azure;

impl Chat for Azure {
    type Completion = Answer;

    fn complete(request: ChatRequest) -> Result<Answer, Failure> {
        let (route, endpoint) = (Route::configured(), Endpoint::named("api")?);
        let builder = route.finish(endpoint.post(route.chat(&request.model)));
        let request = documents_as_text(request);
        chat(builder, &request, &[("model", &request.model)])
    }
}

impl Embeddings for Azure {
    fn embed(request: EmbedRequest) -> Result<EmbedResponse, Failure> {
        let (route, endpoint) = (Route::configured(), Endpoint::named("api")?);
        let builder = route.finish(endpoint.post(route.embeddings(&request.model)));
        embed(builder, &request, &[("model", &request.model)])
    }
}

impl Models for Azure {
    /// Every model that the resource could deploy: what it has deployed is only told by
    /// Azure's management interface, which is another service.
    fn list_models() -> Result<Vec<Model>, Failure> {
        let (route, endpoint) = (Route::configured(), Endpoint::named("api")?);
        models(route.finish(endpoint.get(route.models())))
    }
}

export!(Azure: chat, embeddings, models);
