//! A list of models against the recorded body.

use super::{equal, expected_error, failure};
use crate::exchange::Exchange;
use hotcell::Error;
use hotcell::types::Model;
use serde_json::Value;

pub(crate) fn compare(
    exchange: &Exchange,
    answer: Result<Vec<Model>, Error>,
) -> Result<String, String> {
    let answer = match (expected_error(exchange), answer) {
        (Some(error), Err(found)) => return failure(exchange, &error, &found),
        (Some(_), Ok(_)) => return Err("an error was expected".to_owned()),
        (None, answer) => answer.map_err(|error| format!("failed: {error}"))?,
    };
    let body = exchange.response.body.json();
    let lists = [&body, &body["data"], &body["models"]];
    let list = lists.into_iter().find_map(Value::as_array).cloned().unwrap_or_default();
    equal("number of models", &list.len().into(), &answer.len().into())?;
    for (entry, found) in list.iter().zip(&answer) {
        // Gemini names the collection as well.
        let id = entry.get("id").or_else(|| entry.get("model")).or_else(|| entry.get("name"));
        let id = id.and_then(Value::as_str).map(|id| id.strip_prefix("models/").unwrap_or(id));
        equal("id", &id.map_or(Value::Null, Value::from), &found.id.clone().into())?;
        let raw = found.raw.as_deref().map_or(Ok(Value::Null), serde_json::from_str);
        equal("raw", entry, &raw.map_err(|error| format!("raw: {error}"))?)?;
        if let Some(owner) = entry["owned_by"].as_str() {
            equal(
                "owner",
                &owner.into(),
                &found.owned_by.clone().map_or(Value::Null, Value::from),
            )?;
        }
    }
    Ok(format!("{answer:?}"))
}
