//! What is said to the functions of the database: JSON, as one value of a statement.

use super::journal::Account;
use crate::ledger::DAY;
use crate::store::{Claim, Entry, Meter, Subject, Unit};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// PostgreSQL's numbers have a sign.
pub(super) fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// PostgreSQL's texts have no zero in them: nothing that is kept there had one.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    match text.contains('\0') {
        true => Cow::Owned(text.replace('\0', "\u{fffd}")),
        false => Cow::Borrowed(text),
    }
}

pub(super) fn claims<'a>(claims: impl Iterator<Item = &'a Claim>) -> String {
    Value::Array(claims.map(claim).collect()).to_string()
}

/// Meters, as claims of nothing.
pub(super) fn meters(meters: &[Meter]) -> String {
    let nothing = |meter: &Meter| Claim { meter: meter.clone(), amount: 0, limit: 0 };
    Value::Array(meters.iter().map(nothing).map(|it| claim(&it)).collect()).to_string()
}

fn claim(claim: &Claim) -> Value {
    let Claim { meter, amount, limit } = claim;
    let (kind, id) = of(meter);
    json!({
        "meter": name(meter),
        "unit": unit(meter.unit),
        "kind": kind,
        "id": text(id),
        "day": number(meter.start / DAY),
        "amount": number(*amount),
        "limit": number(*limit),
    })
}

/// A request's account. One without an entry only gives up what was held.
pub(super) fn account(of: &Account) -> Value {
    let Account { number: which, entry, counts, part, tell: _ } = of;
    let mut account = Map::new();
    let mut set = |name: &str, value: Value| account.insert(name.to_owned(), value);
    set("number", number(*which).into());
    if let Some(Entry { day, key, team, model, response, sums }) = entry {
        set("day", number(*day).into());
        set("key", text(key).into());
        set("team", text(team).into());
        set("model", text(model).into());
        if let Some(id) = response {
            set("response", text(id).into());
        }
        for (name, sum) in [
            ("requests", sums.requests),
            ("failures", sums.failures),
            ("estimated", sums.estimated),
            ("unpriced", sums.unpriced),
            ("input", sums.input),
            ("output", sums.output),
            ("cache_read", sums.cache_read),
            ("cache_write", sums.cache_write),
            ("cost", sums.cost.as_billionths()),
            ("cached", sums.cached),
        ] {
            set(name, number(sum).into());
        }
    }
    if let Some((divided, meters)) = part {
        set("divided", number(*divided).into());
        set("meters", meters.iter().map(name).collect());
    }
    let counts = counts.iter().map(|(meter, used)| {
        json!({ "meter": name(meter), "start": number(meter.start), "used": number(*used) })
    });
    set("counts", Value::Array(counts.collect()));
    Value::Object(account)
}

/// A meter's name. The id is its end, whatever is in it.
pub(in crate::store) fn name(meter: &Meter) -> String {
    let (kind, id) = of(meter);
    let (unit, window) = (unit(meter.unit), meter.window.name());
    format!("{kind}:{unit}:{window}:{}:{}", meter.start, text(id))
}

fn of(meter: &Meter) -> (&'static str, &str) {
    match &meter.subject {
        Subject::Key(id) => ("key", id),
        Subject::Team(id) => ("team", id),
    }
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Requests => "requests",
        Unit::Tokens => "tokens",
        Unit::Money => "money",
    }
}
