//! The protocols of Amazon Bedrock
//! (<https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html>).
//!
//! A library without exports, so that several adapters can build on it. [`converse`] asks by
//! Converse and ConverseStream
//! (<https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>),
//! [`invoke_nova`] a model of Nova's by InvokeModel in nearly the same words; [`embed`] and
//! [`models`] do what their names say. For a maker's own words [`invoke`] hands a
//! body to a model, [`Answer`] takes an answer out of the frames that it comes in, [`Chunks`] a
//! maker's words out of those, [`error`]
//! reads what comes in the place of one, and [`json`] reads and writes bodies as the text that
//! they are.
//!
//! A model is named by its id, by an inference profile or by an ARN, whose slashes are
//! percent-encoded in the path. `converse/` and `invoke/` before it are taken away.
//!
//! # Requests
//!
//! A request whose `extra` is tagged `bedrock-converse`, be it `{}`, is one of this
//! dialect: it becomes what its client wrote, and nothing is added, merged, moved or left
//! out. Any other request gets what the protocol demands, as the table says. *Warned*
//! means that the first events of the answer say so. What only some models take depends on
//! the model's [maker](family::Family), told by its id or by the setting `family`.
//!
//! | of a request | becomes |
//! | --- | --- |
//! | system and developer messages | `system`. One in the middle of the conversation moves there, warned; with `role` in the `extra` of its message it keeps its place |
//! | user, assistant and tool messages | turns of `user` and `assistant`; neighbours of one role are merged, results of tools come first in a turn, blank text is dropped. Where the assistant would be first, a turn of the user is put before it, warned |
//! | name of a participant | warned |
//! | end of an answer to be continued | without white space, warned |
//! | image, video, audio, document: bytes, `data:` URL, `s3://` URL | `image`, `video`, `audio`, `document` with the provider's word for the format, told by the media type, the name or the first bytes; other formats and other URLs and file ids are refused as `unsupported` |
//! | name of a document | `name` in the characters that the provider takes, each once in a request; a turn with a document and without words gets some, warned |
//! | reasoning | `reasoningContent` with text and signature, or `redactedContent`, byte for byte; without a signature it is left out, warned |
//! | tool calls | `toolUse`, arguments byte for byte; none is `{}`; what is no object is wrapped as `{"INVALID_JSON": …}`, warned; a signature is left out, warned |
//! | ids of calls, names of tools | what the provider does not take is spelled anew, one for one; names are turned back in the answer |
//! | results of tools | `toolResult` with text, image, document, video; `status` where a tool failed, for the models that take it, else warned; one that says nothing says so in words |
//! | refusals | `text`: the model's own words |
//! | native parts and tools | as they are; those of another dialect are refused as `unsupported`; wrapped stream events are left out |
//! | functions | `toolSpec` with an `inputSchema` that has a type; `strict` for the models that take it, else warned |
//! | tool choice | `toolChoice` with `auto`, `any`, `tool`. `none` leaves the tools out, warned; where the conversation has calls the provider demands tools, so that it is said in words, warned |
//! | no parallel calls | for Claude its own field `tool_choice`; else warned |
//! | cache hints | a `cachePoint` behind: for Claude and Nova, and behind tools for Claude; `long` is a `ttl` of `1h` for Claude; else warned |
//! | schema for the answer | `outputConfig.textFormat` |
//! | JSON without a schema | a sentence at the end of `system`, warned |
//! | limit on output, temperature, top-p, stop | `inferenceConfig`; a temperature above 1 becomes 1, warned |
//! | top-k | `top_k` (Claude, Mistral), `k` (Cohere), `inferenceConfig.topK` (Nova) among `additionalModelRequestFields`; else warned |
//! | seed, penalties | fields of Cohere's; else warned |
//! | several choices, log probabilities | warned |
//! | reasoning options | Claude: `thinking` with a budget, or `adaptive` with `outputConfig.effort`, by its version or the setting `thinking`; Nova 2: `reasoningConfig`; OpenAI's models: `reasoning_effort`; else warned |
//! | settings `anthropic-beta`, `betas` of anthropic-messages | `anthropic_beta`, for Claude |
//! | settings `guardrail-id`, `guardrail-version` | `guardrailConfig`, where the request has none itself |
//! | `extra` of this dialect, at every level | merged into the object; wins over what the adapter would write |
//! | `extra` of another dialect | warned, by the name of each member, unless a typed field says the same |
//!
//! # Answers
//!
//! Streams and whole answers are read whichever was asked for. The `index` of an event is
//! that of the provider's block.
//!
//! | of an answer | becomes |
//! | --- | --- |
//! | `text`, `reasoningContent` | `text`; `reasoning`, `signature`, `redacted-reasoning`; a block that says nothing gives one empty piece |
//! | `citationsContent`, citations in a stream | `text`, and `citation` in the provider's words |
//! | `toolUse` | `tool-call-started` and `tool-call-arguments`, byte for byte |
//! | `image` with bytes | `media` |
//! | calls of the provider's own tools (`server_tool_use`), their results, every other block | `native`, whole, at its end: ready to be sent back |
//! | unknown events and deltas | `native`: `{"event": …}` around the event as it was sent |
//! | `stopReason` | `finished`, once the figures are in: `end_turn`, `stop_sequence` → stop (tool-calls, where there are some); `tool_use` → tool-calls; `max_tokens`, `model_context_window_exceeded` → length; `guardrail_intervened`, `content_filtered` → content-filter; else other |
//! | metrics, trace, service tier, `additionalModelResponseFields` and other members | `finished.extra` |
//! | `usage` | `usage`; `input` includes what was read from and written to the cache, `raw` keeps the provider's own counts |
//! | the padding `p` | nothing |
//! | exceptions, in a stream or in the place of an answer | a failure by the exception's name, with request id, code and body |
//! | an end without `messageStop`, a frame with a wrong checksum | `malformed-response` |
//!
//! # Embeddings
//!
//! Titan takes one text in a call and Cohere 96, so that many texts become several calls:
//! the provider's limit `calls` bounds them. `task` is Cohere's `input_type`, and
//! `search_document` where none is given. Vectors that are no floats are refused.

