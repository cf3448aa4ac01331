//! The protocols of the recordings: which exchanges are of one, how its requests are read,
//! and which adapter they go through. A protocol that is added is one entry more.

use crate::compare::normal;
use crate::exchange::Exchange;
use hotcell::catalogue;
use hotcell::types::{ChatRequest, EmbedRequest, RerankRequest};
use hotcell_dialects::{
    DialectError, anthropic_messages, bedrock_converse, bedrock_invoke, cohere_chat, cohere_embed,
    gemini, jina_rerank, ollama_chat, ollama_embed, openai_chat, openai_embeddings,
    openai_responses,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What one protocol is to the judge.
pub(crate) struct Protocol {
    /// Its own name.
    pub(crate) name: &'static str,
    /// The folder of its recordings, which several share that are told apart by what was
    /// asked where.
    kind: &'static str,
    /// Whether an exchange of the folder is its.
    has: fn(&Exchange) -> bool,
    /// The entry of the catalogue that speaks it where the provider has none.
    fallback: &'static str,
    /// The adapters that speak it.
    adapters: &'static [&'static str],
    /// What is asked with it, and how a recorded request is read.
    pub(crate) asks: Asks,
    /// Brings a body to the one form of all that the protocol calls equal.
    pub(crate) normal: fn(&mut Map<String, Value>),
}

type Read<T> = fn(&Exchange) -> Result<T, DialectError>;

/// What is asked.
pub(crate) enum Asks {
    Chat(Read<ChatRequest>),
    Embed(Read<EmbedRequest>),
    Rerank(Read<RerankRequest>),
    Count(Read<ChatRequest>),
    Models,
}

/// A protocol of the table.
pub(crate) type Dialect = &'static Protocol;

/// The kinds that are judged, in the order in which they are told.
pub(crate) const KINDS: [&str; 13] = [
    "openai-chat",
    "openai-responses",
    "anthropic-messages",
    "bedrock-converse",
    "bedrock-invoke",
    "cohere-chat",
    "gemini",
    "ollama-chat",
    "embeddings",
    "models",
    "rerank",
    "anthropic-count-tokens",
    "gemini-count-tokens",
];

