//! What an adapter author writes against: one trait, one export, and the
//! pieces of a provider protocol.
//!
//! An adapter translates. It gets a typed [`ChatRequest`], writes its
//! provider's HTTP request to an [`Endpoint`], and turns the provider's bytes
//! into [`Event`]s. It holds no credential, knows no origin, and keeps nothing
//! between requests.
//!
//! ```
//! use hotcell_sdk::{Chat, ChatRequest, Completion, Endpoint, Event, Failure, export, finished, text};
//!
//! struct Echo;
//!
//! impl Chat for Echo {
//!     type Completion = Answer;
//!
//!     fn complete(request: ChatRequest) -> Result<Answer, Failure> {
//!         let body = serde_json::json!({ "model": request.model });
//!         let response = Endpoint::named("api")?.post("/echo").json(&body)?.send()?.checked()?;
//!         Ok(Answer(Some(response.text()?)))
//!     }
//! }
//!
//! struct Answer(Option<String>);
//!
//! impl Completion for Answer {
//!     fn next(&mut self) -> Result<Option<Vec<Event>>, Failure> {
//!         Ok(self.0.take().map(|answer| vec![text(0, 0, answer), finished(0, "stop")]))
//!     }
//! }
//!
//! export!(Echo: chat);
//! # fn main() {}
//! ```
//!
//! The same code runs natively in tests: see [`testing`].

#[doc(hidden)]
pub mod bindings;

mod adapter;
mod endpoint;
mod event;
mod failure;
mod request;
mod wall;

pub mod event_stream;
pub mod json;
pub mod ndjson;
pub mod sse;
#[cfg(not(target_family = "wasm"))]
pub mod testing;

pub use adapter::{Chat, Completion, Embeddings, Models};
pub use bindings::embeddings::exports::hotcell::adapter::embeddings::{
    EmbedRequest, EmbedResponse, Input,
};
pub use bindings::imports::hotcell::adapter::types::*;
pub use bindings::models::exports::hotcell::adapter::models::Model;
pub use endpoint::{Endpoint, RequestBuilder, Response, percent_encode};
pub use event::{finished, reasoning, text, warning};
pub use wall::{Header, LogLevel, Method, log, setting};

#[doc(hidden)]
pub mod __private {
    pub use crate::adapter::{Exported, ExportedCompletion};
}
