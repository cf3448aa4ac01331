//! The guarded door: the only way out of a cell, and the only place of
//! credentials and sockets.
//!
//! [`Egress`] is made once per process, [`ProviderEgress`] once per configured
//! provider, [`CellEgress`] once per cell. A cell names an endpoint and hands over
//! a [`Request`]; `pipeline` says in order what happens to it. This crate does not
//! know WebAssembly, and nothing outside of it opens a socket or reads a secret:
//! both take an [`Authority`] that only this crate can make. [`fetch`] gets components
//! for a person, through the same door.
//!
//! What cannot happen, whatever a guest writes:
//! - a request to another origin, path, method or query parameter than granted;
//! - a header that says who is asking, whom, or how the message is framed;
//! - a redirect that is followed, or a proxy that the environment names;
//! - a connection to an address that is not public, unless a person allowed it;
//! - a credential in a guest's hands, even where the provider echoes it;
//! - anything without an [`AuditRecord`].

#![forbid(unsafe_code)]

mod address;
mod ahead;
mod arrival;
pub mod audit;
mod authority;
mod body;
mod client;
mod connect;
mod credential;
mod endpoint;
mod error;
mod exchange;
pub mod fetch;
#[cfg(fuzzing)]
pub mod fuzzing;
mod header;
mod identity;
pub mod limits;
mod path;
mod pipeline;
mod provider;
mod proxy;
mod resolve;
mod scrub;
pub mod service;
mod tls;

pub use audit::{AuditRecord, AuditSink, Decision, JsonlAudit, LogOptions, MemoryAudit, OnFailure};
pub use authority::Authority;
pub use body::Response;
pub use credential::{Seal, SecretError, SecretSource, Watchword};
pub use endpoint::EndpointSpec;
pub use error::{EgressError, ErrorKind, Rule, SetupError};
pub use identity::{Clock, IdentitySource, Presence, SystemClock};
pub use limits::Limits;
pub use pipeline::{Request, Sending};
pub use provider::{
    CellEgress, Egress, EgressBuilder, EndpointId, ProviderEgress, ProviderSpec, Refusal,
};
pub use proxy::Proxy;
pub use resolve::{Resolution, Resolve, SystemResolver};
pub use tls::Roots;

/// How egress introduces itself to providers.
const USER_AGENT: &str = concat!("hotcell/", env!("CARGO_PKG_VERSION"));
