//! The parts that the mock plays for models of certain names.

use crate::body::End;
use std::time::Duration;

/// How long `slow` and `silent` wait. Longer than a test is patient, short enough
/// for a forgotten one to end.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// What a model's name asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Script {
    Ordinary,
    Status(u16),
    Quota,
    MidstreamError,
    Cut,
    Unterminated,
    Slow,
    Silent,
    Endless,
    Late,
    Garbage,
    Redirect,
    EchoKey,
    Markdown,
    ParallelTools,
    Reasoner,
    UnknownModel,
}

impl Script {
    pub(crate) fn of(model: &str) -> Self {
        match model {
            "error-quota" => Self::Quota,
            "error-midstream" => Self::MidstreamError,
            "cut" => Self::Cut,
            "unterminated" => Self::Unterminated,
            "slow" => Self::Slow,
            "silent" => Self::Silent,
            "endless" => Self::Endless,
            "late" => Self::Late,
            "garbage" => Self::Garbage,
            "redirect" => Self::Redirect,
            "echo-key" => Self::EchoKey,
            "markdown" => Self::Markdown,
            "parallel-tools" => Self::ParallelTools,
            "reasoner" => Self::Reasoner,
            _ if model.starts_with("unknown") || model.ends_with("typo") => Self::UnknownModel,
            _ => model
                .strip_prefix("error-")
                .and_then(|status| status.parse().ok())
                .filter(|status| (400..600).contains(status))
                .map_or(Self::Ordinary, Self::Status),
        }
    }

    /// How the body ends.
    pub(crate) fn end(self) -> End {
        match self {
            Self::Cut => End::Break,
            Self::Endless => End::Never,
            _ => End::Proper,
        }
    }

    /// The wait between two chunks, where the script knows better.
    pub(crate) fn gap(self, usual: Duration) -> Duration {
        if self == Self::Slow { LONG } else { usual }
    }

    /// How many events with content a stream has, where it does not come to its
    /// end.
    pub(crate) fn events(self) -> Option<usize> {
        match self {
            Self::Cut | Self::Unterminated | Self::MidstreamError => Some(3),
            Self::Endless => Some(1),
            _ => None,
        }
    }
}

/// A provider's error, before it is written in the provider's form.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    /// OpenAI's and Anthropic's words for the kind of error.
    pub(crate) kinds: (&'static str, &'static str),
    pub(crate) message: String,
    pub(crate) param: Option<String>,
    /// OpenAI's code.
    pub(crate) code: Option<&'static str>,
}

impl Refusal {
    /// The refusal that providers send with this status.
    pub(crate) fn of_status(status: u16) -> Self {
        let (kinds, code, message) = match status {
            401 => (
                ("invalid_request_error", "authentication_error"),
                Some("invalid_api_key"),
                "The credential is not valid.",
            ),
            403 => (
                ("invalid_request_error", "permission_error"),
                None,
                "The credential may not use this resource.",
            ),
            404 => (("invalid_request_error", "not_found_error"), None, "There is no such thing."),
            413 => (
                ("invalid_request_error", "request_too_large"),
                None,
                "The request is larger than the maximum.",
            ),
            429 => (
                ("requests", "rate_limit_error"),
                Some("rate_limit_exceeded"),
                "Rate limit reached for requests. Please try again in 7s.",
            ),
            503 => (
                ("service_unavailable_error", "overloaded_error"),
                None,
                "The model is overloaded.",
            ),
            529 => (("server_error", "overloaded_error"), None, "Overloaded"),
            400..500 => {
                (("invalid_request_error", "invalid_request_error"), None, "The request is wrong.")
            }
            _ => (
                ("server_error", "api_error"),
                None,
                "The server had an error while processing your request.",
            ),
        };
        Self { status, kinds, message: message.to_owned(), param: None, code }
    }

    pub(crate) fn quota() -> Self {
        Self {
            status: 429,
            kinds: ("insufficient_quota", "rate_limit_error"),
            message: "You exceeded your current quota, please check your plan and billing details."
                .to_owned(),
            param: None,
            code: Some("insufficient_quota"),
        }
    }

    pub(crate) fn invalid(param: &str, message: impl Into<String>) -> Self {
        let param = Some(param.to_owned());
        Self { message: message.into(), param, ..Self::of_status(400) }
    }

    pub(crate) fn unknown_model(model: &str) -> Self {
        Self {
            message: format!("The model `{model}` does not exist or you do not have access to it."),
            code: Some("model_not_found"),
            ..Self::of_status(404)
        }
    }
}
