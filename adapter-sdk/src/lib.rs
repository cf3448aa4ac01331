//! What an adapter author writes against: one trait, one export, and the
//! pieces of a provider protocol.
//!
//! An adapter translates. It gets a typed [`ChatRequest`], writes its
//! provider's HTTP request to an [`Endpoint`], and turns the provider's bytes
//! into [`Event`]s. It holds no credential, knows no origin, and keeps nothing
//! between requests.
//!
//! # An adapter in one page
//!
//! A crate of type `cdylib` with this dependency, an `adapter.toml` beside its
//! `Cargo.toml`, and this `src/lib.rs`:
//!
//! ```
//! use hotcell_sdk::{Assemble, Chat, ChatRequest, Endpoint, Event, Failure, Part, Reply};
//! use hotcell_sdk::{export, finished, text};
//! use serde_json::{Value, json};
//!
//! struct Parrot;
//!
//! impl Chat for Parrot {
//!     type Completion = Reply<Answer>;
//!
//!     /// The request, from the vocabulary that all adapters share into the provider's.
//!     fn complete(request: ChatRequest) -> Result<Reply<Answer>, Failure> {
//!         let mut prompt = String::new();
//!         for part in request.messages.iter().flat_map(|message| &message.parts) {
//!             match part {
//!                 Part::Text(text) => prompt.push_str(&text.text),
//!                 // Never silently dropped.
//!                 _ => return Err(Failure::unsupported("a parrot repeats text only")),
//!             }
//!         }
//!         let body = json!({ "model": request.model, "prompt": prompt, "stream": true });
//!         let endpoint = Endpoint::named("api")?;
//!         let response = endpoint.post("/repeat").json(&body)?.send()?.checked()?;
//!         let warnings = Vec::new();
//!         Reply::begin(response, Answer::default(), warnings)
//!     }
//! }
//!
//! /// The answer, back: what is known of it so far.
//! #[derive(Default)]
//! struct Answer {
//!     finished: bool,
//! }
//!
//! impl Assemble for Answer {
//!     /// One event of the stream, if the provider streams.
//!     fn event(&mut self, name: &str, data: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
//!         if name == "end" {
//!             self.finished = true;
//!             events.push(finished(0, "stop"));
//!             return Ok(());
//!         }
//!         let bad = |error| Failure::malformed(format!("an event: {error}"));
//!         let said: Value = serde_json::from_str(data).map_err(bad)?;
//!         events.push(text(0, 0, said["word"].as_str().unwrap_or_default()));
//!         Ok(())
//!     }
//!
//!     /// The whole body, if it does not.
//!     fn whole(&mut self, body: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
//!         self.event("", body, events)?;
//!         self.event("end", "", events)
//!     }
//!
//!     fn has_ended(&self) -> bool {
//!         self.finished
//!     }
//!
//!     /// A stream that just ends is an error, never a false stop.
//!     fn end(&mut self, _: &mut Vec<Event>) -> Result<(), Failure> {
//!         match self.finished {
//!             true => Ok(()),
//!             false => Err(Failure::malformed("the answer ended early")),
//!         }
//!     }
//! }
//!
//! export!(Parrot: chat);
//!
//! // The same code runs natively, against a script:
//! let mut script = hotcell_sdk::testing::Script::new();
//! let stream = "data: {\"word\":\"h\u{e9}\"}\r\n\r\nevent: end\r\ndata:\r\n\r\n";
//! script.answer(200, "text/event-stream", stream);
//! let run = script.chat_at_every_cut::<Parrot>(&ChatRequest::user("h\u{e9}"));
//! assert_eq!(run.text(), "h\u{e9}");
//! assert_eq!(run.requests[0].json()["prompt"], "h\u{e9}");
//! ```
//!
//! The manifest says what this needs, and nothing else will be possible:
//!
//! ```toml
//! [adapter]
//! name = "parrot"
//! version = "0.1.0"
//! dialect = "parrot"
//!
//! [endpoints.api]
//! origin = "https://api.parrot.example"
//! base = "/v1"
//! allow = ["POST /repeat"]
//! request-headers = ["content-type"]
//! response-headers = ["content-type", "retry-after", "date", "x-request-id"]
//! auth = { scheme = "bearer", secret = "api-key" }
//!
//! [secrets.api-key]
//! description = "Parrot API key"
//! env = "PARROT_API_KEY"
//! ```
//!
//! # The pieces
//!
//! - [`Endpoint`], [`RequestBuilder`] and [`Response`]: the one way out.
//! - [`Reply`]: an answer, be it a stream or whole, of which an adapter reads the words
//!   only. An answer that does not fit it is a [`Completion`] of its own.
//! - [`sse`], [`ndjson`] and [`event_stream`]: bodies that come in pieces.
//! - [`json`]: `extra` and `native`, by which nothing of a client's own dialect is lost.
//! - [`Failure::from_status`] and its like: what went wrong, in words that decide
//!   about a retry.
//! - [`setting`] and [`log()`]: the only other imports.
//! - [`testing`]: all of it without a cell.

