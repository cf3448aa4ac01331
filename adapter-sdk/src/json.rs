//! JSON as adapters need it: members that nobody models are kept.

use crate::{Failure, FailureKind, Native};
use serde_json::{Map, Value};

/// The members of an `extra`, if it is of this dialect. Of another dialect nothing
/// can be carried over; its member names go to `lost`, to become a warning.
///
/// # Errors
/// `invalid-request`, where it is not a JSON object.
pub fn members(
    extra: Option<&Native>,
    dialect: &str,
    lost: &mut Vec<String>,
) -> Result<Map<String, Value>, Failure> {
    let Some(native) = extra else { return Ok(Map::new()) };
    let members: Map<String, Value> = serde_json::from_str(&native.value).map_err(|error| {
        Failure::new(FailureKind::InvalidRequest, format!("`extra` is not a JSON object: {error}"))
    })?;
    if native.dialect == dialect {
        return Ok(members);
    }
    lost.extend(members.into_iter().map(|(name, _)| name));
    Ok(Map::new())
}

/// Merges the members of an `extra` of this dialect into an object. They are the
/// client's own spelling, and win.
///
/// # Errors
/// As [`members`].
pub fn merge(
    object: &mut Map<String, Value>,
    extra: Option<&Native>,
    dialect: &str,
    lost: &mut Vec<String>,
) -> Result<(), Failure> {
    object.extend(members(extra, dialect, lost)?);
    Ok(())
}

/// Makes an `extra` of the members that are left over; none of none.
pub fn extra(members: Map<String, Value>, dialect: &str) -> Option<Native> {
    (!members.is_empty()).then(|| native(&Value::Object(members), dialect))
}

/// A JSON value of this dialect.
pub fn native(value: &Value, dialect: &str) -> Native {
    Native { dialect: dialect.to_owned(), value: value.to_string() }
}

/// Reads JSON text that the interface promises to parse.
///
/// # Errors
/// `invalid-request`, where it does not.
pub fn parse(text: &str, what: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|error| {
        Failure::new(FailureKind::InvalidRequest, format!("{what} is not JSON: {error}"))
    })
}