/// All of them. Of several that an exchange could be of, the first counts.
static PROTOCOLS: &[Protocol] = &[
    Protocol {
        name: "openai-chat",
        kind: "openai-chat",
        has: |_| true,
        fallback: "openai-compatible",
        adapters: OPENAI,
        asks: Asks::Chat(|exchange| openai_chat::read_request(&exchange.request.body.0)),
        normal: normal::not_streaming,
    },
    Protocol {
        name: "openai-responses",
        kind: "openai-responses",
        has: |_| true,
        fallback: "openai-responses",
        adapters: &["openai-responses"],
        asks: Asks::Chat(|exchange| openai_responses::read_request(&exchange.request.body.0)),
        normal: normal::not_streaming,
    },
    Protocol {
        name: "anthropic-messages",
        kind: "anthropic-messages",
        has: |_| true,
        fallback: "anthropic",
        adapters: &["anthropic"],
        asks: Asks::Chat(|exchange| anthropic_messages::read_request(&exchange.request.body.0)),
        normal: normal::not_streaming,
    },
    Protocol {
        name: "bedrock-converse",
        kind: "bedrock-converse",
        has: |_| true,
        fallback: "bedrock",
        adapters: BEDROCK,
        asks: Asks::Chat(|exchange| {
            let streams = exchange.request.path().ends_with("-stream");
            let model = exchange.request.model();
            bedrock_converse::read_request(&exchange.request.body.0, &model, streams)
        }),
        normal: normal::as_it_is,
    },
    Protocol {
        name: "bedrock-invoke",
        kind: "bedrock-invoke",
        // The others are chats in the words of many makers.
        has: |exchange| exchange.request.path().contains("embed"),
        fallback: "bedrock",
        adapters: BEDROCK,
        asks: Asks::Embed(|exchange| {
            let model = exchange.request.model();
            bedrock_invoke::read_embed_request(&exchange.request.body.0, &model)
        }),
        normal: normal::as_it_is,
    },
    Protocol {
        name: "bedrock-invoke-anthropic",
        kind: "bedrock-invoke",
        has: |exchange| exchange.request.model().contains("anthropic."),
        fallback: "bedrock-anthropic",
        adapters: &["bedrock-anthropic"],
        asks: Asks::Chat(invoked),
        normal: normal::as_it_is,
    },
    Protocol {
        name: "bedrock-invoke-nova",
        kind: "bedrock-invoke",
        has: |exchange| exchange.request.model().contains("amazon.nova"),
        fallback: "bedrock-nova",
        adapters: &["bedrock-nova"],
        asks: Asks::Chat(invoked),
        normal: normal::as_it_is,
    },
    Protocol {
        name: "bedrock-invoke-text",
        kind: "bedrock-invoke",
        has: |_| true,
        fallback: "bedrock-text",
        adapters: &["bedrock-text"],
        asks: Asks::Chat(invoked),
        normal: normal::as_it_is,
    },
    Protocol {
        name: "cohere-chat",
        kind: "cohere-chat",
        has: |_| true,
        fallback: "cohere",
        adapters: &["cohere"],
        asks: Asks::Chat(|exchange| cohere_chat::read_request(&exchange.request.body.0)),
        normal: normal::not_streaming,
    },
    Protocol {
        name: "gemini",
        kind: "gemini",
        has: |_| true,
        fallback: "gemini",
        adapters: GEMINI,
        asks: Asks::Chat(|exchange| {
            let (model, method) = exchange.request.model_and_method();
            let stream = method == "streamGenerateContent";
            gemini::read_request(&exchange.request.body.0, model, stream)
        }),
        normal: normal::first_names,
    },
    Protocol {
        name: "ollama-chat",
        kind: "ollama-chat",
        has: |_| true,
        fallback: "ollama",
        adapters: &["ollama"],
        asks: Asks::Chat(|exchange| ollama_chat::read_request(&exchange.request.body.0)),
        normal: normal::streaming,
    },
    Protocol {
        name: "ollama-embed",
        kind: "embeddings",
        has: |exchange| exchange.request.path().ends_with("/api/embed"),
        fallback: "ollama",
        adapters: &["ollama"],
        asks: Asks::Embed(|exchange| ollama_embed::read_request(&exchange.request.body.0)),
        normal: normal::one_text,
    },
    Protocol {
        name: "cohere-embed",
        kind: "embeddings",
        has: |exchange| exchange.request.path().ends_with("/embed"),
        fallback: "cohere",
        adapters: &["cohere"],
        asks: Asks::Embed(|exchange| cohere_embed::read_request(&exchange.request.body.0)),
        normal: normal::as_it_is,
    },
    Protocol {
        name: "gemini-embeddings",
        kind: "embeddings",
        has: |exchange| {
            let (_, method) = exchange.request.model_and_method();
            matches!(method, "batchEmbedContents" | "predict")
        },
        fallback: "gemini",
        adapters: GEMINI,
        asks: Asks::Embed(|exchange| {
            let (model, _) = exchange.request.model_and_method();
            gemini::read_embed_request(&exchange.request.body.0, model)
        }),
        normal: normal::as_it_is,
    },
    Protocol {
        name: "openai-embeddings",
        kind: "embeddings",
        has: |exchange| exchange.request.path().ends_with("/embeddings"),
        fallback: "openai-compatible",
        adapters: OPENAI,
        asks: Asks::Embed(|exchange| openai_embeddings::read_request(&exchange.request.body.0)),
        normal: normal::one_text,
    },
    Protocol {
        name: "ollama-models",
        kind: "models",
        has: |exchange| exchange.request.path().ends_with("/api/tags"),
        fallback: "ollama",
        adapters: &["ollama"],
        asks: Asks::Models,
        normal: normal::as_it_is,
    },
    Protocol {
        name: "anthropic-models",
        kind: "models",
        has: |exchange| {
            let host = exchange.request.url.split('/').nth(2).unwrap_or_default();
            exchange.provider == "anthropic" || host == "api.anthropic.com"
        },
        fallback: "anthropic",
        adapters: &["anthropic"],
        asks: Asks::Models,
        normal: normal::as_it_is,
    },
    Protocol {
        name: "gemini-models",
        kind: "models",
        has: |exchange| exchange.provider == "gemini",
        fallback: "gemini",
        adapters: GEMINI,
        asks: Asks::Models,
        normal: normal::as_it_is,
    },
    Protocol {
        name: "openai-models",
        kind: "models",
        has: is_openai_models,
        fallback: "openai-compatible",
        adapters: OPENAI,
        asks: Asks::Models,
        normal: normal::as_it_is,
    },
    Protocol {
        name: "rerank",
        kind: "rerank",
        has: |exchange| exchange.request.path().ends_with("/rerank"),
        fallback: "vllm-rerank",
        adapters: &["rerank", "jina", "voyage"],
        asks: Asks::Rerank(|exchange| jina_rerank::read_request(&exchange.request.body.0)),
        normal: normal::as_it_is,
    },
    Protocol {
        name: "anthropic-count-tokens",
        kind: "anthropic-count-tokens",
        has: |_| true,
        fallback: "anthropic",
        adapters: &["anthropic"],
        asks: Asks::Count(|exchange| anthropic_messages::read_request(&exchange.request.body.0)),
        normal: normal::as_it_is,
    },
    Protocol {
        name: "gemini-count-tokens",
        kind: "gemini-count-tokens",
        has: |_| true,
        fallback: "gemini",
        adapters: GEMINI,
        asks: Asks::Count(|exchange| {
            let (model, _) = exchange.request.model_and_method();
            gemini::read_count_request(&exchange.request.body.0, model)
        }),
        normal: normal::first_names,
    },
];

