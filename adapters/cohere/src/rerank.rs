//! Documents in the order of what they have to do with a query
//! (<https://docs.cohere.com/reference/rerank>).

use crate::object::{parse, put, take, take_text};
use crate::translation::{Translation, invalid};
use crate::{error, usage};
use hotcell_sdk::{Document, Endpoint, Failure, Ranked, RerankRequest, RerankResponse, json};
use serde_json::{Map, Value};

/// The dialect of requests for a ranking.
const DIALECT: &str = "cohere-rerank";

/// Members of the provider's own that its clients send in other dialects too.
const CARRIED: [&str; 2] = ["max_tokens_per_doc", "priority"];

pub(crate) fn rerank(request: &RerankRequest) -> Result<RerankResponse, Failure> {
    let body = write(request)?;
    let endpoint = Endpoint::named("api")?;
    let builder = endpoint.post("/v2/rerank").header("accept", "application/json");
    let response = builder.json(&body)?.send()?;
    if response.status() >= 300 {
        return Err(error::of_response(&response, DIALECT));
    }
    let text = response.text()?;
    read(&text, request.documents.len()).map_err(|failure| {
        let mut failure = error::of_body(&text, None, &[], DIALECT).unwrap_or(failure);
        error::complete(&mut failure, &response.headers());
        failure
    })
}

fn write(request: &RerankRequest) -> Result<Map<String, Value>, Failure> {
    let mut translation = Translation::new(DIALECT, request.extra.as_ref());
    let mut own = translation.members(request.extra.as_ref(), &CARRIED)?;
    if let Some(other) = request.extra.as_ref().filter(|_| !translation.exact) {
        let mut members = json::object(&other.value, "`extra`")?;
        members.retain(|name, value| CARRIED.contains(&name.as_str()) && !value.is_null());
        own.extend(members);
    }
    // There is no event that could tell of a loss here.
    if let Some(loss) = translation.warnings.first() {
        return Err(Failure::unsupported(loss.as_str()));
    }
    let documents = request.documents.iter().map(|document| match document {
        Document::Text(text) => Ok(text.clone()),
        Document::Fields(fields) => record(fields),
    });
    let documents: Vec<String> = documents.collect::<Result<_, _>>()?;
    let mut body = Map::new();
    put(&mut body, "model", request.model.as_str());
    put(&mut body, "query", request.query.as_str());
    put(&mut body, "documents", documents);
    if let Some(top) = request.top {
        put(&mut body, "top_n", top);
    }
    body.extend(own);
    Ok(body)
}

/// A record as text: one line of YAML for each of its fields, as the provider advises.
fn record(fields: &str) -> Result<String, Failure> {
    let fields = json::object(fields, "a document")?;
    if fields.is_empty() {
        return Err(invalid("a document has no fields"));
    }
    let lines = fields.iter().map(|(name, value)| {
        let plain = value.as_str().filter(|text| is_plain(text));
        format!("{name}: {}\n", plain.map_or_else(|| json::text(value), str::to_owned))
    });
    Ok(lines.collect())
}

/// Whether a text means itself in YAML without quotes. JSON's own form always does.
fn is_plain(text: &str) -> bool {
    let first = text.starts_with(|first: char| first.is_alphabetic());
    let word = matches!(text, "true" | "false" | "null" | "yes" | "no" | "on" | "off");
    let odd = |c: char| c.is_control() || matches!(c, ':' | '#');
    first && !word && !text.contains(odd) && !text.ends_with(' ')
}

fn read(text: &str, documents: usize) -> Result<RerankResponse, Failure> {
    let mut answer = parse(text, "the answer")?;
    let Some(Value::Array(results)) = answer.get("results") else {
        return Err(Failure::malformed("the answer has no ranking"));
    };
    let mut seen = vec![false; documents];
    let mut ranking = Vec::with_capacity(results.len().min(documents));
    for result in results {
        let index = result["index"].as_u64().and_then(|index| usize::try_from(index).ok());
        let place = index.and_then(|index| seen.get_mut(index));
        if place.is_none_or(|seen| std::mem::replace(seen, true)) {
            return Err(Failure::malformed("a document of the ranking has an impossible index"));
        }
        let score = result["relevance_score"].as_f64();
        let score = score.ok_or_else(|| Failure::malformed("a document has no score"))?;
        let index = index.and_then(|index| index.try_into().ok()).unwrap_or_default();
        // The best first. That is where they are already, so that this only looks.
        let place = ranking.partition_point(|ranked: &Ranked| ranked.score >= score);
        ranking.insert(place, Ranked { index, score });
    }
    // What a result says besides is kept with the rest.
    let modelled = |name: &String| matches!(name.as_str(), "index" | "relevance_score");
    let plain = |result: &Value| result.as_object().is_none_or(|it| it.keys().all(modelled));
    if results.iter().all(plain) {
        take(&mut answer, "results");
    }
    let id = take_text(&mut answer, "id");
    let usage = answer.get("meta").and_then(|meta| usage::read(meta, DIALECT));
    Ok(RerankResponse { id, model: None, ranking, usage, extra: json::extra(answer, DIALECT) })
}
