//! The tables: what is there, and how it is brought up to what this version knows.

use super::session::{Failed, Session};
use crate::store::StoreError;

/// What the tables are now. Those of an earlier version are brought up to this one, step by
/// step; those of a later one are refused.
const STEPS: [&str; 2] = [include_str!("schema/1.sql"), include_str!("schema/2.sql")];

/// Held while the tables are looked at and changed: gateways that start together do it one
/// after the other.
const LOCK: &str = "BEGIN; SELECT pg_advisory_xact_lock(1752134755, -1)";

/// Makes sure that the tables are those of this version.
pub(super) async fn prepare(session: &mut Session) -> Result<(), Failed> {
    session.run(LOCK).await?;
    let is_there = "SELECT to_regnamespace('hotcell') IS NOT NULL, \
                    to_regclass('hotcell.version') IS NOT NULL";
    let rows = session.query(is_there, &[]).await?;
    let is_there = |column: usize| -> Result<bool, Failed> {
        rows.first().map_or(Ok(false), |row| row.try_get(column)).map_err(Failed::from)
    };
    // Whoever may not make one can be given one.
    if !is_there(0)? {
        session.run("CREATE SCHEMA hotcell").await?;
    }
    if !is_there(1)? {
        session
            .run(
                "CREATE TABLE hotcell.version (number bigint NOT NULL); \
                 INSERT INTO hotcell.version VALUES (0)",
            )
            .await?;
    }
    let rows = session.query("SELECT number FROM hotcell.version", &[]).await?;
    let number: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
    let known = STEPS.len() as i64;
    if number > known {
        return Err(Failed::Refused(StoreError(format!(
            "the database was written by a later version of hotcell ({number}, and this one \
             knows {known})"
        ))));
    }
    for step in STEPS.iter().skip(usize::try_from(number).unwrap_or(0)) {
        session.run(step).await?;
    }
    session.run(&format!("UPDATE hotcell.version SET number = {known}; COMMIT")).await
}
