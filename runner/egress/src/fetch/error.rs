//! Why something was not fetched, without a word of a secret.

use super::Place;
use crate::error::{EgressError, ErrorKind};
use http::StatusCode;
use thiserror::Error;

/// Why something was not fetched, and what can be done.
#[derive(Clone, Debug, Error)]
#[error("{message}")]
pub struct FetchError {
    /// What kind of thing went wrong.
    pub kind: FetchErrorKind,
    /// What happened, for a person. It may repeat what a server said.
    pub message: String,
    /// The next step, where there is one.
    pub help: Option<String>,
}

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchErrorKind {
    /// The address or the reference, as it was written.
    Source,
    /// It would lead where nobody said that it may.
    Denied,
    /// A credential that is missing or not taken.
    Authentication,
    /// There is nothing.
    NotFound,
    /// Another digest, size or layout than it has to have.
    Mismatch,
    /// More than anything of its kind has.
    TooLarge,
    /// Name, route, TLS, or a connection that broke.
    Unreachable,
    /// The server failed, or answered with what is not HTTP.
    Server,
    /// A time limit ran out.
    TimedOut,
    /// Egress itself cannot go on.
    Internal,
}

impl FetchError {
    /// With the next step that follows from its kind.
    pub(super) fn new(kind: FetchErrorKind, message: impl Into<String>) -> Self {
        let help = match kind {
            FetchErrorKind::Denied => {
                "components are fetched by https:// from public addresses; those of your own \
                 network are permitted by `--allow-private`, and metadata services by nothing"
            }
            FetchErrorKind::Authentication => {
                "`--credential SOURCE` says where a registry's USER:PASSWORD is"
            }
            FetchErrorKind::NotFound => "look whether the address is right",
            FetchErrorKind::Mismatch | FetchErrorKind::TooLarge => {
                "nothing of it was taken; ask whoever publishes it"
            }
            FetchErrorKind::Unreachable => {
                "look whether the address is right; `[proxy]` in the configuration names a proxy"
            }
            FetchErrorKind::Server | FetchErrorKind::TimedOut => "try again later",
            FetchErrorKind::Source | FetchErrorKind::Internal => "",
        };
        let help = Some(help).filter(|help| !help.is_empty()).map(str::to_owned);
        Self { kind, message: message.into(), help }
    }

    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// An answer that is not what was asked for.
    pub(super) fn status(place: &Place, status: StatusCode) -> Self {
        let kind = match status.as_u16() {
            401 | 403 => FetchErrorKind::Authentication,
            404 | 410 => FetchErrorKind::NotFound,
            _ => FetchErrorKind::Server,
        };
        Self::new(kind, format!("{place} answers with status {}", status.as_u16()))
    }
}

impl From<EgressError> for FetchError {
    fn from(error: EgressError) -> Self {
        let kind = match error.kind {
            ErrorKind::Denied => FetchErrorKind::Denied,
            ErrorKind::Authentication => FetchErrorKind::Authentication,
            ErrorKind::Unreachable => FetchErrorKind::Unreachable,
            ErrorKind::TimedOut => FetchErrorKind::TimedOut,
            ErrorKind::TooLarge => FetchErrorKind::TooLarge,
            ErrorKind::MalformedResponse => FetchErrorKind::Server,
            ErrorKind::Internal => FetchErrorKind::Internal,
        };
        Self::new(kind, error.message)
    }
}