#![deny(unsafe_code)]

mod answer;
mod assembly;
mod block;
mod chunks;
mod conversation;
mod converse;
mod embeddings;
mod family;
mod media;
mod models;
mod naming;
mod nova;
mod open;
mod reasoning;
mod request;
mod tool;
mod translation;
mod whole;

pub mod error;
pub mod json;

pub use answer::Answer;
pub use chunks::Chunks;
pub use converse::{Conversed, converse};
pub use embeddings::embed;
pub use models::models;
pub use nova::{Invoked, invoke_nova};

use hotcell_sdk::{Endpoint, Failure, Response, percent_encode, setting};

/// The dialect of what is asked by Converse, and of its answers.
pub(crate) const DIALECT: &str = "bedrock-converse";

/// The path of an operation of a model: its name is one segment, whatever it holds.
pub(crate) fn model_path(model: &str, operation: &str) -> String {
    let strip = |before| model.strip_prefix(before);
    let mut path = String::from("/model/");
    percent_encode(&mut path, strip("converse/").or_else(|| strip("invoke/")).unwrap_or(model));
    path.push('/');
    path.push_str(operation);
    path
}

/// Hands a body to a model by InvokeModel, or InvokeModelWithResponseStream
/// (<https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html>),
/// with the guardrail of the settings `guardrail-id` and `guardrail-version`.
///
/// # Errors
/// What egress refuses, and what the provider says against the request; its body is told as
/// one of `dialect`.
pub fn invoke(
    model: &str,
    stream: bool,
    body: Vec<u8>,
    dialect: &str,
) -> Result<Response, Failure> {
    let (operation, accept) = match stream {
        true => ("invoke-with-response-stream", "application/vnd.amazon.eventstream"),
        false => ("invoke", "application/json"),
    };
    let endpoint = Endpoint::named("api")?;
    let mut builder = endpoint.post(model_path(model, operation));
    builder = builder.header("accept", accept).header("content-type", "application/json");
    if let Some(id) = setting("guardrail-id").filter(|id| !id.is_empty()) {
        let version = setting("guardrail-version").unwrap_or_else(|| "DRAFT".to_owned());
        builder = builder.header("x-amzn-bedrock-guardrailidentifier", id);
        builder = builder.header("x-amzn-bedrock-guardrailversion", version);
    }
    let response = builder.body(body).send()?;
    match response.status() {
        ..300 => Ok(response),
        _ => Err(error::of_response(&response, dialect)),
    }
}

/// What stands before and behind a word, where it stands in a text.
///
/// The standard library's own search is quick in long texts, and 5 kB of each component.
#[inline(never)]
pub fn parted<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let at = text.as_bytes().windows(word.len().max(1)).position(|it| it == word.as_bytes())?;
    // A word begins and ends where letters do.
    Some((text.get(..at)?, text.get(at + word.len()..)?))
}
