//! What each provider is asked, and for which model.

use super::ask::Ask;

/// A provider and what it is asked.
pub(super) struct Part {
    /// As the mock and the adapter are called.
    pub(super) provider: &'static str,
    pub(super) asks: &'static [(Ask, &'static str)],
}

impl Part {
    /// The configuration's word for its adapter. Names of the catalogue come first there, and
    /// one of them means another adapter.
    pub(super) fn adapter(&self) -> &'static str {
        match self.provider {
            "sagemaker" => "sagemaker-chat",
            provider => provider,
        }
    }

    /// The setting by which its adapter goes on with a text.
    pub(super) fn text(&self) -> Option<(&'static str, &'static str)> {
        match self.provider {
            "mistral" => Some(("mode", "fim")),
            "openai" => Some(("completions", "text")),
            _ => None,
        }
    }
}

const CLAUDE: &str = "anthropic.claude-sonnet-4-5-20250929-v1:0";
const GRANITE: &str = "ibm/granite-3-3-8b-instruct";

use Ask::{
    Chat, Embed, Images, Late, Models, Moderate, Rerank, Speak, Text, Tokens, Tools, Transcribe,
};

/// All of them, in the order of their names.
pub(super) const PARTS: &[Part] = &[
    Part {
        provider: "anthropic",
        asks: &[
            (Chat, "claude-sonnet-4-5"),
            (Tools, "claude-sonnet-4-5"),
            (Tokens, "claude-sonnet-4-5"),
            (Models, ""),
        ],
    },
    Part {
        provider: "azure",
        asks: &[
            (Chat, "gpt-4o"),
            (Tools, "gpt-4o"),
            (Embed, "text-embedding-3-small"),
            (Models, ""),
        ],
    },
    Part {
        provider: "bedrock",
        asks: &[
            (Chat, CLAUDE),
            (Tools, CLAUDE),
            (Embed, "amazon.titan-embed-text-v2:0"),
            (Embed, "cohere.embed-english-v3"),
            (Models, ""),
        ],
    },
    Part { provider: "bedrock-anthropic", asks: &[(Chat, CLAUDE), (Tools, CLAUDE)] },
    Part {
        provider: "bedrock-nova",
        asks: &[(Chat, "us.amazon.nova-lite-v1:0"), (Tools, "us.amazon.nova-lite-v1:0")],
    },
    Part {
        provider: "bedrock-text",
        asks: &[(Chat, "amazon.titan-text-express-v1"), (Chat, "meta.llama3-8b-instruct-v1:0")],
    },
    Part {
        provider: "cohere",
        asks: &[
            (Chat, "command-a-03-2025"),
            (Tools, "command-a-03-2025"),
            (Embed, "embed-v4.0"),
            (Rerank, "rerank-v3.5"),
            (Models, ""),
        ],
    },
    Part {
        provider: "databricks",
        asks: &[
            (Chat, "databricks-claude-sonnet-4-5"),
            (Tools, "databricks-claude-sonnet-4-5"),
            (Embed, "databricks-gte-large-en"),
            (Models, ""),
        ],
    },
    Part {
        provider: "gemini",
        asks: &[
            (Chat, "gemini-2.5-flash"),
            (Tools, "gemini-2.5-flash"),
            (Embed, "gemini-embedding-001"),
            (Tokens, "gemini-2.5-flash"),
            (Models, ""),
        ],
    },
    Part {
        provider: "hf-inference",
        asks: &[(Embed, "BAAI/bge-m3"), (Rerank, "sentence-transformers/all-MiniLM-L6-v2")],
    },
    Part {
        provider: "jina",
        asks: &[(Embed, "jina-embeddings-v3"), (Rerank, "jina-reranker-v2-base-multilingual")],
    },
    Part {
        provider: "mistral",
        asks: &[
            (Chat, "mistral-large-latest"),
            (Tools, "mistral-large-latest"),
            (Text, "codestral-latest"),
            (Embed, "mistral-embed"),
            (Models, ""),
        ],
    },
    Part {
        provider: "ollama",
        asks: &[(Chat, "qwen3:8b"), (Tools, "qwen3:8b"), (Embed, "nomic-embed-text"), (Models, "")],
    },
    Part {
        provider: "openai",
        asks: &[
            (Chat, "gpt-4o-mini"),
            (Tools, "gpt-4o-mini"),
            (Text, "gpt-3.5-turbo-instruct"),
            (Embed, "text-embedding-3-small"),
            (Models, ""),
        ],
    },
    Part {
        provider: "openai-media",
        asks: &[
            (Images, "gpt-image-1"),
            (Speak, "gpt-4o-mini-tts"),
            (Transcribe, "whisper-1"),
            (Moderate, "omni-moderation-latest"),
        ],
    },
    Part { provider: "openai-responses", asks: &[(Chat, "gpt-4.1"), (Tools, "gpt-4.1")] },
    Part {
        provider: "replicate",
        asks: &[(Chat, "meta/meta-llama-3-8b-instruct"), (Late, "meta/late")],
    },
    Part { provider: "rerank", asks: &[(Rerank, "BAAI/bge-reranker-v2-m3")] },
    Part {
        provider: "sagemaker-chat",
        asks: &[(Chat, "my-endpoint"), (Tools, "my-endpoint"), (Embed, "my-embeddings")],
    },
    Part {
        provider: "sagemaker-generate",
        asks: &[(Chat, "my-endpoint"), (Embed, "my-embeddings")],
    },
    Part { provider: "tei", asks: &[(Embed, "BAAI/bge-m3"), (Rerank, "BAAI/bge-reranker-v2-m3")] },
    Part {
        provider: "vertex",
        asks: &[
            (Chat, "gemini-2.5-flash"),
            (Tools, "gemini-2.5-flash"),
            (Embed, "text-embedding-005"),
            (Tokens, "gemini-2.5-flash"),
        ],
    },
    Part {
        provider: "vertex-anthropic",
        asks: &[(Chat, "claude-sonnet-4-5@20250929"), (Tools, "claude-sonnet-4-5@20250929")],
    },
    Part {
        provider: "vertex-openai",
        asks: &[
            (Chat, "meta/llama-4-scout-17b-16e-instruct-maas"),
            (Tools, "meta/llama-4-scout-17b-16e-instruct-maas"),
        ],
    },
    Part { provider: "voyage", asks: &[(Embed, "voyage-3.5"), (Rerank, "rerank-2.5")] },
    Part {
        provider: "watsonx",
        asks: &[
            (Chat, GRANITE),
            (Tools, GRANITE),
            (Embed, "ibm/slate-125m-english-rtrvr-v2"),
            (Models, ""),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use hotcell::bundle;
    use hotcell_mock::Mock;

    #[test]
    fn every_bundled_adapter_has_a_part_and_a_provider() {
        let parts: Vec<&str> = PARTS.iter().map(|part| part.provider).collect();
        let adapters: Vec<&str> = bundle::ADAPTERS.iter().map(|adapter| adapter.name).collect();
        assert_eq!(parts, adapters);
        assert_eq!(parts, Mock::providers().collect::<Vec<_>>());
        assert!(parts.is_sorted());
    }
}
