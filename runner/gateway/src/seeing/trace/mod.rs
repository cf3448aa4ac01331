//! Traces: which requests are part of one, and what is told of them.
//!
//! Spans are sent by OTLP over HTTP, as JSON, which every collector takes and which needs no
//! library: <https://opentelemetry.io/docs/specs/otlp/>. No word of a prompt or an answer is in
//! them, no header, and no credential.

mod context;
mod export;
mod span;

pub(crate) use context::Context;
pub(crate) use export::Traces;
