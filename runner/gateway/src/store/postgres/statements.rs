//! Every statement. Values stand beside them, whoever they come from; no text becomes part of
//! one. Each is one step.

use super::pool::Asked;
use super::words::{number, text};
use crate::ledger::Money;
use crate::store::{Response, StoreError, Sums, Total, UsageQuery};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

const fn read(text: &'static str) -> Asked {
    Asked { text, is_repeatable: true }
}

/// One that tells whether it changed something: done twice, it would tell something else.
const fn change(text: &'static str) -> Asked {
    Asked { text, is_repeatable: false }
}

pub(super) const KEY_OF: Asked = read("SELECT record FROM hotcell.keys WHERE hash = $1");
pub(super) const KEY: Asked = read("SELECT record FROM hotcell.keys WHERE id = $1");
pub(super) const KEYS: Asked = read(
    "SELECT record FROM hotcell.keys WHERE id > $1 AND ($2::text IS NULL OR team = $2) \
     ORDER BY id LIMIT $3",
);
pub(super) const ADD_KEY: Asked =
    change("INSERT INTO hotcell.keys (id, hash, team, record) VALUES ($1, $2, $3, $4)");
pub(super) const CHANGE_KEY: Asked =
    read("UPDATE hotcell.keys SET team = $2, record = $3 WHERE id = $1 RETURNING 1");
pub(super) const ROTATE_KEY: Asked =
    read("UPDATE hotcell.keys SET hash = $2 WHERE id = $1 RETURNING 1");
pub(super) const REMOVE_KEY: Asked = change("DELETE FROM hotcell.keys WHERE id = $1 RETURNING 1");

pub(super) const TEAM: Asked = read("SELECT record FROM hotcell.teams WHERE id = $1");
pub(super) const TEAMS: Asked =
    read("SELECT record FROM hotcell.teams WHERE id > $1 ORDER BY id LIMIT $2");
pub(super) const ADD_TEAM: Asked = change(
    "INSERT INTO hotcell.teams (id, record) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1",
);
pub(super) const CHANGE_TEAM: Asked =
    read("UPDATE hotcell.teams SET record = $2 WHERE id = $1 RETURNING 1");
pub(super) const REMOVE_TEAM: Asked = change(
    "DELETE FROM hotcell.teams WHERE id = $1 \
     AND NOT EXISTS (SELECT FROM hotcell.keys WHERE team = $1) RETURNING 1",
);

pub(super) const KEEP_RESPONSE: Asked =
    read("SELECT hotcell.keep_response($1, $2, $3, $4, $5, $6, $7)");
pub(super) const RESPONSE_OF: Asked = read(
    "SELECT name, model, made, due FROM hotcell.responses \
     WHERE owner = $1 AND id = $2 AND made > $3",
);

/// A number is held once and settled once, however often it is sent.
pub(super) const HOLD: Asked = read("SELECT hotcell.hold($1, $2, $3::text::jsonb)");
pub(super) const SETTLE: Asked = read("SELECT hotcell.settle($1, $2::text::jsonb)");
pub(super) const BEAT: Asked = read("SELECT hotcell.beat($1, $2, $3, $4, $5)");
pub(super) const STANDINGS: Asked = read(
    "SELECT hotcell.capped(used), hotcell.capped(held) \
     FROM hotcell.standings(0, 0, $1::text::jsonb) ORDER BY place",
);

// What is not asked for is the same in every row, so that it makes no group of its own.
pub(super) const USAGE: Asked = read(
    "SELECT CASE WHEN $6 THEN day END AS a, CASE WHEN $7 THEN key END AS b, \
         CASE WHEN $8 THEN team END AS c, CASE WHEN $9 THEN model END AS d, \
         hotcell.capped(SUM(requests)), hotcell.capped(SUM(failures)), \
         hotcell.capped(SUM(estimated)), hotcell.capped(SUM(unpriced)), \
         hotcell.capped(SUM(input)), hotcell.capped(SUM(output)), \
         hotcell.capped(SUM(cache_read)), hotcell.capped(SUM(cache_write)), \
         hotcell.capped(SUM(cost)), hotcell.capped(SUM(cached)) \
     FROM hotcell.usage \
     WHERE ($1::text IS NULL OR key = $1) AND ($2::text IS NULL OR team = $2) \
         AND ($3::text IS NULL OR model = $3) AND day >= $4 \
         AND ($5::bigint IS NULL OR day <= $5) \
     GROUP BY a, b, c, d ORDER BY a, b, c, d LIMIT $10 OFFSET $11",
);

/// The values of [`USAGE`], but for those that are plain.
pub(super) struct Wanted {
    pub(super) texts: [Option<String>; 3],
    pub(super) since: i64,
    pub(super) until: Option<i64>,
    pub(super) most: i64,
    pub(super) skip: i64,
}

impl Wanted {
    pub(super) fn of(query: &UsageQuery) -> Self {
        let texts = [&query.key, &query.team, &query.model];
        Self {
            texts: texts.map(|it| it.as_deref().map(|it| text(it).into_owned())),
            since: number(query.since),
            until: query.until.map(number),
            most: query.most.into(),
            skip: query.skip.into(),
        }
    }
}

pub(super) fn total(row: &Row) -> Result<Total, StoreError> {
    let day: Option<i64> = column(row, 0)?;
    Ok(Total {
        day: day.and_then(|day| day.try_into().ok()),
        key: column(row, 1)?,
        team: column(row, 2)?,
        model: column(row, 3)?,
        sums: Sums {
            requests: count(row, 4)?,
            failures: count(row, 5)?,
            estimated: count(row, 6)?,
            unpriced: count(row, 7)?,
            input: count(row, 8)?,
            output: count(row, 9)?,
            cache_read: count(row, 10)?,
            cache_write: count(row, 11)?,
            cost: Money::billionths(count(row, 12)?),
            cached: count(row, 13)?,
        },
    })
}

pub(super) fn column<'a, T: FromSql<'a>>(row: &'a Row, at: usize) -> Result<T, StoreError> {
    row.try_get(at).map_err(|error| StoreError(format!("PostgreSQL: {error}")))
}

pub(super) fn count(row: &Row, at: usize) -> Result<u64, StoreError> {
    Ok(u64::try_from(column::<i64>(row, at)?).unwrap_or(0))
}

/// The answer of this id, of this owner, which a row tells.
pub(super) fn response(row: &Row, owner: String, id: String) -> Result<Response, StoreError> {
    let (name, model) = (column(row, 0)?, column(row, 1)?);
    Ok(Response { owner, id, name, model, made: count(row, 2)?, due: column(row, 3)? })
}

/// The record that a row has first.
pub(super) fn record<T: DeserializeOwned>(row: &Row) -> Result<T, StoreError> {
    let text: &str = column(row, 0)?;
    serde_json::from_str(text)
        .map_err(|error| StoreError(format!("a record cannot be read: {error}")))
}

pub(super) fn json<T: Serialize>(record: &T) -> Result<String, StoreError> {
    serde_json::to_string(record)
        .map_err(|error| StoreError(format!("a record cannot be written: {error}")))
}
