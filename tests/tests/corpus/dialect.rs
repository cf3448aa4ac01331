//! Which adapter an exchange is for.

use crate::exchange::Exchange;
use hotcell::catalogue;

/// What the bundled adapters speak. Kinds are wire protocols; those of embeddings and
/// model lists are told by where the request went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    OpenAiChat,
    OpenAiEmbeddings,
    OpenAiModels,
    AnthropicMessages,
    AnthropicModels,
    Gemini,
    GeminiEmbeddings,
    GeminiModels,
}

impl Dialect {
    /// The kinds that are judged, in the order in which they are told.
    pub(crate) const KINDS: [&'static str; 5] =
        ["openai-chat", "anthropic-messages", "gemini", "embeddings", "models"];

    /// The dialect of an exchange; none where no adapter speaks it yet.
    pub(crate) fn of(kind: &str, exchange: &Exchange) -> Option<Self> {
        let path = exchange.request.path();
        match kind {
            "openai-chat" => Some(Self::OpenAiChat),
            "anthropic-messages" => Some(Self::AnthropicMessages),
            "gemini" => Some(Self::Gemini),
            "embeddings" if path.ends_with(":batchEmbedContents") || path.ends_with(":predict") => {
                Some(Self::GeminiEmbeddings)
            }
            // Cohere's ends in `/embed`.
            "embeddings" => path.ends_with("/embeddings").then_some(Self::OpenAiEmbeddings),
            "models" => {
                let host = exchange.request.url.split('/').nth(2).unwrap_or_default();
                if exchange.provider == "anthropic" || host == "api.anthropic.com" {
                    return Some(Self::AnthropicModels);
                }
                if exchange.provider == "gemini" {
                    return Some(Self::GeminiModels);
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
            Self::Gemini | Self::GeminiEmbeddings | Self::GeminiModels => "gemini",
        }
    }

    /// The entry of the catalogue that a provider is set up from: its own, where that
    /// is on the adapter that speaks this dialect.
    pub(crate) fn template(self, provider: &str) -> &'static str {
        let adapter = |name: &str| catalogue::provider(name).map(|entry| entry.adapter.as_str());
        let fallback = self.fallback();
        match catalogue::provider(provider) {
            Some(entry) if Some(entry.adapter.as_str()) == adapter(fallback) => &entry.name,
            // The same code, under a manifest of its own.
            Some(entry) if fallback == "gemini" && entry.adapter == "vertex" => &entry.name,
            _ => fallback,
        }
    }
}
