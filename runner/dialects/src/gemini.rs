//! Gemini's content generation (<https://ai.google.dev/api/generate-content>), and
//! its embeddings (<https://ai.google.dev/api/embeddings>), of the Gemini API and of
//! Vertex AI.
//!
//! What the types model goes into their fields, in either of the two names that protocol
//! buffers have for each in JSON (`fields.rs`). Where the adapter would spell a value
//! in another way than the client did, for there are several of many a value, the client's
//! spelling is kept beside it as `extra`, and wins. The data of a medium is not kept twice for
//! it: `null` in its place, or in that of a medium of which nothing else is kept, says that it
//! came in the alphabet of URLs. A thought that another
//! provider signed comes back as its own (`opaque.rs`). Whole parts and tools that only this
//! dialect has are native.

mod answer;
mod config;
mod content;
mod embeddings;
mod fields;
mod listing;
mod media;
mod part;
mod refusal;
mod schema;
mod tool;

pub use answer::{StreamWriter, write_answer};
pub use embeddings::{read_embed_request, take_spelling};
pub use listing::{write_count, write_embeddings, write_model, write_models};
pub use refusal::write_refusal;

use crate::DialectError;
use fields::Fields;
use hotcell::types::ChatRequest;

/// The dialect's name.
pub const DIALECT: &str = "gemini";

/// Reads a client's request. The model, and whether the answer is to be streamed, stand
/// in the path that it was sent to.
///
/// # Errors
/// Where the request cannot be one of this dialect, with the place and what is
/// expected there. What is only unknown is kept.
pub fn read_request(body: &[u8], model: &str, stream: bool) -> Result<ChatRequest, DialectError> {
    read(Fields::parse(body)?, model, stream)
}

/// Reads a request to count tokens: a whole one in `generateContentRequest`, or its
/// members.
///
/// # Errors
/// As [`read_request`].
pub fn read_count_request(body: &[u8], model: &str) -> Result<ChatRequest, DialectError> {
    let mut object = Fields::parse(body)?;
    let path = object.at("generateContentRequest");
    match object.value("generateContentRequest") {
        None => read(object, model, false),
        Some(whole) => {
            let mut object = Fields::new(whole, path)?;
            // An adapter writes it there from the path.
            object.value("model");
            read(object, model, false)
        }
    }
}

fn read(mut object: Fields, model: &str, stream: bool) -> Result<ChatRequest, DialectError> {
    // It stands in the path, and that one counts: a provider is not told of another one.
    object.take("model", |name| {
        let name = name.as_str().unwrap_or_default();
        (name.strip_prefix("models/").unwrap_or(name) != model).then_some(())
    });
    let mut messages: Vec<_> = content::read_instruction(&mut object)?.into_iter().collect();
    messages.extend(content::read_contents(&mut object)?);
    let tools = tool::read(&mut object)?;
    let tool_choice = tool::read_choice(&mut object);
    let config = config::read(&mut object);
    Ok(ChatRequest {
        model: model.to_owned(),
        messages,
        tools,
        tool_choice,
        parallel_tool_calls: None,
        output: config.output,
        sampling: config.sampling,
        reasoning: config.reasoning,
        stream,
        extra: Some(object.always_extra()),
    })
}

#[cfg(test)]
mod tests;
