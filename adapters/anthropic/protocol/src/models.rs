//! The provider's models, all pages of them
//! (<https://docs.anthropic.com/en/api/models-list>).

use crate::error;
use crate::wire::{Members, Text};
use hotcell_sdk::{Endpoint, Failure, Model, RequestBuilder};
use serde_json::value::RawValue;

/// The most that the provider gives at once.
const PAGE: &str = "1000";

/// Asks for all models. `prepared` adds to each request what the place wants with it.
///
/// # Errors
/// What egress refuses, what the provider says, and a list that is none.
pub fn models(
    prepared: fn(RequestBuilder<'_>) -> RequestBuilder<'_>,
) -> Result<Vec<Model>, Failure> {
    let endpoint = Endpoint::named("api")?;
    let mut models = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let mut request = endpoint.get("/models").query("limit", PAGE);
        if let Some(after) = &after {
            request = request.query("after_id", after);
        }
        let response = prepared(request).header("accept", "application/json").send()?;
        if response.status() >= 300 {
            return Err(error::of_response(&response));
        }
        let body = response.text()?;
        let malformed = |error| Failure::malformed(format!("the list of models: {error}"));
        let page: Members<'_> = serde_json::from_str(&body).map_err(malformed)?;
        let data: Vec<&RawValue> =
            serde_json::from_str(page.get("data").unwrap_or("null")).map_err(malformed)?;
        for entry in data {
            models.push(model(entry.get()).map_err(malformed)?);
        }
        if page.get("has_more") != Some("true") {
            return Ok(models);
        }
        let last = text(page.get("last_id"));
        if last.is_none() || last == after {
            return Err(Failure::malformed("the list of models has a page without a next one"));
        }
        after = last;
    }
}

fn model(raw: &str) -> Result<Model, serde_json::Error> {
    let entry: Members<'_> = serde_json::from_str(raw)?;
    let id: Text<'_> = serde_json::from_str(entry.get("id").unwrap_or("null"))?;
    Ok(Model {
        id: id.into_owned(),
        name: text(entry.get("display_name")),
        created: text(entry.get("created_at")).and_then(|time| seconds(&time)),
        owned_by: None,
        raw: Some(raw.to_owned()),
    })
}

fn text(json: Option<&str>) -> Option<String> {
    let text: Text<'_> = serde_json::from_str(json?).ok()?;
    Some(text.into_owned())
}

/// Seconds since 1970 of a time in UTC as RFC 3339 writes it; none of times before
/// and of everything else.
fn seconds(time: &str) -> Option<u64> {
    let (date, clock) = time.strip_suffix('Z')?.split_once('T')?;
    let numbers = |text: &str, separator| -> Option<[u64; 3]> {
        let mut parts = text.split(separator).map(|part| part.parse().ok());
        let three = [parts.next()??, parts.next()??, parts.next()??];
        parts.next().is_none().then_some(three)
    };
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(clock.split('.').next()?, ':')?;
    let good_date = (1970..10_000).contains(&year) && (1..=12).contains(&month);
    if !good_date || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Years begin in March, so that the leap day is the last of its year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let days = 365 * year + year / 4 - year / 100 + year / 400 + day_of_year;
    let days = days.checked_sub(719_468)?;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_are_counted_from_1970() {
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(seconds("2000-02-29T23:59:59Z"), Some(951_868_799));
        assert_eq!(seconds("2025-02-19T00:00:00.25Z"), Some(1_739_923_200));
        for wrong in [
            "",
            "2025-02-19",
            "2025-02-19T00:00:00+01:00",
            "2025-13-01T00:00:00Z",
            "a-b-cT0:0:0Z",
            "2025-01-01T99999999999999999:00:00Z",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
