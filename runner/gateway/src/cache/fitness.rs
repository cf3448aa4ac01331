//! Which chats may be answered with what was answered before.

use hotcell::types::{ChatRequest, MediaSource, Part, Tool, ToolResultPart};
use hotcell_dialects::Dialect;
use serde_json::{Map, Value};

/// Members of any dialect that ask for more than an answer, or for one that what is not in the
/// request decides: what was said before, what is found in the web, and other servers.
const ELSEWHERE: [&str; 6] = [
    "background",
    "container",
    "conversation",
    "mcp_servers",
    "previous_response_id",
    "web_search_options",
];

/// Whether an answer depends on nothing but the request, and does nothing but answer.
///
/// Tools of the provider's own look at the world, or change it; a client's own functions are
/// called by the client, which is asked to again. What an address leads to may be another thing
/// tomorrow. What is stored at the provider has an id there, which no two answers share.
pub(crate) fn is_fit(request: &ChatRequest, dialect: Dialect) -> bool {
    let has_native_tool = request.tools.iter().any(|tool| matches!(tool, Tool::Native(_)));
    let mut parts = request.messages.iter().flat_map(|message| &message.parts);
    !has_native_tool && !parts.any(is_of_an_address) && asks_for_nothing_else(request, dialect)
}

fn is_of_an_address(part: &Part) -> bool {
    let is_address = |source: &MediaSource| matches!(source, MediaSource::Url(_));
    match part {
        Part::Media(media) => is_address(&media.source),
        Part::ToolResult(result) => result
            .content
            .iter()
            .any(|part| matches!(part, ToolResultPart::Media(media) if is_address(&media.source))),
        _ => false,
    }
}

fn asks_for_nothing_else(request: &ChatRequest, dialect: Dialect) -> bool {
    let extra = request.extra.as_ref().map(|extra| serde_json::from_str(&extra.value));
    let extra: Map<String, Value> = match extra.transpose() {
        Ok(extra) => extra.unwrap_or_default(),
        Err(_) => return false,
    };
    let is_said = |name: &str| {
        extra.get(name).is_some_and(|value| !value.is_null() && *value != Value::Bool(false))
    };
    let stored = match dialect {
        // Here it is, unless the client says that it should not be.
        Dialect::OpenAiResponses => extra.get("store") != Some(&Value::Bool(false)),
        _ => is_said("store"),
    };
    // A prompt that lies at the provider, and may be changed there.
    let has_prompt = dialect == Dialect::OpenAiResponses && is_said("prompt");
    !stored && !has_prompt && !ELSEWHERE.iter().any(|name| is_said(name))
}
