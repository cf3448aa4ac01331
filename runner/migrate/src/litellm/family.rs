//! Which provider a model's name means, as LiteLLM reads it.

use hotcell::catalogue::{self, Provider};

/// Names that LiteLLM has for servers of OpenAI's protocol, wherever these are.
const COMPATIBLE: &[&str] = &[
    "aiml",
    "anyscale",
    "cometapi",
    "custom",
    "custom_openai",
    "docker_model_runner",
    "galadriel",
    "heroku",
    "infinity",
    "lambda_ai",
    "lemonade",
    "litellm_proxy",
    "openai_like",
    "volcengine",
    "xinference",
];

/// Other names that it has for what the catalogue knows.
const OTHERS: &[(&str, &str)] =
    &[("azure_text", "azure"), ("llamafile", "llamacpp"), ("vertex_ai_beta", "vertex")];

/// How models begin that need no provider's name before them.
const BEGINNINGS: &[(&str, &str)] = &[
    ("gpt-", "openai"),
    ("chatgpt-", "openai"),
    ("ft:gpt-", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4-", "openai"),
    ("text-embedding-", "openai"),
    ("dall-e-", "openai"),
    ("whisper-", "openai"),
    ("tts-", "openai"),
    ("omni-moderation-", "openai"),
    ("codex-", "openai"),
    ("davinci-", "openai"),
    ("babbage-", "openai"),
    ("claude-", "anthropic"),
    ("gemini-", "vertex"),
    ("command", "cohere"),
    ("embed-", "cohere"),
    ("rerank-", "cohere"),
    // Bedrock names the maker first.
    ("anthropic.", "bedrock"),
    ("amazon.", "bedrock"),
    ("meta.llama", "bedrock"),
    ("mistral.", "bedrock"),
    ("cohere.", "bedrock"),
    ("us.", "bedrock"),
    ("eu.", "bedrock"),
    ("apac.", "bedrock"),
];

/// What a model's name says.
pub(super) struct Family {
    pub(super) entry: &'static Provider,
    /// The name as the provider has it.
    pub(super) model: String,
}

/// Why a model's name says nothing.
pub(super) enum Lost {
    /// This word is before it.
    Unknown(String),
    /// No word is before it, and the name does not tell.
    Bare,
}

/// Reads a model's name; `named` is `custom_llm_provider`.
pub(super) fn of(model: &str, named: Option<&str>) -> Result<Family, Lost> {
    if let Some(named) = named {
        let rest = model.strip_prefix(named).and_then(|rest| rest.strip_prefix('/'));
        let entry = entry(named).ok_or_else(|| Lost::Unknown(named.to_owned()))?;
        return Ok(Family { entry, model: rest.unwrap_or(model).to_owned() });
    }
    if let Some((prefix, rest)) = model.split_once('/')
        && let Some(entry) = entry(prefix)
    {
        return Ok(Family { entry, model: rest.to_owned() });
    }
    let begins = BEGINNINGS.iter().find(|(beginning, _)| model.starts_with(beginning));
    if let Some(entry) = begins.and_then(|(_, name)| catalogue::provider(name)) {
        return Ok(Family { entry, model: model.to_owned() });
    }
    match model.split_once('/') {
        Some((prefix, _)) => Err(Lost::Unknown(prefix.to_owned())),
        None => Err(Lost::Bare),
    }
}

fn entry(name: &str) -> Option<&'static Provider> {
    if COMPATIBLE.contains(&name) {
        return catalogue::provider("openai-compatible");
    }
    let other = OTHERS.iter().find(|(other, _)| *other == name);
    catalogue::provider(other.map_or(name, |(_, name)| name))
}

/// The entry for another server of the protocol that this one speaks.
pub(super) fn elsewhere(entry: &'static Provider, mode: Option<&str>) -> &'static Provider {
    let name = match entry.name.as_str() {
        "openai" => match mode {
            Some("image_generation" | "audio_speech" | "audio_transcription" | "moderation") => {
                "openai-media-compatible"
            }
            Some("responses") => "openai-responses-compatible",
            _ => "openai-compatible",
        },
        // The form of vLLM's rankings is that of most servers.
        "openai-compatible" if mode == Some("rerank") => "vllm-rerank",
        "openai-media" => "openai-media-compatible",
        "openai-responses" => "openai-responses-compatible",
        _ => return entry,
    };
    catalogue::provider(name).unwrap_or(entry)
}
