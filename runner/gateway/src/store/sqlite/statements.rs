//! Every statement. Values are bound, whoever they come from; no text becomes part of one.

use crate::ledger::{DAY, Money};
use crate::store::{
    Entry, Hash, Key, Meter, Page, Response, Subject, Sums, Team, Total, Unit, UsageQuery,
};
use rusqlite::types::{FromSqlError, Type};
use rusqlite::{Connection, Error, OptionalExtension, Result, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(super) fn key_of(connection: &Connection, hash: &Hash) -> Result<Option<Key>> {
    let mut statement = connection.prepare_cached("SELECT record FROM keys WHERE hash = ?1")?;
    statement.query_row(params![hash], record).optional()
}

pub(super) fn key(connection: &Connection, id: &str) -> Result<Option<Key>> {
    let mut statement = connection.prepare_cached("SELECT record FROM keys WHERE id = ?1")?;
    statement.query_row(params![id], record).optional()
}

pub(super) fn keys(connection: &Connection, page: &Page, team: Option<&str>) -> Result<Vec<Key>> {
    let mut statement = connection.prepare_cached(
        "SELECT record FROM keys WHERE id > ?1 AND (?2 IS NULL OR team = ?2) ORDER BY id LIMIT ?3",
    )?;
    statement.query_map(params![page.after, team, page.most], record)?.collect()
}

pub(super) fn add_key(connection: &Connection, key: &Key, hash: &Hash) -> Result<()> {
    let mut statement = connection
        .prepare_cached("INSERT INTO keys (id, hash, team, record) VALUES (?1, ?2, ?3, ?4)")?;
    statement.execute(params![key.id, hash, key.team, json(key)?]).map(drop)
}

pub(super) fn change_key(connection: &Connection, key: &Key) -> Result<bool> {
    let mut statement =
        connection.prepare_cached("UPDATE keys SET team = ?2, record = ?3 WHERE id = ?1")?;
    Ok(statement.execute(params![key.id, key.team, json(key)?])? > 0)
}

pub(super) fn rotate_key(connection: &Connection, id: &str, hash: &Hash) -> Result<bool> {
    let mut statement = connection.prepare_cached("UPDATE keys SET hash = ?2 WHERE id = ?1")?;
    Ok(statement.execute(params![id, hash])? > 0)
}

pub(super) fn remove_key(connection: &Connection, id: &str) -> Result<bool> {
    let mut statement = connection.prepare_cached("DELETE FROM keys WHERE id = ?1")?;
    Ok(statement.execute(params![id])? > 0)
}

pub(super) fn team(connection: &Connection, id: &str) -> Result<Option<Team>> {
    let mut statement = connection.prepare_cached("SELECT record FROM teams WHERE id = ?1")?;
    statement.query_row(params![id], record).optional()
}

pub(super) fn teams(connection: &Connection, page: &Page) -> Result<Vec<Team>> {
    let mut statement =
        connection.prepare_cached("SELECT record FROM teams WHERE id > ?1 ORDER BY id LIMIT ?2")?;
    statement.query_map(params![page.after, page.most], record)?.collect()
}

pub(super) fn add_team(connection: &Connection, team: &Team) -> Result<bool> {
    let mut statement = connection
        .prepare_cached("INSERT INTO teams (id, record) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
    Ok(statement.execute(params![team.id, json(team)?])? > 0)
}

pub(super) fn change_team(connection: &Connection, team: &Team) -> Result<bool> {
    let mut statement = connection.prepare_cached("UPDATE teams SET record = ?2 WHERE id = ?1")?;
    Ok(statement.execute(params![team.id, json(team)?])? > 0)
}

pub(super) fn remove_team(connection: &Connection, id: &str) -> Result<bool> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM teams WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM keys WHERE team = ?1)",
    )?;
    Ok(statement.execute(params![id])? > 0)
}

