//! The adapter against hand-written samples of the wire, held to its manifest.

mod answer;
mod conversation;
mod failure;
mod models;
mod noise;
mod prefix;
mod provider;
mod request;
mod stream;
mod tool;
mod vertex;
