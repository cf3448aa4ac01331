//! What can go wrong, without a word of a secret.

use serde::Serialize;
use std::fmt;
use thiserror::Error;

/// The rule that refused a request. Its name stands in the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Rule {
    /// No endpoint of this name was granted.
    Endpoint,
    /// The path can be read in more than one way.
    PathForm,
    /// The grant has no such method and path.
    MethodAndPath,
    /// The grant has no such query parameter.
    Query,
    /// A header that no grant can give: who is asking, where to, how it is framed.
    HeaderFloor,
    /// The grant has no such header.
    Header,
    /// A header that is not HTTP.
    HeaderForm,
    /// The name resolves to an address that is not public.
    Address,
    /// A limit on calls, bytes or headers.
    Limit,
    /// The component imports what no cell has.
    Import,
    /// The component is not what a person agreed to, or no adapter at all.
    Component,
    /// Nobody signed the component of those who have to.
    Signature,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Endpoint => "endpoint",
            Self::PathForm => "path-form",
            Self::MethodAndPath => "method-and-path",
            Self::Query => "query",
            Self::HeaderFloor => "header-floor",
            Self::Header => "header",
            Self::HeaderForm => "header-form",
            Self::Address => "address",
            Self::Limit => "limit",
            Self::Import => "import",
            Self::Component => "component",
            Self::Signature => "signature",
        })
    }
}

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// A rule refused.
    Denied,
    /// There is no usable credential to add.
    Authentication,
    /// Name, route, TLS, or a connection that broke.
    Unreachable,
    /// A time limit ran out.
    TimedOut,
    /// A limit on bytes or headers was reached.
    TooLarge,
    /// What came back is not HTTP, or ends too early.
    MalformedResponse,
    /// Egress itself cannot go on, e.g. because the audit log cannot be written.
    Internal,
}

/// Why a request was not answered.
#[derive(Clone, Debug, Error)]
#[error("{message}")]
pub struct EgressError {
    /// What kind of thing went wrong.
    pub kind: ErrorKind,
    /// The rule, where one refused.
    pub rule: Option<Rule>,
    /// What happened, for a person.
    pub message: String,
}

impl EgressError {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, rule: None, message: message.into() }
    }

    pub(crate) fn denied(rule: Rule, message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Denied, rule: Some(rule), message: message.into() }
    }

    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::TooLarge, rule: Some(Rule::Limit), message: message.into() }
    }
}

/// Why a provider cannot be set up at all. Each names the way out.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum SetupError {
    /// A URL that is not a scheme, a host, an optional port and an optional path.
    #[error("endpoint `{endpoint}`: `{url}` {why}")]
    Url {
        /// The endpoint's name.
        endpoint: String,
        /// As configured.
        url: String,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// A manifest or configuration that asks for what no grant can give.
    #[error("endpoint `{endpoint}`: {why}")]
    Grant {
        /// The endpoint's name.
        endpoint: String,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// Certificates that cannot be read.
    #[error("TLS certificates: {0}")]
    Roots(String),
    /// A proxy's URL.
    #[error("proxy: {0}")]
    Proxy(String),
    /// A server that the gateway keeps its state at.
    #[error("{0}")]
    Service(String),
    /// An audit log that cannot be opened.
    #[error("audit log {file}: {why}")]
    Audit {
        /// The file.
        file: String,
        /// What the system said.
        why: String,
    },
}
