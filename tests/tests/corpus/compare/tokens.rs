//! A count of tokens against the recorded body.

use super::{equal, expected_error, failure};
use crate::exchange::Exchange;
use hotcell::Error;
use hotcell::types::TokenCount;
use serde_json::Value;

pub(crate) fn compare(
    exchange: &Exchange,
    answer: Result<TokenCount, Error>,
) -> Result<String, String> {
    let answer = match (expected_error(exchange), answer) {
        (Some(error), Err(found)) => return failure(exchange, &error, &found),
        (Some(_), Ok(_)) => return Err("an error was expected".to_owned()),
        (None, answer) => answer.map_err(|error| format!("failed: {error}"))?,
    };
    let body = exchange.response.body.json();
    let counts = [&body["totalTokens"], &body["input_tokens"]];
    let count = counts.into_iter().find(|count| count.is_number()).unwrap_or(&Value::Null);
    equal("tokens", count, &answer.input.into())?;
    Ok(format!("{answer:?}"))
}
