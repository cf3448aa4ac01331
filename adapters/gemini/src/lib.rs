//! Adapter for Gemini: content generation
//! (<https://ai.google.dev/api/generate-content>), embeddings, token counts and models,
//! of the Gemini API and of Vertex AI. In what the two differ is said by the setting
//! `platform`; where they are, by the manifests `gemini` and `vertex`.
//!
//! # Requests
//!
//! A request whose `extra` is tagged `gemini`, be it `{}`, is one of this dialect: it
//! becomes what its client wrote, and nothing is added, merged, moved or left out. Any
//! other request gets what the provider demands, as the table says. *Warned* means that
//! the first events of the answer say so.
//!
//! | of a request | becomes |
//! | --- | --- |
//! | system and developer messages | `systemInstruction`; one in the middle of the conversation moves there, warned; one that is all that there is is sent as the user's, warned |
//! | user, assistant and tool messages | contents of `user` and `model`; neighbours of one role are merged, empty ones dropped; results come first in a turn, in the order of the calls; before a model's turn that comes first stands one of the user's, warned |
//! | name of a participant | warned |
//! | text, refusals | `text`; empty text is dropped |
//! | media: bytes, `data:` URL | `inlineData`; a missing media type is told by the bytes, or refused as `unsupported` |
//! | media: URL | `fileData`, which the provider fetches: `https://` and `http://`, and `gs://` on Vertex AI; others are refused as `unsupported` |
//! | media: file id | `fileData` with the address of the file; refused on Vertex AI, which holds none |
//! | name of a file | warned |
//! | reasoning | with its signature, byte for byte; a signature without a thought goes to the text before it; without this provider's signature it is left out, warned |
//! | tool calls | `functionCall`, with the id that the provider gave, if it did, and the signature; arguments that are no object are wrapped as `{"INVALID_JSON": …}`, warned. For models from 3 on a first call without a signature gets the word that stands for none, warned |
//! | results of tools | `functionResponse` with the name of the call; a JSON object as it is, else `{"output": …}` or `{"error": …}`; media inside for models from 3 on, else behind it, warned |
//! | native parts and tools | as they are; those of another dialect are refused as `unsupported` |
//! | functions | one element of `tools`; their schemas, and that of the answer, as `schema.rs` tells: what cannot be said is warned of, with its place |
//! | tool choice | `AUTO`, `NONE`, `ANY`, `ANY` with `allowedFunctionNames`; `VALIDATED` where a tool is strict and the choice is the model's |
//! | one call at a time | warned |
//! | cache hints | nothing: the provider keeps prompts by itself. `cachedContent` is a member of `extra` |
//! | JSON, schema for the answer | `responseMimeType`, and `responseSchema` or `responseJsonSchema`; its name and strictness have no word |
//! | reasoning options | by the model's name or the setting `thinking`: 2.5 `thinkingBudget`, later `thinkingLevel` (or a budget, if only that is given); `include-text` is `includeThoughts`; what a model does not take becomes the nearest, warned |
//! | limit on output, temperature, top-p, top-k, penalties, choices, log probabilities | as they are |
//! | seed | as it is; one of more than 32 bits is warned |
//! | stop | `stopSequences`; more than five are refused as `unsupported` |
//! | `extra` of this dialect, at every level | merged into the object; wins over what the adapter would write, in either spelling of a name. That of a call or a result has what belongs into `functionCall` or `functionResponse` under this name |
//! | `extra` of another dialect | warned, by the name of each member |
//!
//! # Answers
//!
//! Streams, lists of chunks and whole answers are read whichever was asked for. Parts are
//! numbered as they begin; pieces of text, or of a thought, that follow one another are
//! one part.
//!
//! | of an answer | becomes |
//! | --- | --- |
//! | text, thoughts | `text`, `reasoning`; a signature closes them: that of text is one of a `reasoning` part of its own without words |
//! | `functionCall` | `tool-call-started` with its signature, and `tool-call-arguments`; where the provider gives no id, one is made of the answer's id and the place |
//! | `inlineData`, `fileData` | `media`; within a thought `native` |
//! | other parts (`executableCode`, `codeExecutionResult`, …) | `native`, whole: ready to be sent back |
//! | `groundingMetadata`, `citationMetadata`; `logprobsResult` | `citation`; `logprobs`: each `{NAME: …}` |
//! | `finishReason` | `finished` at the end of the stream, since more may follow one: `STOP` → stop, or tool-calls where there are some; `MAX_TOKENS` → length; what a policy stopped → content-filter; else other |
//! | `promptFeedback.blockReason` | an answer without words that ends with content-filter, and a warning |
//! | other members of a candidate | `finished.extra` |
//! | other members of the answer | `started.extra` |
//! | `usageMetadata` | `usage`: `input` has what the provider's tools gave to read too, `output` what was thought |
//! | `error`, in a stream, behind it or in the place of an answer | a failure by its status and details, with waiting time, code and body |
//! | an end without `finishReason` | `malformed-response` |

#![deny(unsafe_code)]

mod candidate;
mod config;
mod conversation;
mod embeddings;
mod error;
mod json;
mod media;
mod models;
mod part;
mod request;
mod schema;
mod stream;
mod thinking;
mod tokens;
mod tool;
mod translation;
mod usage;

use hotcell_sdk::{
    Chat, ChatRequest, EmbedRequest, EmbedResponse, Embeddings, Endpoint, Failure, Model, Models,
    Part, Reply, TokenCount, Tokens, export,
};
use stream::Assembly;

/// The adapter.
pub struct Gemini;

/// The dialect of requests and answers.
pub(crate) const DIALECT: &str = "gemini";

impl Chat for Gemini {
    type Completion = Reply<Assembly>;

    fn complete(request: ChatRequest) -> Result<Reply<Assembly>, Failure> {
        let outgoing = request::write(&request)?;
        Failure::where_strict(&outgoing.warnings)?;
        let endpoint = Endpoint::named("api")?;
        let builder = match request.stream {
            false => endpoint
                .post(request::path(&request.model, "generateContent"))
                .header("accept", "application/json"),
            true => endpoint
                .post(request::path(&request.model, "streamGenerateContent"))
                .query("alt", "sse")
                .header("accept", "text/event-stream"),
        };
        let builder = builder.header("content-type", "application/json");
        let response = error::checked(builder.body(outgoing.body.bytes()).send()?)?;
        let parts = request.messages.iter().flat_map(|message| &message.parts);
        let calls = parts.filter(|part| matches!(part, Part::ToolCall(_))).count();
        Reply::begin(response, Assembly::after(calls), outgoing.warnings)
    }
}

impl Embeddings for Gemini {
    fn embed(request: EmbedRequest) -> Result<EmbedResponse, Failure> {
        embeddings::embed(&request)
    }
}

impl Models for Gemini {
    fn list_models() -> Result<Vec<Model>, Failure> {
        models::list()
    }
}

impl Tokens for Gemini {
    fn count(request: ChatRequest) -> Result<TokenCount, Failure> {
        tokens::count(&request)
    }
}

export!(Gemini: chat, embeddings, models, tokens);
