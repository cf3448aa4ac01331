//! OpenAI's images, speech, transcriptions and moderations
//! (<https://platform.openai.com/docs/api-reference/images>, `/audio`, `/moderations`).
//!
//! `extra` is always there: it tells an adapter that a client of this dialect asked.
//!
//! Images and transcriptions come whole. A client that wants a stream of them is told all in its
//! last events.

mod image;
mod moderation;
mod speech;
mod transcription;

use crate::object::members;
use hotcell::types::Usage;
use serde_json::{Map, Value, json};

pub use image::{image_events, read_image_edit, read_image_request, write_images};
pub use moderation::{read_moderation_request, write_moderation};
pub use speech::{SpeechAsked, read_speech_request};
pub use transcription::{
    Written, read_transcription_request, transcription_events, write_transcription,
};

/// The dialect's name.
pub const DIALECT: &str = "openai-media";

/// A request, and how its client wants the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked<R> {
    /// What is asked, in which nothing speaks of a stream.
    pub request: R,
    /// As events of a stream.
    pub stream: bool,
}

/// Tokens as this dialect has them: what the provider said where that is this dialect.
fn counted(usage: &Usage) -> Map<String, Value> {
    let raw = members(usage.raw.as_ref(), DIALECT);
    if !raw.is_empty() {
        return raw;
    }
    let (input, output) = (usage.input.unwrap_or(0), usage.output.unwrap_or(0));
    let total = input.saturating_add(output);
    let counts = [("input_tokens", input), ("output_tokens", output), ("total_tokens", total)];
    counts.into_iter().map(|(name, count)| (name.to_owned(), json!(count))).collect()
}
