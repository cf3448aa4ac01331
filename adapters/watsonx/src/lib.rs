//! Adapter for IBM watsonx.ai (<https://cloud.ibm.com/apidocs/watsonx-ai>). Chat is the
//! protocol of OpenAI but for the names of the model and of who pays, and for streams, which
//! have a path of their own. A model `deployment/ID` is one that was deployed.

#![deny(unsafe_code)]

mod embeddings;

use hotcell_openai_chat::json::Members;
use hotcell_openai_chat::{Answer, models_as, send, write};
use hotcell_sdk::{Chat, ChatRequest, EmbedRequest, EmbedResponse, Embeddings, Endpoint};
use hotcell_sdk::{Failure, FailureKind, Model, Models, RequestBuilder, export};
use hotcell_sdk::{percent_encode, setting};
use std::borrow::Cow;

/// The adapter.
pub struct Watsonx;

impl Chat for Watsonx {
    type Completion = Answer;

    fn complete(request: ChatRequest) -> Result<Answer, Failure> {
        let endpoint = Endpoint::named("api")?;
        let stream = request.stream;
        // The path says whether to stream, and usage comes unasked.
        let request = ChatRequest { stream: false, ..request };
        let mut path = "/ml/v1".to_owned();
        let body = match request.model.strip_prefix("deployment/") {
            // It knows its model and its space.
            Some(deployment) => {
                path.push_str("/deployments/");
                percent_encode(&mut path, deployment);
                write(&request, &[])?
            }
            None => {
                let payer = Payer::configured()?;
                write(&request, &[("model_id", &request.model), payer.member()])?
            }
        };
        path.push_str(if stream { "/text/chat_stream" } else { "/text/chat" });
        send(with_version(endpoint.post(path)), stream, body)
    }
}

impl Embeddings for Watsonx {
    fn embed(request: EmbedRequest) -> Result<EmbedResponse, Failure> {
        embeddings::embed(&request)
    }
}

impl Models for Watsonx {
    /// All of them: there are some dozens, and a page has 200.
    fn list_models() -> Result<Vec<Model>, Failure> {
        let endpoint = Endpoint::named("api")?;
        let builder = with_version(endpoint.get("/ml/v1/foundation_model_specs"));
        models_as(builder.query("limit", "200"), &["resources"], foundation_model)
    }
}

/// Who is charged.
pub(crate) struct Payer {
    member: &'static str,
    id: String,
}

impl Payer {
    pub(crate) fn configured() -> Result<Self, Failure> {
        let of = |name: &str, member| setting(name).map(|id| Self { member, id });
        of("project-id", "project_id").or_else(|| of("space-id", "space_id")).ok_or_else(|| {
            let why = "watsonx.ai charges a project or a space: set `project-id` or `space-id`";
            Failure::new(FailureKind::InvalidRequest, why)
        })
    }

    /// Its member in the body of a request.
    pub(crate) fn member(&self) -> (&str, &str) {
        (self.member, &self.id)
    }
}

pub(crate) fn with_version(builder: RequestBuilder<'_>) -> RequestBuilder<'_> {
    match setting("version") {
        Some(version) => builder.query("version", &version),
        None => builder,
    }
}

fn foundation_model(model: &Members<'_>, raw: &str) -> Option<Model> {
    let text = |name: &str| model.text(name).map(Cow::into_owned);
    Some(Model {
        id: text("model_id")?,
        name: text("label"),
        created: None,
        owned_by: text("provider"),
        raw: Some(raw.to_owned()),
    })
}

export!(Watsonx: chat, embeddings, models);
