//! What failures mean for whoever called: one table for retry, HTTP status and
//! exit code, used by the library, the command line and the gateway.

use crate::interface::Interface;
use crate::setup::SetupError;
use crate::types::{Failure, FailureKind, Native};
use std::fmt;
use std::sync::Arc;

/// What follows from a kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// The kind's name, as it stands in JSON.
    pub name: &'static str,
    /// Whether the same request to the same provider can work a moment later.
    pub retry: bool,
    /// Whether another provider or model may do better.
    pub fallback: bool,
    /// The HTTP status that a gateway answers with.
    pub http_status: u16,
    /// The exit code of the command line.
    pub exit_code: u8,
}

/// The table.
pub const fn consequence(kind: FailureKind) -> Consequence {
    const fn row(
        name: &'static str,
        retry: bool,
        fallback: bool,
        http_status: u16,
        exit_code: u8,
    ) -> Consequence {
        Consequence { name, retry, fallback, http_status, exit_code }
    }
    match kind {
        FailureKind::InvalidRequest => row("invalid-request", false, false, 400, 3),
        FailureKind::Unsupported => row("unsupported", false, true, 400, 3),
        FailureKind::NotFound => row("not-found", false, true, 404, 3),
        FailureKind::TooLarge => row("too-large", false, true, 413, 3),
        FailureKind::Authentication => row("authentication", false, true, 401, 4),
        FailureKind::Permission => row("permission", false, true, 403, 4),
        FailureKind::Denied => row("denied", false, false, 403, 5),
        FailureKind::RateLimited => row("rate-limited", true, true, 429, 6),
        FailureKind::QuotaExhausted => row("quota-exhausted", false, true, 429, 6),
        FailureKind::ProviderError => row("provider-error", true, true, 502, 7),
        FailureKind::Overloaded => row("overloaded", true, true, 503, 7),
        FailureKind::Unreachable => row("unreachable", true, true, 502, 7),
        FailureKind::MalformedResponse => row("malformed-response", true, true, 502, 7),
        FailureKind::ContentFiltered => row("content-filtered", false, true, 400, 8),
        FailureKind::TimedOut => row("timed-out", true, true, 504, 9),
        FailureKind::Cancelled => row("cancelled", false, false, 499, 130),
        FailureKind::Internal => row("internal", false, false, 500, 70),
    }
}

/// Why a call did not work: what the adapter or the provider said, and where.
///
/// Never holds a credential: what came from a provider was scrubbed on its way.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Error {
    /// What happened, in the vocabulary of the wall.
    pub failure: Failure,
    /// The provider that was asked, as configured.
    pub provider: Option<String>,
    /// The request's id in the audit log.
    pub request_id: Option<String>,
    /// What the provider told beside it in headers, as [`Answer::headers`](crate::Answer::headers)
    /// has them.
    pub headers: Vec<(String, String)>,
    /// What the caller can do about it.
    pub help: Option<String>,
    /// Why the provider could not be set up, where that was it: then nothing was
    /// asked of anybody.
    pub setup: Option<Arc<SetupError>>,
    /// The interface that the provider's adapter does not have, where that was it: then, too,
    /// nothing was asked of anybody.
    pub lacks: Option<Interface>,
}

impl Error {
    /// An error of the runner's own.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Failure::new(kind, message).into()
    }

    /// Adds what the caller can do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The kind of failure.
    pub fn kind(&self) -> FailureKind {
        self.failure.kind
    }

    /// What follows from it.
    pub fn consequence(&self) -> Consequence {
        consequence(self.failure.kind)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(provider) = &self.provider {
            write!(f, "{provider}: ")?;
        }
        f.write_str(&self.failure.message)?;
        let details = [
            self.failure.status.map(|status| format!("status {status}")),
            self.failure.code.as_ref().map(|code| format!("code {code}")),
            self.failure.param.as_ref().map(|param| format!("parameter {param}")),
            self.failure.request_id.as_ref().map(|id| format!("request {id}")),
        ];
        let details: Vec<String> = details.into_iter().flatten().collect();
        if !details.is_empty() {
            write!(f, " ({})", details.join(", "))?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            provider: None,
            request_id: None,
            headers: Vec::new(),
            help: None,
            setup: None,
            lacks: None,
        }
    }
}

impl From<SetupError> for Error {
    fn from(error: SetupError) -> Self {
        let failure = Failure::new(error.kind(), error.to_string());
        Self { setup: Some(Arc::new(error)), ..failure.into() }
    }
}

impl Failure {
    /// A failure with a kind and a sentence for a person.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            status: None,
            code: None,
            param: None,
            request_id: None,
            retry_after_ms: None,
            raw: None::<Native>,
        }
    }
}
