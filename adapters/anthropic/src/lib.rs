//! Adapter for Anthropic's messages (<https://docs.anthropic.com/en/api/messages>), counts
//! of their tokens (<https://docs.anthropic.com/en/api/messages-count-tokens>) and models
//! (<https://docs.anthropic.com/en/api/models-list>).
//!
//! What becomes of a request and of an answer is told in [`hotcell_anthropic_messages`].
//! This is where they go: to Anthropic, or to Vertex AI (the setting `platform`, the manifest
//! `vertex-anthropic`).

#![deny(unsafe_code)]

use hotcell_anthropic_messages::{Answer, DIALECT, Platform, error, models, read_count, write};
use hotcell_sdk::{
    Chat, ChatRequest, Endpoint, Failure, Model, Models, RequestBuilder, Response, TokenCount,
    Tokens, VERSION, export, percent_encode, setting,
};

/// The adapter.
pub struct Anthropic;

/// The version of the protocol that this adapter writes by itself.
const OURS: &str = "2023-06-01";

impl Chat for Anthropic {
    type Completion = Answer;

    fn complete(request: ChatRequest) -> Result<Answer, Failure> {
        let outgoing = write(&request, platform(), false)?;
        Failure::where_strict(&outgoing.warnings)?;
        let accept = if request.stream { "text/event-stream" } else { "application/json" };
        let path = match is_vertex() {
            true => vertex_path(&request),
            false => "/messages".to_owned(),
        };
        let response = send(path, accept, &request, outgoing.betas, outgoing.body)?;
        Answer::begin(response, outgoing.warnings)
    }
}

impl Tokens for Anthropic {
    /// See <https://docs.anthropic.com/en/api/messages-count-tokens>.
    fn count(request: ChatRequest) -> Result<TokenCount, Failure> {
        let outgoing = write(&request, platform(), true)?;
        let path = match is_vertex() {
            true => "/models/count-tokens:rawPredict",
            false => "/messages/count_tokens",
        };
        let (path, accept) = (path.to_owned(), "application/json");
        let response = send(path, accept, &request, outgoing.betas, outgoing.body)?;
        read_count(&response.text()?)
    }
}

#[inline(never)]
fn send(
    path: String,
    accept: &str,
    request: &ChatRequest,
    betas: Option<String>,
    body: Vec<u8>,
) -> Result<Response, Failure> {
    let endpoint = Endpoint::named("api")?;
    let mut builder = endpoint.post(path).header("accept", accept);
    if !is_vertex() {
        builder = match spoken(request) {
            Some(version) => builder.header("anthropic-version", version),
            None => with_version(builder),
        };
    }
    if let Some(betas) = betas {
        builder = builder.header("anthropic-beta", betas);
    }
    let response = builder.header("content-type", "application/json").body(body).send()?;
    match response.status() {
        ..300 => Ok(response),
        _ => Err(error::of_response(&response)),
    }
}

impl Models for Anthropic {
    fn list_models() -> Result<Vec<Model>, Failure> {
        models(with_version)
    }
}

/// Where the endpoint is.
fn platform() -> Platform {
    match setting("platform").as_deref() {
        Some("vertex") => Platform::Vertex,
        _ => Platform::Anthropic,
    }
}

/// On Vertex AI the path has the model.
fn is_vertex() -> bool {
    platform() == Platform::Vertex
}

fn vertex_path(request: &ChatRequest) -> String {
    let mut path = "/models/".to_owned();
    percent_encode(&mut path, &request.model);
    path.push_str(if request.stream { ":streamRawPredict" } else { ":rawPredict" });
    path
}

/// The version that the client speaks: what it wrote is true to that, and it expects an answer
/// that is. See <https://platform.claude.com/docs/en/api/versioning>.
fn spoken(request: &ChatRequest) -> Option<String> {
    let extra = request.extra.as_ref()?;
    (extra.dialect == DIALECT).then(|| setting(VERSION)).flatten()
}

fn with_version(builder: RequestBuilder<'_>) -> RequestBuilder<'_> {
    let version = setting("anthropic-version").unwrap_or_else(|| OURS.to_owned());
    builder.header("anthropic-version", version)
}

export!(Anthropic: chat, models, tokens);
