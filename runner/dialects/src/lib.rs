//! Client-facing JSON protocols, read into the runner's types, and answers written from them.
//!
//! A reader loses nothing: what its protocol says and the types do not model is kept
//! as `extra` (members) or `native` (whole values), tagged with the dialect, and an
//! adapter of the same dialect writes it back. It is pure: bytes in, types out.

#![forbid(unsafe_code)]

mod answer;
pub mod anthropic_messages;
pub mod bedrock_converse;
pub mod bedrock_invoke;
pub mod cohere_chat;
pub mod cohere_embed;
pub mod form;
pub mod gemini;
pub mod jina_rerank;
mod json;
mod media;
mod message;
mod object;
pub mod ollama_chat;
pub mod ollama_embed;
mod opaque;
pub mod openai_chat;
pub mod openai_completions;
pub mod openai_embeddings;
pub mod openai_media;
pub mod openai_responses;

pub use answer::{About, AnswerWriter, Dialect, Refusal};

use thiserror::Error;

/// Why a client's request cannot be read.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("{}{message}", at(.path))]
pub struct DialectError {
    /// Where, as in `messages[2].content[0]`; empty for the request itself.
    pub path: String,
    /// What is expected there.
    pub message: String,
}

fn at(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}

impl DialectError {
    pub(crate) fn new(path: &str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), message: message.into() }
    }
}
