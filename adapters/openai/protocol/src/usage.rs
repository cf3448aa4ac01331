//! Token counts, in all the spellings that providers have for them.

use crate::DIALECT;
use crate::json::{Members, Raw, count};
use hotcell_sdk::{Native, Usage};

/// Reads a `usage` object. Here prompt tokens include those of the cache, and
/// completion tokens those of reasoning, as ours do.
pub fn read(raw: &str) -> Option<Usage> {
    let counts = Members::of(raw)?;
    let details = |name: &str| counts.inner(name);
    let input = details("prompt_tokens_details").unwrap_or_default();
    let output = details("completion_tokens_details").unwrap_or_default();
    let first = |places: &[(&Members<'_>, &str)]| {
        places.iter().find_map(|(members, name)| count(members.get(name)))
    };
    let own = &counts;
    let prompt = first(&[(own, "prompt_tokens"), (own, "input_tokens")]);
    let completion = first(&[(own, "completion_tokens"), (own, "output_tokens")]);
    let reasoning = first(&[(&output, "reasoning_tokens"), (own, "reasoning_tokens")]);
    let total = count(own.get("total_tokens"));
    Some(Usage {
        input: prompt,
        output: with_reasoning(completion, prompt, reasoning, total),
        cache_read: first(&[
            (&input, "cached_tokens"),
            // Of DeepSeek, Moonshot, and routers before Anthropic.
            (own, "prompt_cache_hit_tokens"),
            (own, "cached_tokens"),
            (own, "cache_read_input_tokens"),
        ]),
        cache_write: first(&[(&input, "cache_write_tokens"), (own, "cache_creation_input_tokens")]),
        reasoning,
        raw: Some(Native { dialect: DIALECT.to_owned(), value: raw.to_owned() }),
    })
}

/// xAI counts reasoning beside the completion; its total tells.
fn with_reasoning(
    completion: Option<u64>,
    prompt: Option<u64>,
    reasoning: Option<u64>,
    total: Option<u64>,
) -> Option<u64> {
    let beside = || {
        let both = completion?.checked_add(reasoning.filter(|count| *count > 0)?)?;
        (total? == both.checked_add(prompt?)?).then_some(both)
    };
    beside().or(completion)
}

/// Groq reports the usage of a stream in a member of its own.
pub(crate) fn of_groq<'a>(rest: &Members<'a>) -> Raw<'a> {
    rest.inner("x_groq")?.get("usage")
}
