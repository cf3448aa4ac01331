//! Budgets, and what is left of them.

use super::change::changed;
use super::query::Query;
use super::{Refused, Told, keys, listed, page, teams};
use crate::ledger::Money;
use crate::store::{Budget, Meter, Store, Subject, Time, Unit};
use serde_json::{Map, Value, json};

const MEMBERS: [&str; 4] = ["day", "week", "month", "total"];

pub(super) async fn of_keys(store: &dyn Store, query: &Query) -> Result<Told, Refused> {
    query.only(&["after", "limit"])?;
    let (wanted, most) = query.page()?;
    let keys = store.keys(wanted, None).await?;
    let (keys, next) = page(keys, most, |key| &key.id);
    let mut data = Vec::new();
    for key in keys {
        let subject = Subject::Key(key.id.as_str().into());
        data.extend(left(store, &key.id, subject, &key.limits.budget).await?);
    }
    Ok(listed(data, next))
}

pub(super) async fn of_teams(store: &dyn Store, query: &Query) -> Result<Told, Refused> {
    query.only(&["after", "limit"])?;
    let (wanted, most) = query.page()?;
    let teams = store.teams(wanted).await?;
    let (teams, next) = page(teams, most, |team| &team.id);
    let mut data = Vec::new();
    for team in teams {
        let subject = Subject::Team(team.id.as_str().into());
        data.extend(left(store, &team.id, subject, &team.limits.budget).await?);
    }
    Ok(listed(data, next))
}

pub(super) async fn of_key(store: &dyn Store, id: &str) -> Result<Told, Refused> {
    let key = keys::find(store, id).await?;
    told(left(store, id, Subject::Key(id.into()), &key.limits.budget).await?, id)
}

pub(super) async fn of_team(store: &dyn Store, id: &str) -> Result<Told, Refused> {
    let team = teams::find(store, id).await?;
    told(left(store, id, Subject::Team(id.into()), &team.limits.budget).await?, id)
}

pub(super) async fn change_key(
    store: &dyn Store,
    id: &str,
    body: Map<String, Value>,
) -> Result<Told, Refused> {
    let mut key = keys::find(store, id).await?;
    key.limits.budget = changed(&key.limits.budget, body, &MEMBERS)?;
    match store.change_key(key).await? {
        true => of_key(store, id).await,
        false => Err(keys::absent(id)),
    }
}

pub(super) async fn change_team(
    store: &dyn Store,
    id: &str,
    body: Map<String, Value>,
) -> Result<Told, Refused> {
    let mut team = teams::find(store, id).await?;
    team.limits.budget = changed(&team.limits.budget, body, &MEMBERS)?;
    match store.change_team(team).await? {
        true => of_team(store, id).await,
        false => Err(teams::absent(id)),
    }
}

fn told(left: Option<Value>, id: &str) -> Result<Told, Refused> {
    let body = left.unwrap_or_else(|| json!({ "id": id, "budgets": [] }));
    Ok(Told { status: 200, body })
}

/// What is left of a budget; none where there is none.
async fn left(
    store: &dyn Store,
    id: &str,
    subject: Subject,
    budget: &Budget,
) -> Result<Option<Value>, Refused> {
    let now = Time::now().0;
    let (limits, meters): (Vec<Money>, Vec<Meter>) = budget
        .limits()
        .map(|(window, limit)| {
            let start = window.start(now);
            (limit, Meter { subject: subject.clone(), unit: Unit::Money, window, start })
        })
        .unzip();
    if limits.is_empty() {
        return Ok(None);
    }
    let standings = store.standings(&meters).await?;
    let budgets = limits.iter().zip(&meters).zip(standings).map(|((limit, meter), standing)| {
        let left = limit.as_billionths().saturating_sub(standing.used);
        json!({
            "window": meter.window,
            "limit": limit,
            "spent": Money::billionths(standing.used),
            "held": Money::billionths(standing.held),
            "left": Money::billionths(left),
            "renews": meter.window.end(now).map(Time),
        })
    });
    Ok(Some(json!({ "id": id, "budgets": budgets.collect::<Vec<_>>() })))
}
