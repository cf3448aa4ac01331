//! OpenAI's images, speech, transcriptions and moderations
//! (<https://platform.openai.com/docs/api-reference/images>, `/audio`, `/moderations`).
//!
//! `extra` is always there: it tells an adapter that a client of this dialect asked.

mod image;
mod moderation;
mod speech;
mod transcription;

pub use image::{read_image_edit, read_image_request, write_images};
pub use moderation::{read_moderation_request, write_moderation};
pub use speech::{SpeechAsked, read_speech_request};
pub use transcription::{Written, read_transcription_request, write_transcription};

/// The dialect's name.
pub const DIALECT: &str = "openai-media";
