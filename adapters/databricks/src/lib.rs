//! Adapter for Databricks Model Serving and its Foundation Model APIs
//! (<https://docs.databricks.com/aws/en/machine-learning/foundation-model-apis/api-reference>).
//! The protocol is that of OpenAI. What Claude thinks stands in the content, signed, and goes
//! back there.

#![deny(unsafe_code)]

use hotcell_openai_chat::json::{Members, count};
use hotcell_openai_chat::{Answer, chat, embed, models_as};
use hotcell_sdk::{Chat, ChatRequest, EmbedRequest, EmbedResponse, Embeddings, Endpoint};
use hotcell_sdk::{Failure, Model, Models, export, percent_encode, setting};
use std::borrow::Cow;

/// The adapter.
pub struct Databricks;

impl Chat for Databricks {
    type Completion = Answer;

    fn complete(request: ChatRequest) -> Result<Answer, Failure> {
        let endpoint = Endpoint::named("api")?;
        match invocations(&request.model) {
            Some(path) => chat(endpoint.post(path), &request, &[]),
            None => {
                let builder = endpoint.post("/serving-endpoints/chat/completions");
                chat(builder, &request, &[("model", &request.model)])
            }
        }
    }
}

impl Embeddings for Databricks {
    fn embed(request: EmbedRequest) -> Result<EmbedResponse, Failure> {
        let endpoint = Endpoint::named("api")?;
        match invocations(&request.model) {
            Some(path) => embed(endpoint.post(path), &request, &[]),
            None => {
                let builder = endpoint.post("/serving-endpoints/embeddings");
                embed(builder, &request, &[("model", &request.model)])
            }
        }
    }
}

impl Models for Databricks {
    fn list_models() -> Result<Vec<Model>, Failure> {
        let endpoint = Endpoint::named("api")?;
        models_as(endpoint.get("/api/2.0/serving-endpoints"), &["endpoints"], serving_endpoint)
    }
}

/// The path of one serving endpoint, where each is asked at its own. Its body names no model.
fn invocations(endpoint: &str) -> Option<String> {
    (setting("route").as_deref() == Some("invocations")).then(|| {
        let mut path = "/serving-endpoints/".to_owned();
        percent_encode(&mut path, endpoint);
        path + "/invocations"
    })
}

fn serving_endpoint(endpoint: &Members<'_>, raw: &str) -> Option<Model> {
    let text = |name: &str| endpoint.text(name).map(Cow::into_owned);
    Some(Model {
        id: text("name")?,
        name: None,
        // In thousandths of a second.
        created: count(endpoint.get("creation_timestamp")).map(|time| time / 1000),
        owned_by: text("creator"),
        raw: Some(raw.to_owned()),
    })
}

export!(Databricks: chat, embeddings, models);
