//! Adapter for Amazon Bedrock: chat by Converse
//! (<https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>) and
//! ConverseStream, embeddings by InvokeModel, foundation models and inference profiles.
//!
//! A model is named by its id, by an inference profile or by an ARN, whose slashes are
//! percent-encoded in the path. `converse/` before it is taken away.
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

mod assembly;
mod block;
mod conversation;
mod embeddings;
mod family;
mod json;
mod media;
mod models;
mod naming;
mod open;
mod reasoning;
mod request;
mod tool;
mod translation;
mod whole;

use assembly::Assembly;
use hotcell_bedrock::{Answer, error};
use hotcell_sdk::{
    Chat, ChatRequest, EmbedRequest, EmbedResponse, Embeddings, Endpoint, Failure, Model, Models,
    export,
};

/// The adapter.
pub struct Bedrock;

/// The dialect of requests and answers.
pub(crate) const DIALECT: &str = "bedrock-converse";

impl Chat for Bedrock {
    type Completion = Answer<Assembly>;

    fn complete(request: ChatRequest) -> Result<Answer<Assembly>, Failure> {
        let outgoing = request::write(&request)?;
        Failure::where_strict(&outgoing.warnings)?;
        let (operation, accept) = match request.stream {
            true => ("converse-stream", "application/vnd.amazon.eventstream"),
            false => ("converse", "application/json"),
        };
        let endpoint = Endpoint::named("api")?;
        let builder = endpoint.post(model_path(&request.model, operation));
        let builder = builder.header("accept", accept).header("content-type", "application/json");
        let response = builder.body(outgoing.body).send()?;
        if response.status() >= 300 {
            return Err(error::of_response(&response, DIALECT));
        }
        let assembly = Assembly::new(outgoing.names, response.header("x-amzn-requestid"));
        Answer::begin(response, assembly, DIALECT, outgoing.warnings)
    }
}

impl Embeddings for Bedrock {
    fn embed(request: EmbedRequest) -> Result<EmbedResponse, Failure> {
        embeddings::embed(&request)
    }
}

impl Models for Bedrock {
    fn list_models() -> Result<Vec<Model>, Failure> {
        models::list()
    }
}

/// The path of an operation of a model: its name is one segment, whatever it holds.
pub(crate) fn model_path(model: &str, operation: &str) -> String {
    hotcell_bedrock::model_path(model.strip_prefix("converse/").unwrap_or(model), operation)
}

export!(Bedrock: chat, embeddings, models);
