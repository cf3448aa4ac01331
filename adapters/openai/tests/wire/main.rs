//! The adapter against hand-written samples of the wire, held to its manifest.

mod answer;
mod calls;
mod completion;
mod conversation;
mod embeddings;
mod failure;
mod models;
mod noise;
mod prefix;
mod provider;
mod quirks;
mod reasoning;
mod request;
mod stream;
mod thought;
mod tool;
mod usage;
