//! The providers that the mock can play, each below a path of its own name.

use crate::credential::Lock;
use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use crate::{
    anthropic, azure, bedrock, cohere, databricks, gemini, generate, huggingface, media, mistral,
    ollama, openai, ranking, replicate, responses, sagemaker, vertex, watsonx,
};
use serde_json::Value;

/// One of them.
pub(crate) struct Provider {
    /// As the adapter is called.
    pub(crate) name: &'static str,
    /// What its paths have in common.
    pub(crate) base: &'static str,
    /// How one is let in, each a way of its own.
    pub(crate) locks: &'static [Lock],
    pub(crate) reply: fn(&Asked<'_>, Script) -> Result<Reply, Refusal>,
    /// An error in its own form; the other is the request's id.
    pub(crate) error: fn(&Refusal, &str) -> Value,
    /// The header of the request's id.
    pub(crate) id: &'static str,
    /// What a wrong key is answered with: status and words.
    pub(crate) denied: (u16, &'static str),
}

const DENIED: (u16, &str) = (401, "The credential is not valid.");

const BEARER: Lock = Lock::Key { header: "authorization", prefix: "Bearer " };
/// Whose paths those without a prefix are.
pub(crate) const OPENAI: Provider = Provider {
    name: "openai",
    base: "/v1",
    locks: &[BEARER],
    reply: openai::reply,
    error: openai::error,
    id: "x-request-id",
    denied: DENIED,
};

/// The other one whose paths have none.
pub(crate) const ANTHROPIC: Provider = Provider {
    name: "anthropic",
    base: "/v1",
    locks: &[Lock::Key { header: "x-api-key", prefix: "" }],
    reply: anthropic::reply,
    error: anthropic::error,
    id: "request-id",
    denied: DENIED,
};

const BEDROCK: Provider = Provider {
    name: "bedrock",
    base: "/",
    locks: &[BEARER, Lock::Signature("bedrock")],
    reply: bedrock::reply,
    error: bedrock::error,
    id: "x-amzn-requestid",
    denied: (403, "The security token included in the request is invalid."),
};

/// All of them, by name.
pub(crate) const PROVIDERS: &[Provider] = &[
    ANTHROPIC,
    Provider {
        name: "azure",
        base: "/",
        locks: &[Lock::Key { header: "api-key", prefix: "" }, Lock::Token("entra")],
        reply: azure::reply,
        error: azure::error,
        id: "apim-request-id",
        denied: (
            401,
            "Access denied due to invalid subscription key or wrong API endpoint. Make sure to \
             provide a valid key for an active subscription.",
        ),
    },
    BEDROCK,
    Provider { name: "bedrock-anthropic", reply: bedrock::invoke::claude, ..BEDROCK },
    Provider { name: "bedrock-nova", reply: bedrock::invoke::nova, ..BEDROCK },
    Provider { name: "bedrock-text", reply: bedrock::invoke::texts, ..BEDROCK },
    Provider {
        name: "cohere",
        base: "/",
        reply: cohere::reply,
        error: cohere::error,
        denied: (401, "invalid api token"),
        id: "x-debug-trace-id",
        ..OPENAI
    },
    Provider {
        name: "databricks",
        base: "/",
        locks: &[BEARER, Lock::Token("databricks")],
        reply: databricks::reply,
        error: databricks::error,
        denied: (403, "Invalid access token."),
        ..OPENAI
    },
    Provider {
        name: "gemini",
        base: "/v1beta",
        locks: &[Lock::Key { header: "x-goog-api-key", prefix: "" }],
        reply: gemini::reply,
        error: gemini::error,
        denied: (400, "API key not valid. Please pass a valid API key."),
        ..OPENAI
    },
    Provider {
        name: "hf-inference",
        base: "/hf-inference",
        reply: huggingface::router,
        error: huggingface::error,
        denied: (401, "Invalid username or password."),
        ..OPENAI
    },
    Provider { name: "jina", reply: ranking::jina, error: ranking::error, ..OPENAI },
    Provider {
        name: "mistral",
        reply: mistral::reply,
        error: mistral::error,
        denied: (401, "Unauthorized"),
        ..OPENAI
    },
    Provider { name: "ollama", base: "/api", reply: ollama::reply, error: ollama::error, ..OPENAI },
    OPENAI,
    Provider { name: "openai-media", reply: media::reply, ..OPENAI },
    Provider { name: "openai-responses", reply: responses::reply, ..OPENAI },
    Provider {
        name: "replicate",
        reply: replicate::reply,
        error: replicate::error,
        denied: (401, "You did not pass a valid authentication token"),
        ..OPENAI
    },
    Provider { name: "rerank", reply: ranking::plain, error: ranking::error, ..OPENAI },
    Provider {
        name: "sagemaker-chat",
        base: "/",
        locks: &[Lock::Signature("sagemaker")],
        reply: sagemaker::reply,
        error: bedrock::error,
        id: "x-amzn-requestid",
        denied: (403, "The security token included in the request is invalid."),
    },
    Provider {
        name: "sagemaker-generate",
        base: "/",
        locks: &[Lock::Signature("sagemaker")],
        reply: generate::reply,
        error: bedrock::error,
        id: "x-amzn-requestid",
        denied: (403, "The security token included in the request is invalid."),
    },
    Provider {
        name: "tei",
        base: "/",
        reply: huggingface::tei,
        error: huggingface::error,
        denied: (401, "Unauthorized"),
        ..OPENAI
    },
    Provider {
        name: "vertex",
        base: "/v1/projects/mock/locations/global/publishers/google",
        locks: &[Lock::Token("google")],
        reply: vertex::gemini,
        error: gemini::error,
        ..OPENAI
    },
    Provider {
        name: "vertex-anthropic",
        base: "/v1/projects/mock/locations/global/publishers/anthropic",
        locks: &[Lock::Token("google")],
        reply: vertex::anthropic,
        error: vertex::error,
        ..OPENAI
    },
    Provider {
        name: "vertex-openai",
        base: "/v1/projects/mock/locations/global/endpoints/openapi",
        locks: &[Lock::Token("google")],
        reply: vertex::openai,
        error: gemini::error,
        ..OPENAI
    },
    Provider { name: "voyage", reply: ranking::voyage, error: ranking::error, ..OPENAI },
    Provider {
        name: "watsonx",
        base: "/",
        locks: &[Lock::Token("ibm")],
        reply: watsonx::reply,
        error: watsonx::error,
        ..OPENAI
    },
];

impl Provider {
    /// The one of this name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        PROVIDERS.iter().find(|provider| provider.name == name)
    }

    /// Whose a path is, and the path that is left of it.
    pub(crate) fn of(path: &str) -> Option<(&'static Self, &str)> {
        let rest = path.strip_prefix('/')?;
        let (name, rest) = rest.split_at(rest.find('/')?);
        Some((Self::named(name)?, rest))
    }
}

/// The model that a request names, in its body or in its path.
pub(crate) fn model(path: &str, body: &Value) -> String {
    for member in ["model", "model_id"] {
        if let Some(model) = body[member].as_str() {
            return model.to_owned();
        }
    }
    let mut segments = path.split('/').skip_while(|segment| {
        !["models", "model", "endpoints", "deployments", "serving-endpoints", "tunedModels"]
            .contains(segment)
    });
    let segment = segments.nth(1).unwrap_or_default();
    // A method follows the name in Google's paths; in Amazon's a colon is part of it.
    let name = match segment.rsplit_once(':') {
        Some((name, method)) if method.chars().all(char::is_alphabetic) => name,
        _ => segment,
    };
    String::from_utf8_lossy(&decoded(name)).into_owned()
}

/// A path segment or a member of a form, without its percents.
pub(crate) fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        let digits = more.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &more[2..];
            }
            _ => {
                bytes.push(*first);
                rest = more;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_says_whose_it_is_and_which_model_is_asked() {
        let (provider, rest) = Provider::of("/bedrock/model/a.b-v1%3A0/converse").unwrap();
        assert_eq!((provider.name, rest), ("bedrock", "/model/a.b-v1%3A0/converse"));
        assert_eq!(model(rest, &json!({})), "a.b-v1:0");
        assert_eq!(model("/v1beta/models/gemini-x:generateContent", &json!({})), "gemini-x");
        assert_eq!(model("/v1/chat", &json!({ "model": "m" })), "m");
        assert!(Provider::of("/v1/chat/completions").is_none());
    }

    #[test]
    fn the_providers_are_in_order() {
        assert!(PROVIDERS.is_sorted_by_key(|provider| provider.name));
    }
}
