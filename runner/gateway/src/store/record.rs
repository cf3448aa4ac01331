//! What is known of those who may ask: keys, teams, and what they may.

use crate::ledger::{Money, Window};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A key, but for its secret, of which nobody has more than a digest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Key {
    /// By which it is known. It is no secret, and opens nothing.
    pub id: String,
    /// What a person calls it.
    pub alias: Option<String>,
    /// The team whose limits hold as well.
    pub team: Option<String>,
    /// What it may.
    pub limits: Limits,
    /// It opens nothing for now.
    pub blocked: bool,
    /// When it was made.
    pub created: Time,
    /// From when on it opens nothing.
    pub expires: Option<Time>,
    /// Whatever its owner wants to find here again.
    pub metadata: Map<String, Value>,
}

/// Keys that share limits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Team {
    /// Its name.
    pub id: String,
    /// What a person calls it.
    pub alias: Option<String>,
    /// What its keys may together.
    pub limits: Limits,
    /// Its keys open nothing for now.
    pub blocked: bool,
    /// When it was made.
    pub created: Time,
    /// Whatever its owner wants to find here again.
    pub metadata: Map<String, Value>,
}

/// What somebody may.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Limits {
    /// The models, as clients call them; `*` stands for any text. Empty: all.
    pub models: Vec<String>,
    /// The endpoints, such as `chat-completions`; `*` stands for any text. Empty: all.
    pub endpoints: Vec<String>,
    /// What they may cost.
    pub budget: Budget,
    /// Requests in a minute.
    pub requests_per_minute: Option<u64>,
    /// Tokens in a minute, of prompts and answers.
    pub tokens_per_minute: Option<u64>,
}

/// US dollars, for spans of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Budget {
    /// From midnight to midnight, in UTC.
    pub day: Option<Money>,
    /// From Monday to Sunday.
    pub week: Option<Money>,
    /// A month of the calendar.
    pub month: Option<Money>,
    /// For ever.
    pub total: Option<Money>,
}

impl Budget {
    /// Every limit that there is.
    pub fn limits(&self) -> impl Iterator<Item = (Window, Money)> {
        let all = [
            (Window::Day, self.day),
            (Window::Week, self.week),
            (Window::Month, self.month),
            (Window::Total, self.total),
        ];
        all.into_iter().filter_map(|(window, limit)| Some((window, limit?)))
    }
}

/// A moment: seconds since 1970, and in JSON as RFC 3339 has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Time(pub u64);

impl Time {
    /// Now.
    pub fn now() -> Self {
        Self(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = UNIX_EPOCH + Duration::from_secs(self.0.min(LAST));
        humantime::format_rfc3339_seconds(time).fmt(f)
    }
}

/// The end of the year 9999.
const LAST: u64 = 253_402_300_799;

impl From<Time> for String {
    fn from(time: Time) -> Self {
        time.to_string()
    }
}

impl TryFrom<String> for Time {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let time = humantime::parse_rfc3339_weak(&text).ok();
        let time = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        time.map(|since| Self(since.as_secs()))
            .ok_or_else(|| format!("`{text}` is no time, such as 2027-01-31T12:00:00Z"))
    }
}
