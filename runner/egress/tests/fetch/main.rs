//! Servers and registries that cannot be trusted, and what a person who fetches a component
//! from them is spared. All of them are one server on loopback, known by several names.

mod artifact;
mod credential;
#[path = "../issuer/mod.rs"]
mod issuer;
mod place;
mod registry;
mod world;
