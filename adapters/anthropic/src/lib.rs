//! Adapter for Anthropic messages (<https://docs.anthropic.com/en/api/messages>) and
//! models.
//!
//! | of a request | becomes |
//! | --- | --- |
//! | system and developer messages | `system`; one in the middle moves there, with a warning |
//! | text, images, documents | blocks; audio and video are refused |
//! | reasoning | `thinking` and `redacted_thinking`, byte for byte; unsigned reasoning is left out, with a warning |
//! | tool calls and results | `tool_use` and `tool_result` |
//! | cache hints | `cache_control` |
//! | a schema for the answer | `output_config.format`; a JSON object without a schema is refused |
//! | reasoning budget, effort | `thinking`, `output_config.effort` |
//! | several choices, log probabilities | refused |
//! | seed, penalties | left out, with a warning |

#![deny(unsafe_code)]

mod answer;
mod block;
mod error;
mod message;
mod models;
mod request;
mod stream;
mod usage;

use hotcell_sdk::{Chat, ChatRequest, Endpoint, Failure, Model, Models, RequestBuilder};
use hotcell_sdk::{export, setting};

/// The adapter.
pub struct Anthropic;

/// The dialect of requests and answers.
pub(crate) const DIALECT: &str = "anthropic-messages";

impl Chat for Anthropic {
    type Completion = answer::Answer;

    fn complete(request: ChatRequest) -> Result<answer::Answer, Failure> {
        let body = request::write(&request)?;
        let accept = if request.stream { "text/event-stream" } else { "application/json" };
        let endpoint = Endpoint::named("api")?;
        let builder = with_version(endpoint.post("/messages")).header("accept", accept);
        let response = builder.json(&body.members)?.send()?;
        if response.status() >= 300 {
            return Err(error::of_response(&response));
        }
        Ok(answer::Answer::new(response, body.warnings))
    }
}

impl Models for Anthropic {
    fn list_models() -> Result<Vec<Model>, Failure> {
        models::list()
    }
}

/// Adds the headers that say which API is spoken.
pub(crate) fn with_version(builder: RequestBuilder<'_>) -> RequestBuilder<'_> {
    let version = setting("version").unwrap_or_else(|| "2023-06-01".to_owned());
    let builder = builder.header("anthropic-version", version);
    match setting("beta") {
        Some(beta) => builder.header("anthropic-beta", beta),
        None => builder,
    }
}

export!(Anthropic: chat, models);
