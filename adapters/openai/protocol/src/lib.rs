//! The protocol of OpenAI's chat completions, embeddings and models
//! (<https://platform.openai.com/docs/api-reference/chat>), in the spellings that
//! providers have for it.
//!
//! A library without exports, so that several adapters can build on it. An adapter says
//! where its provider has something, and what names the model there; [`chat`], [`embed`]
//! and [`models`] do the rest:
//!
//! ```
//! use hotcell_openai_chat::{Answer, chat};
//! use hotcell_sdk::testing::Script;
//! use hotcell_sdk::{Chat, ChatRequest, Endpoint, Failure};
//!
//! struct Adapter;
//!
//! impl Chat for Adapter {
//!     type Completion = Answer;
//!
//!     fn complete(request: ChatRequest) -> Result<Answer, Failure> {
//!         let endpoint = Endpoint::named("api")?;
//!         chat(endpoint.post("/chat/completions"), &request, &[("model", &request.model)])
//!     }
//! }
//!
//! let mut script = Script::new();
//! let chunk = r#"{"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]}"#;
//! script.answer(200, "text/event-stream", format!("data: {chunk}\n\ndata: [DONE]\n\n"));
//! assert_eq!(script.chat::<Adapter>(ChatRequest::user("hello")).text(), "hi");
//! ```
//!
//! What it writes and reads depends on the adapter's settings, each with the meaning that
//! the manifest of the adapter `openai` gives it; one that a manifest does not declare has
//! the default that stands there. An adapter whose answers come in an envelope uses
//! [`write`](fn@write) and [`Assembly`] themselves.

#![deny(unsafe_code)]
// A slice that is not at a character's boundary ends the cell, and the words for it would bring
// tables of Unicode into every component.
#![cfg_attr(not(test), warn(clippy::string_slice))]

mod assembly;
mod calls;
mod completion;
mod delta;
mod document;
mod effort;
mod embeddings;
mod media;
mod message;
mod models;
mod number;
mod part;
mod prompt;
mod reader;
mod reasoning;
mod request;
mod tell;
mod thought;
mod tool;
mod usage;
mod wire;

pub mod error;
pub mod json;

pub use assembly::Assembly;
pub use completion::{is_completion, write_completion};
pub use document::documents_as_text;
pub use effort::{became, effort, generation};
pub use embeddings::{embed, numbers, read_embeddings, write_embeddings};
pub use models::{models, models_as};
pub use prompt::{Prompt, prompt};
pub use request::{Body, write};
pub use usage::read as usage;

use hotcell_sdk::{ChatRequest, Completion, Event, Failure, Reply, RequestBuilder};

/// The dialect of chat requests and answers.
pub const DIALECT: &str = "openai-chat";

/// A chat answer that is still coming.
///
/// A type of its own, so that reading it is compiled here, once, and not again in the crate
/// of each adapter.
pub struct Answer(Reply<Assembly>);

impl Completion for Answer {
    fn next(&mut self) -> Result<Option<Vec<Event>>, Failure> {
        self.0.next()
    }
}

/// Asks for a chat answer. `named` are the members of the body that say which model is
/// meant, mostly `model` alone; none where the path says it.
///
/// # Errors
/// As [`write`](fn@write), what egress refuses, and what the provider says against the
/// request.
pub fn chat(
    builder: RequestBuilder<'_>,
    request: &ChatRequest,
    named: &[(&str, &str)],
) -> Result<Answer, Failure> {
    send(builder, request.stream, write(request, named)?)
}

/// Asks for a text to go on with the conversation: [`chat`] with the body that
/// [`write_completion`] makes.
///
/// # Errors
/// As [`chat`], and what a text cannot say.
pub fn complete(
    builder: RequestBuilder<'_>,
    request: &ChatRequest,
    named: &[(&str, &str)],
) -> Result<Answer, Failure> {
    send(builder, request.stream, write_completion(request, named)?)
}

/// Sends a body that was written before, and waits for the answer to begin.
///
/// # Errors
/// What egress refuses, and what the provider says against the request.
pub fn send(builder: RequestBuilder<'_>, stream: bool, body: Body) -> Result<Answer, Failure> {
    Failure::where_strict(&body.warnings)?;
    let accept = if stream { "text/event-stream" } else { "application/json" };
    let builder = builder.header("accept", accept).header("content-type", "application/json");
    let response = builder.body(body.json).send()?;
    if response.status() >= 300 {
        return Err(error::of_response(&response));
    }
    Reply::begin(response, Assembly::default(), body.warnings).map(Answer)
}
