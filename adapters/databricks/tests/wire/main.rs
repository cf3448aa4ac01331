//! The adapter against hand-written samples of the wire, held to its manifest.

mod claude;
mod failure;
mod provider;
mod request;
