//! Token counts. `tokens` counts what the model read and wrote, `billed_units` what is
//! paid for: the prompt without what the provider adds to it.

use hotcell_sdk::{Usage, json};
use serde_json::Value;

/// Reads the `usage` of an answer, or the `meta` of one that has no text.
pub(crate) fn read(usage: &Value, dialect: &str) -> Option<Usage> {
    let (tokens, billed) = (&usage["tokens"], &usage["billed_units"]);
    let either = |name: &str| count(&tokens[name]).or_else(|| count(&billed[name]));
    // Text and images are counted apart, save where they are billed.
    let images = count(&tokens["image_tokens"]).unwrap_or(0);
    usage.is_object().then(|| Usage {
        input: count(&tokens["input_tokens"])
            .map(|text| text.saturating_add(images))
            .or_else(|| of_bill(billed)),
        output: either("output_tokens"),
        cache_read: count(&usage["cached_tokens"]),
        cache_write: None,
        reasoning: count(&tokens["reasoning_tokens"]),
        raw: Some(json::native(usage, dialect)),
    })
}

/// Embeddings are billed by texts and images.
fn of_bill(billed: &Value) -> Option<u64> {
    let text = count(&billed["input_tokens"]);
    let images = count(&billed["image_tokens"]);
    match (text, images) {
        (None, None) => None,
        (text, images) => Some(text.unwrap_or(0).saturating_add(images.unwrap_or(0))),
    }
}

/// A count, also one with a decimal point.
pub(crate) fn count(value: &Value) -> Option<u64> {
    let whole = || value.as_f64().filter(|count| (0.0..1e15).contains(count));
    value.as_u64().or_else(|| whole().map(|count| count as u64))
}