pub(super) fn keep_response(connection: &Connection, response: &Response) -> Result<()> {
    let Response { owner, id, name, model, made, due } = response;
    let mut statement = connection.prepare_cached(
        "INSERT INTO responses (owner, id, name, model, made, due)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
    )?;
    statement.execute(params![owner, id, name, model, number(*made), due])?;
    // A few that are over go with each that comes, so that there are never many.
    let mut statement = connection.prepare_cached(
        "DELETE FROM responses WHERE rowid IN
             (SELECT rowid FROM responses WHERE made <= ?1 ORDER BY made LIMIT 4)",
    )?;
    statement.execute(params![number(made.saturating_sub(Response::LIFE))])?;
    if connection.last_insert_rowid() % 256 == 0 {
        let mut statement = connection.prepare_cached(
            "DELETE FROM responses WHERE rowid IN
                 (SELECT rowid FROM responses WHERE owner = ?1
                  ORDER BY made DESC LIMIT -1 OFFSET ?2)",
        )?;
        statement.execute(params![owner, Response::MOST])?;
    }
    Ok(())
}

/// One that was made after `since`.
pub(super) fn response_of(
    connection: &Connection,
    owner: &str,
    id: &str,
    since: u64,
) -> Result<Option<Response>> {
    let mut statement = connection.prepare_cached(
        "SELECT name, model, made, due FROM responses
         WHERE owner = ?1 AND id = ?2 AND made > ?3",
    )?;
    let read = |row: &Row<'_>| {
        Ok(Response {
            owner: owner.to_owned(),
            id: id.to_owned(),
            name: row.get(0)?,
            model: row.get(1)?,
            made: count(row, 2)?,
            due: row.get(3)?,
        })
    };
    statement.query_row(params![owner, id, number(since)], read).optional()
}

/// An answer is due no more. Tells whether it was.
fn pay_response(connection: &Connection, owner: &str, id: &str) -> Result<bool> {
    let mut statement = connection
        .prepare_cached("UPDATE responses SET due = 0 WHERE owner = ?1 AND id = ?2 AND due <> 0")?;
    Ok(statement.execute(params![owner, id])? > 0)
}

pub(super) fn add_usage(connection: &Connection, entry: &Entry) -> Result<()> {
    let Entry { day, key, team, model, response, sums } = entry;
    let is_new = match response {
        Some(id) => pay_response(connection, key, id)?,
        None => true,
    };
    let sums = if is_new { *sums } else { sums.of_requests() };
    if sums == Sums::default() {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(
        // What is more than a number can be is the largest one: whatever a provider tells, nobody's
        // account is refused for it.
        "INSERT INTO usage (day, key, team, model, requests, failures, estimated, unpriced,
             input, output, cache_read, cache_write, cost, cached)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
         ON CONFLICT DO UPDATE SET
             requests = MIN(requests, 9223372036854775807 - excluded.requests) + excluded.requests,
             failures = MIN(failures, 9223372036854775807 - excluded.failures) + excluded.failures,
             estimated = MIN(estimated, 9223372036854775807 - excluded.estimated) + excluded.estimated,
             unpriced = MIN(unpriced, 9223372036854775807 - excluded.unpriced) + excluded.unpriced,
             input = MIN(input, 9223372036854775807 - excluded.input) + excluded.input,
             output = MIN(output, 9223372036854775807 - excluded.output) + excluded.output,
             cache_read = MIN(cache_read, 9223372036854775807 - excluded.cache_read) + excluded.cache_read,
             cache_write = MIN(cache_write, 9223372036854775807 - excluded.cache_write) + excluded.cache_write,
             cost = MIN(cost, 9223372036854775807 - excluded.cost) + excluded.cost,
             cached = MIN(cached, 9223372036854775807 - excluded.cached) + excluded.cached",
    )?;
    statement
        .execute(params![
            number(*day),
            key,
            team,
            model,
            number(sums.requests),
            number(sums.failures),
            number(sums.estimated),
            number(sums.unpriced),
            number(sums.input),
            number(sums.output),
            number(sums.cache_read),
            number(sums.cache_write),
            number(sums.cost.as_billionths()),
            number(sums.cached),
        ])
        .map(drop)
}

