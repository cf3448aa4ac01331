//! The adapter against hand-written samples of the wire, held to its manifest.

mod answer;
mod conversation;
mod embeddings;
mod fim;
mod ids;
mod media;
mod provider;
mod request;
