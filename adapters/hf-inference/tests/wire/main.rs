//! The adapters of this code against hand-written samples of the wire, each held to its
//! manifest.

mod embeddings;
mod failure;
mod provider;
mod rerank;
