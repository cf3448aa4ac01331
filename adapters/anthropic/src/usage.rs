//! Token counts.

use crate::DIALECT;
use hotcell_sdk::{Usage, json::native};
use serde_json::{Map, Value};

/// What was reported so far: later reports are cumulative, and leave out what does
/// not change.
#[derive(Default)]
pub(crate) struct Report {
    members: Map<String, Value>,
}

impl Report {
    /// Takes a report in, and gives the totals so far.
    pub(crate) fn update(&mut self, raw: &str) -> Option<Usage> {
        let report: Map<String, Value> = serde_json::from_str(raw).ok()?;
        self.members.extend(report.into_iter().filter(|(_, value)| !value.is_null()));
        let number = |name: &str| self.members.get(name).and_then(Value::as_u64);
        let cache_read = number("cache_read_input_tokens");
        let cache_write = number("cache_creation_input_tokens");
        let thinking = self.members.get("output_tokens_details");
        Some(Usage {
            // The provider counts what it read from or wrote to its cache apart.
            input: number("input_tokens")
                .map(|input| input + cache_read.unwrap_or(0) + cache_write.unwrap_or(0)),
            output: number("output_tokens"),
            cache_read,
            cache_write,
            reasoning: thinking.and_then(|details| details.get("thinking_tokens")?.as_u64()),
            raw: Some(native(&Value::Object(self.members.clone()), DIALECT)),
        })
    }
}
