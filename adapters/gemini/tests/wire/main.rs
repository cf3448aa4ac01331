//! The adapter against hand-written samples of the wire, held to its manifest.

mod answer;
mod conversation;
mod embeddings;
mod failure;
mod media;
mod models;
mod noise;
mod provider;
mod request;
mod stream;
mod tokens;
mod tool;
mod vertex;
