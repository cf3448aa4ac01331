//! The adapter against hand-written samples of the wire, held to its manifest. The words
//! themselves are looked at beside the adapter `anthropic`.

mod answer;
mod failure;
mod noise;
mod provider;
mod request;
