//! A ranking against the recorded body.

use super::{equal, expected_error, failure};
use crate::exchange::Exchange;
use hotcell::Error;
use hotcell::types::RerankResponse;
use serde_json::{Value, json};

pub(crate) fn compare(
    exchange: &Exchange,
    answer: Result<RerankResponse, Error>,
) -> Result<String, String> {
    let answer = match (expected_error(exchange), answer) {
        (Some(error), Err(found)) => return failure(exchange, &error, &found),
        (Some(_), Ok(_)) => return Err("an error was expected".to_owned()),
        (None, answer) => answer.map_err(|error| format!("failed: {error}"))?,
    };
    let body = exchange.response.body.json();
    let list = body["results"].as_array().or_else(|| body["data"].as_array());
    let list = list.ok_or("the recording's ranking is not understood")?;
    let place = |result: &Value| json!([result["index"], result["relevance_score"]]);
    let mut expected: Vec<Value> = list.iter().map(place).collect();
    // The interface has the best first.
    let score = |place: &Value| place[1].as_f64().unwrap_or(f64::NEG_INFINITY);
    expected.sort_by(|a, b| score(b).total_cmp(&score(a)));
    let found = answer.ranking.iter().map(|ranked| json!([ranked.index, ranked.score]));
    equal("ranking", &expected.into(), &found.collect::<Vec<_>>().into())?;
    let model = answer.model.clone().map_or(Value::Null, Value::from);
    equal("model", &body["model"], &model)?;
    let tokens = answer.usage.as_ref().and_then(|usage| usage.input);
    if let expected @ Value::Number(_) = &body["usage"]["total_tokens"] {
        equal("tokens", expected, &tokens.map_or(Value::Null, Value::from))?;
    }
    Ok(format!("{answer:?}"))
}
