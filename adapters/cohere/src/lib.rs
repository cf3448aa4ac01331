//! Adapter for Cohere's chat (<https://docs.cohere.com/reference/chat>), embeddings
//! (<https://docs.cohere.com/reference/embed>), rankings
//! (<https://docs.cohere.com/reference/rerank>) and models
//! (<https://docs.cohere.com/reference/list-models>), all but the last in version 2.
//!
//! # Requests
//!
//! A request whose `extra` is tagged `cohere-chat`, be it `{}`, is one of this dialect: it
//! becomes what its client wrote, and nothing is added, moved or left out. Any other
//! request becomes what the table says. *Warned* means that the first events of the answer
//! say so.
//!
//! | of a request | becomes |
//! | --- | --- |
//! | system and developer messages | one message `system` at the beginning; one from the middle of the conversation is moved there, warned |
//! | user, assistant and tool messages | messages in their order; empty text beside something else is dropped |
//! | name of a participant | warned |
//! | text | a string where it is alone and plain, else a part `text` |
//! | image: URL, bytes | `image_url`; PNG, JPEG, WebP and GIF, others are refused; a missing media type is told by the bytes, or refused as `invalid-request` |
//! | document of text: bytes, `data:` URL | an entry of `documents`, warned; in the result of a tool a part `document` |
//! | other documents, audio, video, ids of files | refused as `unsupported` |
//! | reasoning | a part `thinking`; in cipher it is left out, warned, and so is a signature |
//! | a plan for the use of tools | `tool_plan`: a native part `{"tool_plan": …}`, or reasoning with this in its `extra` |
//! | tool calls | `tool_calls`; no arguments are `{}`; a signature is left out, warned |
//! | results of tools | messages `tool`; images in them are given as the user's, warned; the mark of an error is warned |
//! | refusals | `text`: the model's own words |
//! | native parts and tools | as they are; those of another dialect are refused as `unsupported`, in an earlier answer left out, warned; wrapped stream events are left out |
//! | functions | `tools`, with an empty schema where there is none |
//! | strict functions | `strict_tools`, where all are; where only some are, warned |
//! | tool choice | `NONE`, `REQUIRED`; of a named function only that one is offered and required, warned |
//! | one call at a time | warned |
//! | JSON, with a schema or without | `response_format` of the type `json_object`; a schema's name and strictness have no word, its description is warned |
//! | reasoning options | `thinking`: a budget is `token_budget`, an effort only switches it on, warned; `none` and 0 are `disabled` |
//! | limit on output, temperature, stop | `max_tokens`, `temperature`, `stop_sequences` |
//! | top-p, penalties | `p`, `frequency_penalty`, `presence_penalty`; what is out of the provider's range becomes the nearest that is in it, warned |
//! | top-k, seed | `k`, `seed`; a negative seed becomes a number without a sign |
//! | log probabilities | `logprobs`; alternatives are warned |
//! | several choices | warned |
//! | cache hints | nothing: the provider caches by itself |
//! | `extra` of this dialect, at every level | merged into the object; wins over what the adapter would write |
//! | `extra` of another dialect | warned, by the name of each member, save for other spellings of what is said above |
//!
//! Texts for vectors go in calls of 96, in order. Their purpose is `input_type`; where none
//! is named it is `search_document`, with a line in the log. Records that are to be ranked
//! become text, one line for each field.
//!
//! # Answers
//!
//! Streams and whole answers are read whichever was asked for. Parts are numbered in the
//! order in which they begin.
//!
//! | of an answer | becomes |
//! | --- | --- |
//! | content `text`, `thinking` | `text`, `reasoning`; content that says nothing gives one empty piece |
//! | `tool_plan` | `native`: `{"tool_plan": …}`, whole, before the first call: ready to be sent back |
//! | tool calls | `tool-call-started` and `tool-call-arguments` |
//! | citations | `citation`, in the provider's words, at the text that they are about |
//! | `logprobs` | `logprobs`, in the provider's words |
//! | `finish_reason` | `finished`, once `message-end` is in: `COMPLETE`, `STOP_SEQUENCE` → stop; `MAX_TOKENS` → length; `TOOL_CALL` → tool-calls; `ERROR_TOXIC` → content-filter; else other; `ERROR` and `TIMEOUT` are failures |
//! | `usage` | `usage` by `tokens`, or else by `billed_units`; `input` includes images, `raw` keeps the provider's own |
//! | unknown events and members of events | `native`: `{"event": …}` around what was sent |
//! | an end without `message-end` | `malformed-response` |

#![deny(unsafe_code)]

mod content;
mod embeddings;
mod error;
mod media;
mod message;
mod models;
mod object;
mod request;
mod rerank;
mod result;
mod stream;
mod tool;
mod translation;
mod usage;

use hotcell_sdk::{
    Chat, ChatRequest, EmbedRequest, EmbedResponse, Embeddings, Endpoint, Failure, Model, Models,
    Reply, Rerank, RerankRequest, RerankResponse, export,
};
use stream::Assembly;

/// The adapter.
pub struct Cohere;

/// The dialect of chat requests and answers.
pub(crate) const DIALECT: &str = "cohere-chat";

impl Chat for Cohere {
    type Completion = Reply<Assembly>;

    fn complete(request: ChatRequest) -> Result<Reply<Assembly>, Failure> {
        let body = request::write(&request)?;
        Failure::where_strict(&body.warnings)?;
        let accept = if request.stream { "text/event-stream" } else { "application/json" };
        let endpoint = Endpoint::named("api")?;
        let builder = endpoint.post("/v2/chat").header("accept", accept);
        let response = builder.json(&body.json)?.send()?;
        if response.status() >= 300 {
            return Err(error::of_response(&response, DIALECT));
        }
        Reply::begin(response, Assembly::default(), body.warnings)
    }
}

impl Embeddings for Cohere {
    fn embed(request: EmbedRequest) -> Result<EmbedResponse, Failure> {
        embeddings::embed(&request)
    }
}

impl Rerank for Cohere {
    fn rerank(request: RerankRequest) -> Result<RerankResponse, Failure> {
        rerank::rerank(&request)
    }
}

impl Models for Cohere {
    fn list_models() -> Result<Vec<Model>, Failure> {
        models::list()
    }
}

export!(Cohere: chat, embeddings, models, rerank);
