//! The provider's models (<https://docs.anthropic.com/en/api/models-list>).

use crate::{error, with_version};
use hotcell_sdk::{Endpoint, Failure, Model};
use serde_json::Value;

/// A list that never ends is ended here.
const MOST_PAGES: usize = 50;

pub(crate) fn list() -> Result<Vec<Model>, Failure> {
    let endpoint = Endpoint::named("api")?;
    let mut models = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let mut builder = endpoint.get("/models").query("limit", "1000");
        if let Some(after) = &after {
            builder = builder.query("after_id", after);
        }
        let response = with_version(builder).header("accept", "application/json").send()?;
        if response.status() >= 300 {
            return Err(error::of_response(&response));
        }
        let page: Value = response.json()?;
        let list = page["data"].as_array();
        let list = list.ok_or_else(|| Failure::malformed("the list of models is no list"))?;
        models.extend(list.iter().filter_map(model));
        after = page["last_id"].as_str().map(str::to_owned);
        if page["has_more"] != true || after.is_none() {
            break;
        }
    }
    Ok(models)
}

fn model(entry: &Value) -> Option<Model> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(Model {
        id: text("id")?,
        name: text("display_name"),
        created: text("created_at").and_then(|time| seconds(&time)),
        owned_by: Some("anthropic".to_owned()),
        raw: Some(entry.to_string()),
    })
}

/// Seconds since 1970 of `2025-02-19T00:00:00Z`. The days are counted from March, so
/// that the leap day is the last of a year.
fn seconds(time: &str) -> Option<u64> {
    let number = |from: usize, to: usize| time.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let clock = number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?;
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    (days.checked_sub(719_468)? * 86_400).checked_add(clock)
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_are_seconds_since_1970() {
        let table = [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("2025-02-19T00:00:00Z", 1_739_923_200),
            ("2026-11-23T20:00:00Z", 1_795_464_000),
        ];
        for (time, expected) in table {
            assert_eq!(super::seconds(time), Some(expected), "{time}");
        }
        assert_eq!(super::seconds("yesterday"), None);
    }
}
