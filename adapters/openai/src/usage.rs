//! Token counts, in all the spellings that providers have for them.

use crate::DIALECT;
use crate::wire::{self, Raw, Rest};
use hotcell_sdk::{Native, Usage};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Counts<'a> {
    #[serde(borrow)]
    prompt_tokens: Raw<'a>,
    #[serde(borrow)]
    input_tokens: Raw<'a>,
    #[serde(borrow)]
    completion_tokens: Raw<'a>,
    #[serde(borrow)]
    output_tokens: Raw<'a>,
    #[serde(borrow)]
    total_tokens: Raw<'a>,
    #[serde(borrow)]
    prompt_tokens_details: Option<Details<'a>>,
    #[serde(borrow)]
    completion_tokens_details: Option<Details<'a>>,
    /// DeepSeek's spelling.
    #[serde(borrow)]
    prompt_cache_hit_tokens: Raw<'a>,
    /// Moonshot's.
    #[serde(borrow)]
    cached_tokens: Raw<'a>,
    /// Those of routers before Anthropic.
    #[serde(borrow)]
    cache_read_input_tokens: Raw<'a>,
    #[serde(borrow)]
    cache_creation_input_tokens: Raw<'a>,
    /// Perplexity's.
    #[serde(borrow)]
    reasoning_tokens: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details<'a> {
    #[serde(borrow)]
    cached_tokens: Raw<'a>,
    #[serde(borrow)]
    cache_write_tokens: Raw<'a>,
    #[serde(borrow)]
    reasoning_tokens: Raw<'a>,
}

const NONE: Details<'static> =
    Details { cached_tokens: None, cache_write_tokens: None, reasoning_tokens: None };

/// Reads a `usage` object. Here prompt tokens include those of the cache, and
/// completion tokens those of reasoning, as ours do.
pub(crate) fn read(raw: &str) -> Option<Usage> {
    let counts: Counts<'_> = serde_json::from_str(raw).ok()?;
    let input = counts.prompt_tokens_details.as_ref().unwrap_or(&NONE);
    let output = counts.completion_tokens_details.as_ref().unwrap_or(&NONE);
    let first = |spellings: &[Raw<'_>]| spellings.iter().find_map(|raw| wire::count(*raw));
    let prompt = first(&[counts.prompt_tokens, counts.input_tokens]);
    let reasoning = first(&[output.reasoning_tokens, counts.reasoning_tokens]);
    Some(Usage {
        input: prompt,
        output: completion(&counts, prompt, reasoning),
        cache_read: first(&[
            input.cached_tokens,
            counts.prompt_cache_hit_tokens,
            counts.cached_tokens,
            counts.cache_read_input_tokens,
        ]),
        cache_write: first(&[input.cache_write_tokens, counts.cache_creation_input_tokens]),
        reasoning,
        raw: Some(Native { dialect: DIALECT.to_owned(), value: raw.to_owned() }),
    })
}

/// xAI counts reasoning beside the completion; its total tells.
fn completion(counts: &Counts<'_>, prompt: Option<u64>, reasoning: Option<u64>) -> Option<u64> {
    let completion = wire::count(counts.completion_tokens.or(counts.output_tokens))?;
    let beside = reasoning.filter(|reasoning| {
        let sum = prompt.and_then(|prompt| prompt.checked_add(completion)?.checked_add(*reasoning));
        *reasoning > 0 && sum.is_some() && sum == wire::count(counts.total_tokens)
    });
    completion.checked_add(beside.unwrap_or(0))
}

/// Groq reports the usage of a stream in a member of its own.
pub(crate) fn of_groq<'a>(rest: &Rest<'a>) -> Raw<'a> {
    #[derive(Deserialize)]
    struct Groq<'a> {
        #[serde(borrow, default)]
        usage: Option<&'a RawValue>,
    }
    let (_, raw) = rest.iter().find(|(name, _)| name == "x_groq")?;
    let groq: Groq<'a> = serde_json::from_str(raw.get()).ok()?;
    groq.usage
}
