//! The adapter against hand-written samples of the wire, held to its manifest.

mod image;
mod moderation;
mod provider;
mod speech;
mod transcription;
