//! Token counts, in all the spellings that providers have for them.

use crate::DIALECT;
use hotcell_sdk::{Native, Usage};
use serde_json::Value;

/// Reads a `usage` object. OpenAI's counts already include cached and reasoning
/// tokens, as ours do.
pub(crate) fn read(raw: &str) -> Option<Usage> {
    let value: Value = serde_json::from_str(raw).ok()?;
    let object = value.as_object()?;
    let number = |value: Option<&Value>| value.and_then(Value::as_f64).map(|count| count as u64);
    let at = |path: [&str; 2]| number(object.get(path[0]).and_then(|inner| inner.get(path[1])));
    let input = number(object.get("prompt_tokens")).or(number(object.get("input_tokens")));
    let output = number(object.get("completion_tokens")).or(number(object.get("output_tokens")));
    Some(Usage {
        input,
        output,
        cache_read: at(["prompt_tokens_details", "cached_tokens"])
            .or(number(object.get("prompt_cache_hit_tokens")))
            .or(number(object.get("cached_tokens"))),
        cache_write: at(["prompt_tokens_details", "cache_write_tokens"])
            .or(number(object.get("cache_creation_input_tokens"))),
        reasoning: at(["completion_tokens_details", "reasoning_tokens"])
            .or(number(object.get("reasoning_tokens"))),
        raw: Some(Native { dialect: DIALECT.to_owned(), value: raw.to_owned() }),
    })
}

/// Groq reports usage of a stream in a member of its own.
pub(crate) fn of_groq(raw: &str) -> Option<Usage> {
    let value: Value = serde_json::from_str(raw).ok()?;
    read(&value.get("usage")?.to_string())
}
