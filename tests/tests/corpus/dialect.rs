//! Which adapter an exchange is for.

use crate::exchange::Exchange;
use hotcell::catalogue;
use std::collections::BTreeMap;

/// What the bundled adapters speak. Kinds are wire protocols; those of embeddings and
/// model lists are told by where the request went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    OpenAiChat,
    OpenAiEmbeddings,
    OpenAiModels,
    AnthropicMessages,
    AnthropicModels,
    BedrockConverse,
    /// Of `InvokeModel` the bodies that ask for vectors.
    BedrockInvoke,
}

impl Dialect {
    /// The kinds that are judged, in the order in which they are told.
    pub(crate) const KINDS: [&'static str; 6] = [
        "openai-chat",
        "anthropic-messages",
        "bedrock-converse",
        "bedrock-invoke",
        "embeddings",
        "models",
    ];

    /// The dialect of an exchange; none where no adapter speaks it yet.
    pub(crate) fn of(kind: &str, exchange: &Exchange) -> Option<Self> {
        let path = exchange.request.path();
        match kind {
            "openai-chat" => Some(Self::OpenAiChat),
            "anthropic-messages" => Some(Self::AnthropicMessages),
            "bedrock-converse" => Some(Self::BedrockConverse),
            // The others are chats in the words of many makers.
            "bedrock-invoke" => path.contains("embed").then_some(Self::BedrockInvoke),
            // Cohere's ends in `/embed`, Google's in `:batchEmbedContents`.
            "embeddings" => path.ends_with("/embeddings").then_some(Self::OpenAiEmbeddings),
            "models" => {
                let host = exchange.request.url.split('/').nth(2).unwrap_or_default();
                if exchange.provider == "anthropic" || host == "api.anthropic.com" {
                    return Some(Self::AnthropicModels);
                }
                // An answer shows it; an error is known by its provider or its path.
                let answer = exchange.response.body.json();
                let listed = answer.is_array() || answer["data"].is_array();
                let known = catalogue::provider(&exchange.provider).is_some();
                let usual = known || path.ends_with("/v1/models");
                let refused = exchange.response.status >= 300 && usual;
                (path.ends_with("/models") && (listed || refused)).then_some(Self::OpenAiModels)
            }
            _ => None,
        }
    }

    /// The entry of the catalogue that speaks it where the provider has none.
    fn fallback(self) -> &'static str {
        match self {
            Self::OpenAiChat | Self::OpenAiEmbeddings | Self::OpenAiModels => "openai-compatible",
            Self::AnthropicMessages | Self::AnthropicModels => "anthropic",
            Self::BedrockConverse | Self::BedrockInvoke => "bedrock",
        }
    }

    /// The settings without which a provider of it is not complete.
    pub(crate) fn settings(self) -> BTreeMap<String, String> {
        match self.fallback() {
            "bedrock" => BTreeMap::from([("region".to_owned(), "us-east-1".to_owned())]),
            _ => BTreeMap::new(),
        }
    }

    /// The entry of the catalogue that a provider is set up from: its own, where that
    /// is on the adapter that speaks this dialect.
    pub(crate) fn template(self, provider: &str) -> &'static str {
        let adapter = |name: &str| catalogue::provider(name).map(|entry| entry.adapter.as_str());
        let fallback = self.fallback();
        match catalogue::provider(provider) {
            Some(entry) if Some(entry.adapter.as_str()) == adapter(fallback) => &entry.name,
            _ => fallback,
        }
    }
}
