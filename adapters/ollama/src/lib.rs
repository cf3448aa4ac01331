//! Adapter for Ollama's own protocol (<https://docs.ollama.com/api>): chat, completion of
//! a prompt, embeddings, and the models that are there. It pulls none.
//!
//! # Requests
//!
//! A request whose `extra` is tagged `ollama-chat`, be it `{}`, is one of this dialect: it
//! becomes what its client wrote. *Warned* means that the first events of the answer say
//! so.
//!
//! | of a request | becomes |
//! | --- | --- |
//! | system, developer, user, assistant messages | messages; `developer` is `system`. Roles may repeat, and stand anywhere |
//! | name of a participant | warned |
//! | text | `content`; several texts of one message with an empty line between them, of the assistant with nothing |
//! | image: bytes, data URL | `images`, which stand before the text of their message: one that comes after text begins a message of its own, warned |
//! | image: URL, file id; other media | refused as `unsupported` |
//! | reasoning | `thinking`; its signature or cipher is left out, warned |
//! | tool calls | `tool_calls` with `id`; arguments that are no object are wrapped as `{"INVALID_JSON": …}`, warned |
//! | results of tools | messages of the role `tool`, with `tool_name` (looked up where the result does not say) and `tool_call_id`; images too; the mark of an error is warned |
//! | refusals | `content`: the model's own words |
//! | native parts | members of the message; those of another dialect are refused, or left out of an earlier answer, warned |
//! | functions | `tools`; without parameters it has an object without properties; `strict` is warned |
//! | tool choice `none` | no tools, warned |
//! | tool choice `required`, or of one function | refused as `unsupported` |
//! | parallel calls switched off | warned |
//! | JSON, schema for the answer | `format`: `json`, or the schema, to which the answer is held in any case; its description is warned |
//! | effort of reasoning | `think`: the word itself, which the model has to know; `none` and a budget of 0 are `false` |
//! | budget of reasoning | `think`: `true`, and the number is warned; that thoughts should not be told is warned |
//! | limit on output, sampling, stop | `options`: `num_predict`, `temperature`, `top_p`, `top_k`, `seed`, `presence_penalty`, `frequency_penalty`, `stop` |
//! | several choices | warned |
//! | log probabilities | `logprobs`, `top_logprobs` |
//! | cache hints | nothing: Ollama caches by itself |
//! | `extra` of this dialect, at every level | merged, `options` member by member; wins |
//! | `extra` of another dialect | warned, by the name of each member that no typed field has carried over |
//!
//! Of settings, `num-ctx`, `keep-alive` and `truncate` add members to the requests of
//! clients of other dialects. With `mode` a request is a prompt that is completed: system
//! messages and user messages are its texts, and a conversation is refused.
//!
//! # Answers
//!
//! | of an answer | becomes |
//! | --- | --- |
//! | `message.content`, `response` | `text` |
//! | `message.thinking`, `thinking` | `reasoning` |
//! | `message.tool_calls` | `tool-call-started`, `tool-call-arguments`; a call without an id is numbered by its place |
//! | images | `media` |
//! | `logprobs` | `logprobs` |
//! | `done_reason` | `finished`, with the line that is `done`: `stop` → stop, or tool-calls where there were any; `length` → length; `load`, `unload` → other |
//! | `prompt_eval_count`, `eval_count` | `usage`, with the durations in `raw` |
//! | unknown members | `started.extra`, `finished.extra`; in between, and in messages, `native` |
//! | `error` | a failure, also in the middle of an answer |
//! | an end without a line that is `done` | `malformed-response` |

#![deny(unsafe_code)]

mod answer;
mod embeddings;
mod error;
mod image;
mod message;
mod models;
mod object;
mod piece;
mod prompt;
mod request;
mod time;
mod tool;

use answer::Assembly;
use hotcell_sdk::{Chat, ChatRequest, EmbedRequest, EmbedResponse, Embeddings, Endpoint};
use hotcell_sdk::{Failure, Model, Models, Reply, export};

/// The adapter.
pub struct Ollama;

/// The dialect of chat requests and answers.
pub(crate) const DIALECT: &str = "ollama-chat";

impl Chat for Ollama {
    type Completion = Reply<Assembly>;

    fn complete(request: ChatRequest) -> Result<Reply<Assembly>, Failure> {
        let outgoing = request::write(&request)?;
        Failure::where_strict(&outgoing.warnings)?;
        let endpoint = Endpoint::named("api")?;
        let accept = if request.stream { "application/x-ndjson" } else { "application/json" };
        let response = object::send(endpoint.post(outgoing.path), Some(outgoing.body), accept)?;
        Reply::begin(response, Assembly::default(), outgoing.warnings)
    }
}

impl Embeddings for Ollama {
    fn embed(request: EmbedRequest) -> Result<EmbedResponse, Failure> {
        embeddings::embed(&request)
    }
}

impl Models for Ollama {
    fn list_models() -> Result<Vec<Model>, Failure> {
        models::list()
    }
}

export!(Ollama: chat, embeddings, models);
