//! The adapter against hand-written samples of the wire, held to its manifest.

mod answer;
mod conversation;
mod failure;
mod noise;
mod options;
mod provider;
mod stored;
mod stream;
mod tool;
mod turn;
