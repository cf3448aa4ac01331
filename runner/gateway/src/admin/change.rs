//! Changes to records: merge patches (RFC 7396), and what may stand in a record.

use super::Refused;
use crate::store::{Limits, Store, Time};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Characters of an alias or a team's name.
const NAME: usize = 200;
/// Patterns of a limit, and characters of each.
const PATTERNS: usize = 256;
/// Bytes of metadata, as JSON.
const METADATA: usize = 16 * 1024;

/// The record with what is asked for changed in it, of these members alone.
pub(super) fn changed<T: Serialize + DeserializeOwned>(
    record: &T,
    patch: Map<String, Value>,
    allowed: &[&str],
) -> Result<T, Refused> {
    if let Some(name) = patch.keys().find(|name| !allowed.contains(&name.as_str())) {
        let message = format!("`{name}` cannot be set here; what can is {}", allowed.join(", "));
        return Err(Refused::wrong(name, message));
    }
    let mut value = super::value(record)?;
    merge(&mut value, Value::Object(patch));
    // An empty list would be read as a table in which nothing is said.
    for (name, pointer) in
        [("limits", "/limits"), ("limits.budget", "/limits/budget"), ("metadata", "/metadata")]
    {
        if value.pointer(pointer).is_some_and(|it| !it.is_object()) {
            return Err(Refused::wrong(name, "is an object"));
        }
    }
    serde_json::from_value(value).map_err(|error| Refused::wrong("", error.to_string()))
}

fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else { return };
    for (name, value) in patch {
        match value {
            Value::Null => _ = members.shift_remove(&name),
            value => merge(members.entry(name).or_insert(Value::Null), value),
        }
    }
}

/// Takes `expires-in`, such as `30d`, for the time that it means.
pub(super) fn expiry(patch: &mut Map<String, Value>) -> Result<(), Refused> {
    let Some(span) = patch.shift_remove("expires-in") else { return Ok(()) };
    let span = span.as_str().and_then(|text| humantime::parse_duration(text).ok());
    let span = span.ok_or_else(|| {
        Refused::wrong("expires-in", "`expires-in` is a span of time, such as \"30d\" or \"12h\"")
    })?;
    let time = Time(Time::now().0.saturating_add(span.as_secs()));
    patch.insert("expires".to_owned(), Value::String(time.to_string()));
    Ok(())
}

/// Refuses a record that is too large, or that nobody could read aloud.
pub(super) fn check(
    alias: Option<&String>,
    limits: &Limits,
    metadata: &Map<String, Value>,
) -> Result<(), Refused> {
    if let Some(alias) = alias {
        check_name("alias", alias)?;
    }
    for (name, patterns) in
        [("limits.models", &limits.models), ("limits.endpoints", &limits.endpoints)]
    {
        if patterns.len() > PATTERNS {
            return Err(Refused::wrong(name, format!("has more than {PATTERNS} entries")));
        }
        for pattern in patterns {
            check_name(name, pattern)?;
        }
    }
    if super::value(metadata)?.to_string().len() > METADATA {
        return Err(Refused::wrong("metadata", format!("has more than {METADATA} bytes")));
    }
    Ok(())
}

fn check_name(param: &str, text: &str) -> Result<(), Refused> {
    let is_good = (1..=NAME).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    match is_good {
        true => Ok(()),
        false => Err(Refused::wrong(param, format!("has 1 to {NAME} printable characters"))),
    }
}

/// Refuses the name of a team that would have to be escaped somewhere.
pub(super) fn check_id(id: &str) -> Result<(), Refused> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match (1..=64).contains(&id.len()) && id.chars().all(fits) {
        true => Ok(()),
        false => {
            Err(Refused::wrong("id", "has 1 to 64 letters, digits, dots, dashes, underscores"))
        }
    }
}

/// Refuses a team that there is not.
pub(super) async fn check_team(store: &dyn Store, team: Option<&String>) -> Result<(), Refused> {
    let Some(team) = team else { return Ok(()) };
    match store.team(team.clone()).await? {
        Some(_) => Ok(()),
        None => Err(Refused::wrong("team", format!("there is no team `{team}`; make it first"))),
    }
}
