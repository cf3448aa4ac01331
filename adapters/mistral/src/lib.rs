//! Adapter for Mistral's chat (<https://docs.mistral.ai/api/endpoint/chat>), completion
//! between two texts (<https://docs.mistral.ai/api/endpoint/fim>), embeddings and models.
//!
//! Mistral's protocol is OpenAI's with rules and parts of its own. So requests and answers
//! are those of `hotcell-openai-chat`, and its dialect: what is here brings a request to
//! Mistral's rules first, and its members to Mistral's names last. What a client of
//! OpenAI's dialect wrote and Mistral has no word for is mapped or warned of, since Mistral
//! refuses a member that it does not know; whatever else stands in an `extra` goes out as
//! it is, and so do Mistral's own members: `safe_prompt`, `prompt_mode`, `prefix`,
//! `prediction`, `guardrails` and the like.
//!
//! | of a request | becomes |
//! | --- | --- |
//! | developer messages | `system` |
//! | a system message after an answer or a result | moves to the system messages at the beginning, warned |
//! | the assistant's message at the end | has `prefix`: the answer goes on with it |
//! | an answer without anything in it | nothing: Mistral refuses it |
//! | name of a participant | warned |
//! | image: bytes, URL | `image_url`; a file id is refused |
//! | audio: bytes, URL | `input_audio`, a string; video is refused |
//! | document: bytes, URL, file id | `document_url` with `document_name`; `file` |
//! | reasoning | a part `thinking` with its signature; a cipher is warned |
//! | refusals | text: the model's own words |
//! | results of tools | media stand in them |
//! | ids of calls | nine letters and digits, the same for a call and its result; see the setting `tool-ids` |
//! | functions without parameters | have an object without properties |
//! | tool choice | `auto`, `none`, `required`, a function; `any` is its own word for the third |
//! | seed | `random_seed` |
//! | `max_completion_tokens` | `max_tokens` |
//! | `stream_options` | nothing: usage comes anyway |
//! | `user`, `store`, `logit_bias` and others of OpenAI's | warned |
//! | dimensions of vectors | `output_dimension` |
//!
//! With the setting `mode` = `fim` the texts of the user are the `prompt`, and the member
//! `suffix` of the request's `extra` is what follows it.

#![deny(unsafe_code)]

mod body;
mod conversation;
mod extra;
mod fim;
mod ids;
mod media;

use hotcell_openai_chat::json::Members;
use hotcell_openai_chat::{Answer, Body, embed, models, send, write};
use hotcell_sdk::{Chat, ChatRequest, EmbedRequest, EmbedResponse, Embeddings, Endpoint};
use hotcell_sdk::{Failure, Input, LogLevel, Model, Models, Native, export, log, setting};

/// The adapter.
pub struct Mistral;

impl Chat for Mistral {
    type Completion = Answer;

    fn complete(mut request: ChatRequest) -> Result<Answer, Failure> {
        let mut warnings = Vec::new();
        let (path, prompt) = match setting("mode").as_deref() {
            Some("fim") => ("/fim/completions", Some(fim::prompt(&mut request)?)),
            _ => {
                conversation::prepare(&mut request, &mut warnings)?;
                ("/chat/completions", None)
            }
        };
        let written = write(&request, &[("model", &request.model)])?;
        warnings.extend(written.warnings);
        let limit = request.sampling.max_output_tokens;
        let json = body::finish(&written.json, limit, prompt.as_deref(), &mut warnings)?;
        send(Endpoint::named("api")?.post(path), request.stream, Body { json, warnings })
    }
}

impl Embeddings for Mistral {
    fn embed(mut request: EmbedRequest) -> Result<EmbedResponse, Failure> {
        const DIALECT: &str = "openai-embeddings";
        if request.inputs.iter().any(|input| matches!(input, Input::Tokens(_))) {
            return Err(Failure::unsupported("tokens: Mistral takes texts only"));
        }
        let own = request.extra.as_ref().is_none_or(|extra| extra.dialect == DIALECT);
        if let Some(dimensions) = request.dimensions.filter(|_| own) {
            let extra = request.extra.take().map_or_else(|| "{}".to_owned(), |extra| extra.value);
            let value = extra::with(&extra, "output_dimension", &dimensions.to_string());
            request.extra = Some(Native { dialect: DIALECT.to_owned(), value });
            request.dimensions = None;
        }
        let asked = request.extra.as_ref().and_then(|extra| Members::of(&extra.value));
        if asked.is_some_and(|extra| extra.has("user")) {
            // There is no event that could tell of it here.
            log(LogLevel::Warn, "`user` was left out: Mistral has no word for it");
            extra::remove(&mut request.extra, &["user"]);
        }
        let endpoint = Endpoint::named("api")?;
        embed(endpoint.post("/embeddings"), &request, &[("model", &request.model)])
    }
}

impl Models for Mistral {
    fn list_models() -> Result<Vec<Model>, Failure> {
        models(Endpoint::named("api")?.get("/models"))
    }
}

export!(Mistral: chat, embeddings, models);
