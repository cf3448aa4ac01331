//! The members of a body, by Mistral's names.

use crate::extra::lost;
use hotcell_openai_chat::json::{Members, object, string};
use hotcell_sdk::{Failure, FailureKind};

/// What OpenAI has and Mistral refuses, because it knows no such member.
const UNKNOWN: [&str; 13] = [
    "audio",
    "function_call",
    "functions",
    "include_reasoning",
    "logit_bias",
    "modalities",
    "moderation",
    "prompt_cache_retention",
    "safety_identifier",
    "store",
    "user",
    "verbosity",
    "web_search_options",
];

/// The values of `service_tier`, as JSON: OpenAI has others.
const TIERS: [&str; 3] = ["\"auto\"", "\"standard_only\"", "null"];

/// Brings a body to Mistral's names. With a `prompt`, that stands in the place of the
/// messages. A client that has this dialect but spells no `limit` itself has it from the
/// typed field.
pub(crate) fn finish(
    written: &[u8],
    limit: Option<u32>,
    prompt: Option<&str>,
    warnings: &mut Vec<String>,
) -> Result<Vec<u8>, Failure> {
    let text = std::str::from_utf8(written).ok().and_then(Members::of);
    let members =
        text.ok_or_else(|| Failure::new(FailureKind::Internal, "the body is not an object"))?;
    let prompt = prompt.map(string);
    let limit = limit.map(|limit| limit.to_string());
    let mut body: Vec<(&str, &str)> = Vec::new();
    for (name, value) in members.pairs() {
        let name = match name {
            "seed" => "random_seed",
            "max_completion_tokens" => "max_tokens",
            name => name,
        };
        // Mistral's own name wins over one that became it.
        let known = members.has(name) && members.get(name) != Some(value);
        match name {
            "messages" if prompt.is_some() => {
                body.extend(prompt.as_deref().map(|prompt| ("prompt", prompt)));
            }
            // Usage comes anyway.
            "stream_options" => {}
            "random_seed" | "max_tokens" if known => {}
            "service_tier" if !TIERS.contains(&value) => {
                lost(warnings, &format!("`{name}` {value}"));
            }
            name if UNKNOWN.contains(&name) => {
                if value != "null" {
                    lost(warnings, &format!("`{name}`"));
                }
            }
            name => {
                body.retain(|(known, _)| *known != name);
                body.push((name, value));
            }
        }
    }
    if let Some(limit) = limit.as_deref()
        && !body.iter().any(|(name, _)| *name == "max_tokens")
    {
        body.push(("max_tokens", limit));
    }
    Ok(object(body).into_bytes())
}
