//! The adapter against hand-written samples of the wire, held to its manifest.

mod answer;
mod embeddings;
mod provider;
mod request;
