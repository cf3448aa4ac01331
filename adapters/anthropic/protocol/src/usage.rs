//! Token counts. Anthropic's `input_tokens` leave out what was read from and
//! written to the cache; ours count every token of the prompt. A stream reports
//! totals so far, and later reports may leave out what has not changed.

use crate::DIALECT;
use crate::stream::native;
use crate::wire::{Members, object_text};
use hotcell_sdk::{Event, Failure, Native, TokenCount, Usage};

/// All that was reported so far.
#[derive(Default)]
pub(crate) struct Totals {
    members: Vec<(String, String)>,
}

impl Totals {
    /// Takes a report in; none where it says nothing.
    pub(crate) fn report(&mut self, usage: &str) -> Option<Event> {
        let reported: Members<'_> = serde_json::from_str(usage).ok()?;
        for (name, value) in reported.without_nulls().0 {
            let value = value.get().to_owned();
            match self.members.iter_mut().find(|(found, _)| *found == name) {
                Some((_, old)) => *old = value,
                None => self.members.push((name.into_owned(), value)),
            }
        }
        (!self.members.is_empty()).then(|| Event::Usage(self.usage()))
    }

    fn usage(&self) -> Usage {
        let cache_read = self.count("cache_read_input_tokens");
        let cache_write = self.count("cache_creation_input_tokens").or_else(|| {
            let parts = self.get("cache_creation")?;
            let part = |name| inner_count(parts, name).unwrap_or(0);
            Some(part("ephemeral_5m_input_tokens") + part("ephemeral_1h_input_tokens"))
        });
        let cached = cache_read.unwrap_or(0).saturating_add(cache_write.unwrap_or(0));
        let details = self.get("output_tokens_details");
        let members = self.members.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Usage {
            input: self.count("input_tokens").map(|fresh| fresh.saturating_add(cached)),
            output: self.count("output_tokens"),
            cache_read,
            cache_write,
            reasoning: details.and_then(|details| inner_count(details, "thinking_tokens")),
            raw: Some(Native { dialect: DIALECT.to_owned(), value: object_text(members) }),
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.members.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    fn count(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }
}

fn inner_count(object: &str, name: &str) -> Option<u64> {
    let members: Members<'_> = serde_json::from_str(object).ok()?;
    members.get(name)?.parse().ok()
}

/// Reads the answer to a request that is only counted.
///
/// # Errors
/// `malformed-response`, where it has no count.
pub fn read_count(body: &str) -> Result<TokenCount, Failure> {
    let mut members: Members<'_> = serde_json::from_str(body).unwrap_or_default();
    let input = members.take("input_tokens").and_then(|count| count.parse().ok());
    let input = input.ok_or_else(|| Failure::malformed("the answer has no `input_tokens`"))?;
    Ok(TokenCount { input, extra: native(members.text()) })
}
