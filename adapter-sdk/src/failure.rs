//! What failures mean, the same for every provider.

use crate::wall::Header;
use crate::{Failure, FailureKind, Native};

pub(crate) fn new(kind: FailureKind, message: impl Into<String>) -> Failure {
    Failure::new(kind, message)
}

pub(crate) fn malformed(message: &str, error: Option<&dyn std::fmt::Display>) -> Failure {
    let message = error.map_or_else(|| message.to_owned(), |error| format!("{message}: {error}"));
    Failure::new(FailureKind::MalformedResponse, message)
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
            raw: None,
        }
    }

    /// The request has something that this provider's protocol cannot say.
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::new(FailureKind::Unsupported, what)
    }

    /// The provider's bytes are not its own protocol, or end too early.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(FailureKind::MalformedResponse, message)
    }

    /// The failure that an HTTP status stands for, with the request id and the
    /// waiting time that the usual headers give.
    pub fn from_status(status: u16, message: &str, headers: &[Header]) -> Self {
        let header = |names: &[&str]| {
            let found = headers.iter().find(|header| names.contains(&header.name.as_str()));
            found.map(|header| header.value.clone())
        };
        let retry_after_ms = header(&["retry-after-ms"])
            .and_then(|value| value.parse::<f64>().ok())
            .or_else(|| {
                let seconds = header(&["retry-after"])?.parse::<f64>().ok()?;
                Some(seconds * 1000.0)
            })
            .filter(|ms| ms.is_finite() && *ms >= 0.0)
            .map(|ms| ms as u64);
        let message = if message.is_empty() {
            format!("the provider answered with status {status}")
        } else {
            message.to_owned()
        };
        Self {
            status: Some(status),
            request_id: header(&["x-request-id", "request-id", "x-amzn-requestid", "cf-ray"]),
            retry_after_ms,
            ..Self::new(kind_of_status(status), message)
        }
    }

    /// Adds the provider's own code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Adds the provider's whole error body.
    #[must_use]
    pub fn with_raw(mut self, dialect: &str, value: impl Into<String>) -> Self {
        self.raw = Some(Native { dialect: dialect.to_owned(), value: value.into() });
        self
    }
}

/// The usual meaning of a status of 300 and above.
fn kind_of_status(status: u16) -> FailureKind {
    match status {
        401 => FailureKind::Authentication,
        402 => FailureKind::QuotaExhausted,
        403 => FailureKind::Permission,
        404 | 410 => FailureKind::NotFound,
        408 | 504 => FailureKind::TimedOut,
        413 => FailureKind::TooLarge,
        429 => FailureKind::RateLimited,
        503 | 529 => FailureKind::Overloaded,
        400..=499 => FailureKind::InvalidRequest,
        500..=599 => FailureKind::ProviderError,
        // A redirect is not followed, and nothing else belongs here.
        _ => FailureKind::MalformedResponse,
    }
}
