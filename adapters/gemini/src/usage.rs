//! Token counts (<https://ai.google.dev/api/generate-content#UsageMetadata>). The
//! provider counts what was thought, and what its own tools gave to read, beside the
//! answer and the prompt; ours are part of them.

use crate::json::{self, Value};
use hotcell_sdk::Usage;

/// Reads a report; none where it counts nothing.
pub(crate) fn read(report: &Value) -> Option<Usage> {
    let count = |name: &str| report.get(name).as_u64();
    let sum = |one: Option<u64>, other: Option<u64>| match (one, other) {
        (None, None) => None,
        (one, other) => Some(one.unwrap_or(0).saturating_add(other.unwrap_or(0))),
    };
    let thoughts = count("thoughtsTokenCount");
    let usage = Usage {
        input: sum(count("promptTokenCount"), count("toolUsePromptTokenCount")),
        output: sum(count("candidatesTokenCount"), thoughts),
        cache_read: count("cachedContentTokenCount"),
        cache_write: None,
        reasoning: thoughts,
        raw: Some(json::native(report)),
    };
    (usage.input.is_some() || usage.output.is_some()).then_some(usage)
}
