//! The adapter against hand-written samples of the wire, held to its manifest.

mod failure;
mod filter;
mod provider;
mod route;
