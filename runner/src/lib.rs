//! Runs LLM provider adapters that nobody has to trust.
pub mod bindings;
pub mod cell;
