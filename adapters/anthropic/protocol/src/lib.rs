//! The protocol of Anthropic's messages (<https://docs.anthropic.com/en/api/messages>).
//!
//! A library without exports, so that the adapters of all places that have it can build on
//! it: [`write`](fn@write) makes the body of a request, [`Assembly`] reads an answer, and
//! [`error`] what comes in its place.
//!
//! # Requests
//!
//! A request whose `extra` is tagged `anthropic-messages`, be it `{}`, is one of this
//! dialect: it becomes what its client wrote, and nothing is added, merged, moved or
//! left out. Any other request gets what the protocol demands and what other
//! protocols take for granted, as the table says. *Warned* means that the first events
//! of the answer say so.
//!
//! | of a request | becomes |
//! | --- | --- |
//! | system and developer messages | `system`: a string for one text, else a list of blocks. One in the middle of the conversation moves there, warned; with `role` in the `extra` of its message it keeps its place as a message |
//! | user, assistant and tool messages | turns of `user` and `assistant`; neighbours of one role are merged, results of tools come first in a turn, empty text is dropped |
//! | name of a participant | warned |
//! | text | a string where it is alone and plain, else a `text` block |
//! | image: URL, bytes, file id | `image` with source `url`, `base64`, `file`; a `data:` URL is `base64`; a missing media type is told by the bytes, or refused as `invalid-request` |
//! | document: URL, bytes, file id | `document` with source `url`, `base64` (PDF), `text` (all formats of text, as `text/plain`), `file`; other formats are refused as `unsupported`. Its name is the `title` |
//! | audio, video | refused as `unsupported` |
//! | file ids | also the beta feature that they need |
//! | reasoning | `thinking` or `redacted_thinking`, byte for byte; without this provider's signature it is left out, warned |
//! | tool calls | `tool_use`, arguments byte for byte; none is `{}`; what is no object is wrapped as `{"INVALID_JSON": …}`, warned; characters that ids may not have here become `_`; a signature is left out, warned |
//! | results of tools | `tool_result` with text, media, `is_error` |
//! | refusals | `text`: the model's own words |
//! | native parts and tools | as they are; those of another dialect are refused as `unsupported`; wrapped stream events are left out |
//! | functions | tools with `input_schema`, which gets `"type":"object"` where it has no type |
//! | tool choice, parallel calls | `tool_choice` with `auto`, `any`, `none`, `tool`, and `disable_parallel_tool_use`; nothing where there are no tools to choose from |
//! | cache hints | `cache_control`: `short` is `ephemeral`, `long` has `ttl` `1h` |
//! | schema for the answer | `output_config.format`; its name and strictness have no word, its description is warned |
//! | JSON without a schema | a sentence at the end of `system`, warned |
//! | reasoning options | by the model's name or the setting `thinking`: up to 4.5 `thinking` with a budget (an effort becomes one that leaves room for the answer), 4.6 budget or effort, later `adaptive` and `output_config.effort` (a budget is warned); effort `none` and budget 0 are `disabled`; `include-text` is `display` |
//! | limit on output | `max_tokens`; where there is none the setting `default-max-tokens`, plus the budget for reasoning |
//! | temperature | as it is; above 1 it becomes 1, warned |
//! | top-p, top-k, stop | `top_p`, `top_k`, `stop_sequences` |
//! | several choices, log probabilities, seed, penalties | warned |
//! | `extra` of this dialect, at every level | merged into the object; wins over what the adapter would write |
//! | `extra` of another dialect | warned, by the name of each member |
//!
//! One member of the request's `extra` is not sent: `betas`, a list of strings, joins
//! the setting `anthropic-beta` in the header of this name, as the provider's own
//! libraries do it.
//!
//! What of it is told elsewhere depends on the [`Platform`]: on Vertex AI and Amazon Bedrock
//! the model stands in the path and `anthropic_version` in the body, and on Bedrock the beta
//! features stand in the body too, whether to stream is told by the path, and images and
//! documents are taken by their bytes alone.
//!
//! # Answers
//!
//! Streams and whole answers are read whichever was asked for. The `index` of an event
//! is that of the provider's block.
//!
//! | of an answer | becomes |
//! | --- | --- |
//! | `text`, `thinking`, `redacted_thinking` | `text`, `reasoning` and `signature`, `redacted-reasoning`; a block that says nothing gives one empty piece |
//! | citations | `citation`, in the provider's words |
//! | `tool_use` | `tool-call-started` and `tool-call-arguments`, byte for byte; an input that is there from the start is told at the end of its block unless deltas brought it |
//! | every other block | `native`, whole, at its end: ready to be sent back |
//! | unknown events, deltas, members of both | `native`: `{"event": …}` around the event as it was sent |
//! | `stop_reason` | `finished`, once `message_stop` is in: `end_turn`, `stop_sequence` → stop; `max_tokens`, `model_context_window_exceeded` → length; `tool_use` → tool-calls; `refusal` → refusal; `pause_turn`, `compaction` → pause; else other |
//! | `stop_sequence`, `stop_details`, what comes with `message_delta` | `finished.extra` |
//! | other members of the message | `started.extra` |
//! | `usage` | `usage`: every report so far added up; `input` includes what was read from and written to the cache, `raw` keeps the provider's own counts |
//! | `ping` | nothing |
//! | `error`, in a stream or in the place of an answer | a failure by the error's type, with request id, code and body |
//! | an end without `message_stop` | `malformed-response` |

#![deny(unsafe_code)]

mod block;
mod conversation;
mod media;
mod message;
mod models;
mod reasoning;
mod request;
mod schema;
mod stream;
mod tool;
mod translation;
mod usage;
mod wire;
mod writer;

pub mod error;

pub use models::models;
pub use request::{Outgoing, write};
pub use stream::Assembly;
pub use usage::read_count;

use hotcell_sdk::{Completion, Event, Failure, Reply, Response};

/// An answer that is still coming, as server-sent events or whole.
///
/// A type of its own, so that reading it is compiled here, once, and not again in the crate
/// of each adapter.
pub struct Answer(Reply<Assembly>);

impl Answer {
    /// Waits for the first event of a response that was accepted, or for the whole answer.
    /// Each warning becomes an event before it.
    ///
    /// # Errors
    /// As [`Reply::begin`].
    pub fn begin(response: Response, warnings: Vec<String>) -> Result<Self, Failure> {
        Reply::begin(response, Assembly::default(), warnings).map(Self)
    }
}

impl Completion for Answer {
    fn next(&mut self) -> Result<Option<Vec<Event>>, Failure> {
        self.0.next()
    }
}

/// The dialect of requests and answers.
pub const DIALECT: &str = "anthropic-messages";
/// Enough for a long answer, and within the reach of every model that is served.
const DEFAULT_MAX_TOKENS: u32 = 16_384;
/// What a request needs that names files.
const FILES_BETA: &str = "files-api-2025-04-14";

/// Where the protocol is had, which decides what stands in a body and what elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Platform {
    /// Anthropic's own API.
    #[default]
    Anthropic,
    /// Google's Vertex AI (<https://docs.anthropic.com/en/api/claude-on-vertex-ai>).
    Vertex,
    /// Amazon Bedrock's InvokeModel
    /// (<https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html>).
    Bedrock,
}

impl Platform {
    /// The version of the protocol, where a body says it.
    fn version(self) -> Option<&'static str> {
        match self {
            Self::Anthropic => None,
            Self::Vertex => Some("vertex-2023-10-16"),
            Self::Bedrock => Some("bedrock-2023-05-31"),
        }
    }
}
