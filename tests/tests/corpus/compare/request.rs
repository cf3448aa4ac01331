//! A request that left against the recorded one: the same JSON value, after the
//! defaults that the protocol itself defines.

use super::equal;
use crate::dialect::Dialect;
use crate::exchange::Exchange;
use hotcell_tests::stage::Received;
use serde_json::Value;

pub(crate) fn compare(
    dialect: Dialect,
    exchange: &Exchange,
    sent: &Received,
) -> Result<(), String> {
    let target = sent.line.split(' ').nth(1).unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default();
    // A colon may be escaped in a path, and means the same.
    let plain = |path: &str| path.replace("%3A", ":");
    if !plain(exchange.request.path()).ends_with(&plain(path)) {
        return Err(format!("it went to {path} instead of {}", exchange.request.path()));
    }
    let normal = |mut body: Value| {
        if let Some(members) = body.as_object_mut() {
            (dialect.normal)(members);
        }
        body
    };
    let recorded = normal(exchange.request.body.json());
    let arrived = serde_json::from_slice(&sent.body).map_err(|error| format!("body: {error}"))?;
    equal("body", &recorded, &normal(arrived))
}