#![deny(unsafe_code)]
// A slice that is not at a character's boundary ends the cell, and the words for it would bring
// tables of Unicode into every component.
#![cfg_attr(not(test), warn(clippy::string_slice))]

#[doc(hidden)]
pub mod bindings;

mod adapter;
mod endpoint;
mod event;
mod failure;
#[cfg(target_family = "wasm")]
mod heap;
mod reply;
mod request;
mod wall;

pub mod event_stream;
pub mod json;
pub mod media;
pub mod ndjson;
pub mod sse;
#[cfg(not(target_family = "wasm"))]
pub mod testing;

pub use adapter::{
    Audio, Chat, Completion, Embeddings, Images, Models, Moderation, Rerank, Speech, Stored,
    Tokens, Transcription,
};
pub use bindings::embeddings::exports::hotcell::adapter::embeddings::{
    EmbedRequest, EmbedResponse, Input,
};
pub use bindings::images::exports::hotcell::adapter::images::{Image, ImageRequest, ImageResponse};
pub use bindings::imports::hotcell::adapter::types::*;
pub use bindings::models::exports::hotcell::adapter::models::Model;
pub use bindings::moderation::exports::hotcell::adapter::moderation::{
    Category, Content, ModerationRequest, ModerationResponse, Verdict,
};
pub use bindings::rerank::exports::hotcell::adapter::rerank::{
    Document, Ranked, RerankRequest, RerankResponse,
};
pub use bindings::speech::exports::hotcell::adapter::speech::SpeechRequest;
pub use bindings::stored::exports::hotcell::adapter::stored::{
    Action, Parameter, StoredAnswer, StoredRequest,
};
pub use bindings::tokens::exports::hotcell::adapter::tokens::TokenCount;
pub use bindings::transcription::exports::hotcell::adapter::transcription::{
    Span, Timing, TranscriptionRequest, TranscriptionResponse,
};
pub use endpoint::{BODY_BYTES, ERROR_BYTES, Endpoint, RequestBuilder, Response, percent_encode};
pub use event::{finished, reasoning, text, warning};
pub use failure::{MESSAGE_BYTES, thousandths};
pub use reply::{Assemble, Reply};
pub use wall::{Header, LogLevel, Method, log, setting};

/// The setting by which the runner says that nothing may be lost of a request: `yes`, or
/// absent. No manifest can declare a setting of this name.
pub const STRICT: &str = "hotcell.strict";

/// The setting by which the runner says that it is told the usage of every answer: `yes`, or
/// absent. No manifest can declare a setting of this name.
pub const USAGE: &str = "hotcell.usage";

/// The setting by which the runner says which version of its own dialect the client speaks, or
/// absent where it names none. It says nothing to an adapter of another dialect. No manifest can
/// declare a setting of this name.
pub const VERSION: &str = "hotcell.version";

#[doc(hidden)]
pub mod __private {
    pub use crate::adapter::{Exported, ExportedAudio, ExportedCompletion};
}
