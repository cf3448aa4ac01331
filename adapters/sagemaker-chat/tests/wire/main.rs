//! The adapter against hand-written samples of the wire, held to its manifest.

mod embeddings;
mod failure;
mod frames;
mod provider;
mod request;
