//! Adapter for OpenAI responses
//! (<https://platform.openai.com/docs/api-reference/responses>), and for every provider
//! that speaks the same protocol.
//!
//! # Requests
//!
//! A request whose `extra` is tagged `openai-responses`, be it `{}`, is one of this
//! dialect: it becomes what its client wrote, and nothing is added, moved or left out.
//! Any other request gets what the protocol demands and what other protocols take for
//! granted, as the table says. *Warned* means that the first events of the answer say so.
//!
//! | of a request | becomes |
//! | --- | --- |
//! | system, developer, user and assistant messages | message items with the same role, where they stand; neighbours of one role stay apart |
//! | name of a participant | warned |
//! | text | a string where it is alone and plain, else `input_text` or `output_text` |
//! | image: URL, bytes, file id | `input_image` with `image_url` (bytes as a data URL) or `file_id`, and `detail`, which is `auto` unless a client of chat completions says otherwise |
//! | document: URL, bytes, file id | `input_file` with `file_url`, `file_data` and `filename`, or `file_id`; what a client of Anthropic's says about it is `input_text` in front |
//! | audio, video; media in earlier answers | refused as `unsupported` |
//! | reasoning | a `reasoning` item: the signature is its `encrypted_content`, byte for byte. Without it, only where its text is the reasoning itself or the provider keeps answers; otherwise it is left out, warned, and the ids of what follows with it |
//! | refusals | `refusal` in an answer, elsewhere `input_text` |
//! | tool calls | `function_call`; no arguments are `{}`; an id of more than 64 characters is shortened, in the call and its result alike |
//! | results of tools | `function_call_output`: a string for one text, else a list with text, images and documents; the mark of an error is warned |
//! | functions | `function` tools; strict only where asked for, which is not the protocol's default; parameters get `"type":"object"` where they have no type |
//! | native parts and tools | as they are; those of another dialect are refused as `unsupported`, save for parts of earlier answers, which are warned |
//! | tool choice | `tool_choice`; nothing where there are no tools to choose from; Mistral's `any` is `required` |
//! | JSON, schema for the answer | `text.format` |
//! | reasoning options | `reasoning`: for a model that is known to reason a budget becomes the effort next to it, warned, and else it is left out, warned; `include-text` asks for a summary |
//! | limit on output, temperature, top-p | `max_output_tokens` (at least 16, warned where that is more), `temperature`, `top_p` |
//! | log probabilities | `top_logprobs`, and `include` |
//! | top-k, seed, penalties | warned |
//! | stop sequences, several choices | refused as `unsupported`: the answer would be another |
//! | an answer that is begun | an earlier answer, warned |
//! | cache hints | nothing: the provider caches by itself |
//! | keeping the answer | `"store":false` unless the setting `store` says otherwise, and, for models that reason, `include` with `reasoning.encrypted_content` |
//! | `extra` of this dialect, at every level | written into the object; wins over what the adapter would write |
//! | `extra` of `openai-chat` | what has the same meaning here is carried over; a `response_format` that has none is refused, the rest warned |
//! | `extra` of another dialect | warned, by the name of each member |
//!
//! With `background` and without a stream the answer has no output yet: it is over when it
//! has been taken in, and is fetched later.
//!
//! # Answers
//!
//! Streams and whole answers are read whichever was asked for. Parts are numbered in the
//! order in which they begin.
//!
//! | of an answer | becomes |
//! | --- | --- |
//! | `output_text`, `refusal` | `text`, `refusal` |
//! | annotations, `logprobs` | `citation`, `logprobs`, in the provider's words; probabilities before the text that they are of |
//! | a `reasoning` item's `summary` and `content` | `reasoning`, one part for each entry |
//! | its `encrypted_content` | `signature` at the last of these parts, when the item is done |
//! | `function_call` | `tool-call-started` with the `call_id`, `tool-call-arguments`; the item's own id and the like in `extra` |
//! | `image_generation_call` with its image | `media`; all else of the item in its `extra` |
//! | every other item | its beginning as every other event; `native`, whole, when it is done: ready to be sent back |
//! | id, `phase` and the like of messages and reasoning | `native` before their parts: `{"item": {…}}` |
//! | which entries are `content` of a `reasoning` item | `native` before each: `{"part": {"type": "reasoning_text"}}` |
//! | what else is said of an entry | `native`: `{"part": {"type": …, …}}` |
//! | what else stands in an event that adds to an entry, such as `obfuscation` | for a client of this dialect `native` before the piece: `{"beside": {…}}`; it does not go back |
//! | content of other types | `native`: `{"content": [{…}]}` |
//! | every other event, partial images too | `native`: `{"event": {…}}`; it does not go back |
//! | `status`, `incomplete_details` | `finished`: `completed` → stop, tool-calls where something waits for the caller, refusal; `incomplete` by its reason → length, content-filter, other |
//! | other members of the response | `started.extra`, which is always there, and in `finished.extra` those that changed; nulls too, so that a client of this dialect gets what was said |
//! | `usage` | `usage` |
//! | `failed`, `cancelled`, `error` | a failure by the error's code |
//! | `queued`, `in_progress` of an answer in the background | `finished`, other, in the provider's word |
//! | an end without a last event | `malformed-response` |
//!
//! # Stored answers
//!
//! By their id they are retrieved, deleted, cancelled, told once more as a stream, and asked
//! for what they are an answer to. What the provider says of them goes back whole; an answer of
//! another id than was asked for is `malformed-response`.

#![deny(unsafe_code)]

mod assembly;
mod call;
mod carried;
mod conversation;
mod error;
mod item;
mod options;
mod part;
mod request;
mod slot;
mod stored;
mod tell;
mod tool;
mod usage;
mod writer;

use assembly::Assembly;
use hotcell_sdk::{Chat, ChatRequest, Endpoint, Failure, Reply, RequestBuilder, export, setting};

/// The adapter.
pub struct OpenAiResponses;

/// The dialect of requests and answers.
pub(crate) const DIALECT: &str = "openai-responses";

impl Chat for OpenAiResponses {
    type Completion = Reply<Assembly>;

    fn complete(request: ChatRequest) -> Result<Reply<Assembly>, Failure> {
        let accept = if request.stream { "text/event-stream" } else { "application/json" };
        let exact = writer::is_own(request.extra.as_ref());
        let body = request::write(&request).map_err(|failure| *failure)?;
        Failure::where_strict(&body.warnings)?;
        let endpoint = Endpoint::named("api")?;
        let builder = versioned(endpoint.post("/responses"));
        let builder = builder.header("accept", accept).header("content-type", "application/json");
        let response = builder.body(body.json).send()?;
        if response.status() >= 300 {
            return Err(error::of_response(&response));
        }
        Reply::begin(response, Assembly::to(exact), body.warnings)
    }
}

/// The same with the version of the interface, where the provider wants one.
fn versioned(builder: RequestBuilder<'_>) -> RequestBuilder<'_> {
    match setting("api-version") {
        Some(version) => builder.query("api-version", &version),
        None => builder,
    }
}

export!(OpenAiResponses: chat, stored);