/// What a meter of money shows: the costs since its window began.
pub(super) fn spent(connection: &Connection, meter: &Meter) -> Result<u64> {
    let (text, id) = match (&meter.subject, meter.unit) {
        (Subject::Key(id), Unit::Money) => (
            "SELECT COALESCE(SUM(cost >> 32), 0), COALESCE(SUM(cost & 4294967295), 0)
                 FROM usage WHERE key = ?1 AND day >= ?2",
            id,
        ),
        (Subject::Team(id), Unit::Money) => (
            "SELECT COALESCE(SUM(cost >> 32), 0), COALESCE(SUM(cost & 4294967295), 0)
                 FROM usage WHERE team = ?1 AND day >= ?2",
            id,
        ),
        (_, Unit::Requests | Unit::Tokens) => return Ok(0),
    };
    let since = number(meter.start / DAY);
    connection.prepare_cached(text)?.query_row(params![id, since], |row| sum(row, 0))
}

pub(super) fn usage(connection: &Connection, query: &UsageQuery) -> Result<Vec<Total>> {
    // What is not asked for is the same in every row, so that it makes no group of its own.
    let mut statement = connection.prepare_cached(
        "SELECT CASE WHEN ?6 THEN day END AS a, CASE WHEN ?7 THEN key END AS b,
             CASE WHEN ?8 THEN team END AS c, CASE WHEN ?9 THEN model END AS d,
             SUM(requests >> 32), SUM(requests & 4294967295),
             SUM(failures >> 32), SUM(failures & 4294967295),
             SUM(estimated >> 32), SUM(estimated & 4294967295),
             SUM(unpriced >> 32), SUM(unpriced & 4294967295),
             SUM(input >> 32), SUM(input & 4294967295),
             SUM(output >> 32), SUM(output & 4294967295),
             SUM(cache_read >> 32), SUM(cache_read & 4294967295),
             SUM(cache_write >> 32), SUM(cache_write & 4294967295),
             SUM(cost >> 32), SUM(cost & 4294967295),
             SUM(cached >> 32), SUM(cached & 4294967295)
         FROM usage
         WHERE (?1 IS NULL OR key = ?1) AND (?2 IS NULL OR team = ?2)
             AND (?3 IS NULL OR model = ?3) AND day >= ?4 AND (?5 IS NULL OR day <= ?5)
         GROUP BY a, b, c, d ORDER BY a, b, c, d LIMIT ?10 OFFSET ?11",
    )?;
    let parameters = params![
        query.key,
        query.team,
        query.model,
        number(query.since),
        query.until.map(number),
        query.by_day,
        query.by_key,
        query.by_team,
        query.by_model,
        query.most,
        query.skip,
    ];
    statement.query_map(parameters, total)?.collect()
}

fn total(row: &Row<'_>) -> Result<Total> {
    let day: Option<i64> = row.get(0)?;
    Ok(Total {
        day: day.and_then(|day| day.try_into().ok()),
        key: row.get(1)?,
        team: row.get(2)?,
        model: row.get(3)?,
        sums: Sums {
            requests: sum(row, 4)?,
            failures: sum(row, 6)?,
            estimated: sum(row, 8)?,
            unpriced: sum(row, 10)?,
            input: sum(row, 12)?,
            output: sum(row, 14)?,
            cache_read: sum(row, 16)?,
            cache_write: sum(row, 18)?,
            cost: Money::billionths(sum(row, 20)?),
            cached: sum(row, 22)?,
        },
    })
}

/// SQLite's numbers have a sign.
pub(super) fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(super) fn count(row: &Row<'_>, column: usize) -> Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}

/// A sum whose upper and lower halves are two columns, so that none is too large for SQLite. At
/// the most it is as large as a number can be.
fn sum(row: &Row<'_>, column: usize) -> Result<u64> {
    let (upper, lower) = (count(row, column)?, count(row, column + 1)?);
    let sum = (u128::from(upper) << 32) + u128::from(lower);
    Ok(u64::try_from(sum).unwrap_or(u64::MAX).min(i64::MAX.cast_unsigned()))
}

fn record<T: DeserializeOwned>(row: &Row<'_>) -> Result<T> {
    let text = row.get_ref(0)?.as_str()?;
    serde_json::from_str(text)
        .map_err(|error| Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))
}

fn json<T: Serialize>(record: &T) -> Result<String> {
    serde_json::to_string(record).map_err(|error| FromSqlError::Other(Box::new(error)).into())
}
