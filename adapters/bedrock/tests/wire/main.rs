//! The adapter against what the provider's documentation and its own library say that goes
//! over the wire.

mod answer;
mod conversation;
mod embeddings;
mod failure;
mod media;
mod models;
mod noise;
mod provider;
mod reasoning;
mod request;
mod stream;
mod tool;
