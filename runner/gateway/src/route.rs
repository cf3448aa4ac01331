//! Which endpoint a method and a path are.

use hotcell_dialects::Dialect;
use http::Method;

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// A chat answer, in this dialect.
    Chat(Dialect),
    /// The gateway lives.
    Live,
    /// The gateway takes requests.
    Ready,
}

/// Why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// No such path.
    Path,
    /// The path is there, for this method alone.
    Method(&'static str),
}

/// Finds the endpoint; with and without `/v1`.
pub(crate) fn find(method: &Method, path: &str) -> Result<Endpoint, Lost> {
    let short = path.strip_prefix("/v1").unwrap_or(path);
    let (wanted, endpoint) = match short {
        "/chat/completions" => (Method::POST, Endpoint::Chat(Dialect::OpenAiChat)),
        "/completions" => (Method::POST, Endpoint::Chat(Dialect::OpenAiCompletions)),
        "/responses" => (Method::POST, Endpoint::Chat(Dialect::OpenAiResponses)),
        "/messages" => (Method::POST, Endpoint::Chat(Dialect::AnthropicMessages)),
        "/health/live" => (Method::GET, Endpoint::Live),
        "/health/ready" => (Method::GET, Endpoint::Ready),
        _ => return Err(Lost::Path),
    };
    match *method == wanted {
        true => Ok(endpoint),
        false if wanted == Method::GET => Err(Lost::Method("GET")),
        false => Err(Lost::Method("POST")),
    }
}

impl Endpoint {
    /// The dialect of its errors.
    pub(crate) fn voice(&self) -> Dialect {
        match self {
            Self::Chat(dialect) => *dialect,
            Self::Live | Self::Ready => Dialect::OpenAiChat,
        }
    }

    /// Its name in logs and metrics.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Chat(Dialect::OpenAiChat) => "chat.completions",
            Self::Chat(Dialect::OpenAiCompletions) => "completions",
            Self::Chat(Dialect::OpenAiResponses) => "responses",
            Self::Chat(Dialect::AnthropicMessages) => "messages",
            Self::Chat(Dialect::Gemini) => "generate-content",
            Self::Live => "health.live",
            Self::Ready => "health.ready",
        }
    }
}
