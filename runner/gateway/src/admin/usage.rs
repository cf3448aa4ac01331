//! What was used.

use super::query::Query;
use super::{Refused, Told, listed, value};
use crate::ledger::DAY;
use crate::store::{Store, Time, Total, UsageQuery};
use serde_json::Value;

const MEMBERS: [&str; 8] = ["key", "team", "model", "since", "until", "by", "after", "limit"];

pub(super) async fn list(store: &dyn Store, query: &Query) -> Result<Told, Refused> {
    query.only(&MEMBERS)?;
    let text = |name: &str| query.get(name).map(str::to_owned);
    let most = query.most()?;
    let skip = match query.get("after") {
        None => 0,
        Some(after) => {
            let skip: Option<u32> = after.parse().ok();
            skip.ok_or_else(|| Refused::wrong("after", "`after` is the `next` of another page"))?
        }
    };
    let mut wanted = UsageQuery {
        key: text("key"),
        team: text("team"),
        model: text("model"),
        since: day(query, "since")?.unwrap_or(0),
        until: day(query, "until")?,
        skip,
        most: most + 1,
        ..UsageQuery::default()
    };
    for by in query.get("by").into_iter().flat_map(|by| by.split(',')) {
        match by {
            "day" => wanted.by_day = true,
            "key" => wanted.by_key = true,
            "team" => wanted.by_team = true,
            "model" => wanted.by_model = true,
            _ => return Err(Refused::wrong("by", "`by` is a list of day, key, team and model")),
        }
    }
    let mut totals = store.usage(wanted).await?;
    let is_more = totals.len() > most as usize;
    totals.truncate(most as usize);
    let data = totals.iter().map(shown).collect::<Result<_, _>>()?;
    Ok(listed(data, is_more.then(|| skip.saturating_add(most).to_string())))
}

fn shown(total: &Total) -> Result<Value, Refused> {
    let mut shown = value(&total.sums)?;
    let date = total.day.map(|day| Time(day * DAY).to_string()[..10].to_owned());
    let names =
        [("model", &total.model), ("team", &total.team), ("key", &total.key), ("day", &date)];
    if let Value::Object(members) = &mut shown {
        for (name, of) in names {
            if let Some(of) = of {
                members.shift_insert(0, name.to_owned(), Value::String(of.clone()));
            }
        }
    }
    Ok(shown)
}

/// A day, as `YYYY-MM-DD`.
fn day(query: &Query, name: &str) -> Result<Option<u64>, Refused> {
    let Some(text) = query.get(name) else { return Ok(None) };
    let time = Time::try_from(format!("{text}T00:00:00Z")).ok().filter(|_| text.len() == 10);
    let time =
        time.ok_or_else(|| Refused::wrong(name, format!("`{name}` is a day, such as 2027-01-31")))?;
    Ok(Some(time.0 / DAY))
}
