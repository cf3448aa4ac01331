//! What a client wrote in a dialect of its own.

use hotcell_sdk::{Failure, LogLevel, Native, json, log};
use serde_json::{Map, Value};

/// The members of an `extra` of this dialect. Those of another one are refused, save for
/// `said`: what the caller gets, or the types hold, all the same.
pub(crate) fn own(
    extra: Option<&Native>,
    dialect: &str,
    said: &[&str],
) -> Result<Map<String, Value>, Failure> {
    let Some(native) = extra else { return Ok(Map::new()) };
    let members = json::object(&native.value, "`extra`")?;
    if native.dialect == dialect {
        return Ok(members);
    }
    for (name, _) in members.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            name if said.contains(&name) => {}
            // It only tells the provider who asks.
            "user" => lost("`user` was left out: the provider has no word for it")?,
            name => {
                let other = &native.dialect;
                let why = format!("`{name}` of {other} cannot be said in {dialect}");
                return Err(Failure::unsupported(why));
            }
        }
    }
    Ok(Map::new())
}

/// Something was left out: a line in the log, as there is no event that could tell.
pub(crate) fn lost(sentence: &str) -> Result<(), Failure> {
    log(LogLevel::Warn, sentence);
    Failure::where_strict(&[sentence.to_owned()])
}

/// Whether the client spoke this dialect: it gets what it wrote, and nothing besides.
pub(crate) fn is_exact(extra: Option<&Native>, dialect: &str) -> bool {
    extra.is_some_and(|extra| extra.dialect == dialect)
}
