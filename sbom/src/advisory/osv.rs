//! The format of OSV, as far as it is of use here.

use super::range::{Affected, Event, Range, version};
use super::{Advisory, Score};
use semver::Version;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Where the crates are that the advisories are about.
const ECOSYSTEM: &str = "crates.io";
const MAX_ID_BYTES: usize = 128;

#[derive(Deserialize)]
pub(super) struct Entry {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    aliases: Vec<String>,
    summary: Option<String>,
    withdrawn: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    severity: Vec<EntrySeverity>,
    #[serde(default, deserialize_with = "nullable")]
    affected: Vec<EntryAffected>,
    #[serde(default)]
    database_specific: Value,
}

#[derive(Deserialize)]
struct EntrySeverity {
    #[serde(rename = "type")]
    kind: String,
    score: String,
}

#[derive(Deserialize)]
struct EntryAffected {
    package: Option<EntryPackage>,
    #[serde(default, deserialize_with = "nullable")]
    severity: Vec<EntrySeverity>,
    #[serde(default, deserialize_with = "nullable")]
    ranges: Vec<EntryRange>,
    #[serde(default, deserialize_with = "nullable")]
    versions: Vec<String>,
    #[serde(default)]
    database_specific: Value,
}

#[derive(Deserialize)]
struct EntryPackage {
    ecosystem: String,
    name: String,
}

#[derive(Deserialize)]
struct EntryRange {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, deserialize_with = "nullable")]
    events: Vec<EntryEvent>,
}

#[derive(Deserialize)]
struct EntryEvent {
    introduced: Option<String>,
    fixed: Option<String>,
    last_affected: Option<String>,
    limit: Option<String>,
}

/// Some exports write `null` for a list of nothing.
fn nullable<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}

impl Entry {
    /// The advisory; none where it was withdrawn or is about nothing of crates.io.
    ///
    /// # Errors
    /// What it says that cannot be.
    pub(super) fn advisory(self) -> Result<Option<Advisory>, String> {
        let id = self.id;
        for name in std::iter::once(&id).chain(&self.aliases) {
            let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
            if !plain || name.len() > MAX_ID_BYTES {
                return Err("it, or an alias, has a name that is none".to_owned());
            }
        }
        if self.withdrawn.is_some() {
            return Ok(None);
        }
        let mut scores = self.severity;
        let mut informational = None;
        let mut affected = Vec::new();
        for mut entry in self.affected {
            let Some(package) = entry.package.take().filter(|of| of.ecosystem == ECOSYSTEM) else {
                continue;
            };
            scores.append(&mut entry.severity);
            let own = entry.database_specific.get("informational").and_then(Value::as_str);
            informational = informational.or_else(|| own.map(str::to_owned));
            affected.push(entry.of(package.name).map_err(|what| format!("{id}: {what}"))?);
        }
        if affected.is_empty() {
            return Ok(None);
        }
        let severity = self.database_specific.get("severity").and_then(Value::as_str);
        Ok(Some(Advisory {
            severity: severity.map(str::to_owned),
            id,
            aliases: self.aliases,
            summary: self.summary.filter(|summary| !summary.is_empty()),
            scores: scores
                .into_iter()
                .map(|one| Score { kind: one.kind, vector: one.score })
                .collect(),
            informational,
            affected,
        }))
    }
}

impl EntryAffected {
    fn of(self, name: String) -> Result<Affected, String> {
        let parse = |text: &str| {
            version(text)
                .ok_or_else(|| format!("`{}` is not a semantic version", text.escape_debug()))
        };
        let mut ranges = Vec::new();
        // Those of commits are about a repository, and the same is said in versions.
        for range in self.ranges.iter().filter(|range| range.kind != "GIT") {
            let (mut events, mut limits) = (Vec::new(), Vec::<Version>::new());
            for event in &range.events {
                if let Some(text) = &event.introduced {
                    let version = (text != "0").then(|| parse(text)).transpose()?;
                    events.push(Event::Introduced(version));
                }
                if let Some(text) = &event.fixed {
                    events.push(Event::Fixed(parse(text)?));
                }
                if let Some(text) = &event.last_affected {
                    events.push(Event::LastAffected(parse(text)?));
                }
                match event.limit.as_deref() {
                    None | Some("*") => {}
                    Some(text) => limits.push(parse(text)?),
                }
            }
            ranges.push(Range::new(events, limits));
        }
        let versions = self.versions.iter().map(|text| parse(text)).collect::<Result<_, _>>()?;
        Ok(Affected { name, versions, ranges })
    }
}