const BEDROCK: &[&str] = &["bedrock"];
const GEMINI: &[&str] = &["gemini", "vertex"];
const OPENAI: &[&str] = &["openai", "azure", "databricks", "mistral"];

/// An answer shows it; an error is known by its provider or its path.
fn is_openai_models(exchange: &Exchange) -> bool {
    let path = exchange.request.path();
    let answer = exchange.response.body.json();
    let listed = answer.is_array() || answer["data"].is_array();
    let known = catalogue::provider(&exchange.provider).is_some();
    let usual = known || path.ends_with("/v1/models");
    let refused = exchange.response.status >= 300 && usual;
    path.ends_with("/models") && (listed || refused)
}

/// A chat in a maker's words.
fn invoked(exchange: &Exchange) -> Result<ChatRequest, DialectError> {
    let streams = exchange.request.path().ends_with("-stream");
    bedrock_invoke::read_request(&exchange.request.body.0, &exchange.request.model(), streams)
}

/// The protocol of an exchange; none where no adapter speaks it yet.
pub(crate) fn of(kind: &str, exchange: &Exchange) -> Option<Dialect> {
    PROTOCOLS.iter().find(|protocol| protocol.kind == kind && (protocol.has)(exchange))
}

/// The protocol of this name.
pub(crate) fn named(name: &str) -> Dialect {
    let protocol = PROTOCOLS.iter().find(|protocol| protocol.name == name);
    protocol.unwrap_or_else(|| panic!("there is no protocol {name}"))
}

impl Protocol {
    /// The settings without which a provider of it is not complete.
    pub(crate) fn settings(&self) -> BTreeMap<String, String> {
        match self.fallback {
            entry if entry.starts_with("bedrock") => {
                BTreeMap::from([("region".to_owned(), "us-east-1".to_owned())])
            }
            _ => BTreeMap::new(),
        }
    }

    /// The entry of the catalogue that a provider is set up from: its own, where that
    /// is on an adapter that speaks this protocol.
    pub(crate) fn template(&self, provider: &str) -> &'static str {
        // Its chat was recorded at AI Foundry's own interface, its vectors at OpenAI's.
        match (self.name, provider) {
            ("openai-chat", "azure") => return "azure-ai",
            ("openai-embeddings", "azure") => return "azure",
            _ => {}
        }
        match catalogue::provider(provider) {
            Some(entry) if self.adapters.contains(&entry.adapter.as_str()) => &entry.name,
            _ => self.fallback,
        }
    }
}
