//! How the provider counts tokens.

use crate::DIALECT;
use hotcell_openai_chat::json::{Members, count};
use hotcell_sdk::{Native, Usage};

/// Reads a `usage` object. Input tokens include those of the cache, and output tokens
/// those of reasoning, as ours do.
pub(crate) fn read(raw: &str) -> Option<Usage> {
    let counts = Members::of(raw)?;
    let of = |outer: &str, name: &str| count(counts.inner(outer)?.get(name));
    Some(Usage {
        input: count(counts.get("input_tokens")),
        output: count(counts.get("output_tokens")),
        cache_read: of("input_tokens_details", "cached_tokens"),
        cache_write: of("input_tokens_details", "cache_write_tokens"),
        reasoning: of("output_tokens_details", "reasoning_tokens"),
        raw: Some(Native { dialect: DIALECT.to_owned(), value: raw.to_owned() }),
    })
}
