//! Documents in the order of what they have to do with a query
//! (<https://docs.voyageai.com/reference/reranker-api>,
//! <https://api.jina.ai/redoc#tag/rerank>).

use crate::spelling::Spelling;
use crate::{error, members};
use hotcell_sdk::{Document, Endpoint, Failure, Ranked, RerankRequest, RerankResponse, json};
use serde_json::{Map, Value};

pub(crate) fn rerank(request: &RerankRequest) -> Result<RerankResponse, Failure> {
    let spelling = Spelling::of_provider();
    let dialect = spelling.ranking;
    let exact = members::is_exact(request.extra.as_ref(), dialect);
    let body = write(request, &spelling, exact)?;
    let endpoint = Endpoint::named("api")?;
    let builder = endpoint.post("/rerank").header("accept", "application/json");
    let response = builder.json(&body)?.send()?;
    if response.status() >= 300 {
        return Err(error::of_response(&response, dialect));
    }
    let text = response.text()?;
    read(&text, request.documents.len(), dialect, exact).map_err(|failure| {
        error::of_body(&text, None, &response.headers(), dialect).unwrap_or(failure)
    })
}

fn write(
    request: &RerankRequest,
    spelling: &Spelling,
    exact: bool,
) -> Result<Map<String, Value>, Failure> {
    let own = members::own(request.extra.as_ref(), spelling.ranking, &[])?;
    let documents = request.documents.iter().map(|document| match document {
        Document::Text(text) => Ok(text.as_str().into()),
        Document::Fields(fields) => {
            let fields = json::object(fields, "a document")?;
            Ok(if spelling.records || exact { fields.into() } else { lines(&fields).into() })
        }
    });
    let documents: Vec<Value> = documents.collect::<Result<_, Failure>>()?;
    let mut body = Map::new();
    body.insert("model".to_owned(), request.model.as_str().into());
    body.insert("query".to_owned(), request.query.as_str().into());
    body.insert("documents".to_owned(), documents.into());
    if let Some(top) = request.top {
        body.insert(spelling.top.to_owned(), top.into());
    }
    if spelling.repeats && !exact {
        body.insert("return_documents".to_owned(), false.into());
    }
    body.extend(own);
    Ok(body)
}

/// A record as text, one line for each of its fields.
fn lines(fields: &Map<String, Value>) -> String {
    let lines = fields.iter().map(|(name, value)| match value.as_str() {
        Some(text) => format!("{name}: {text}\n"),
        None => format!("{name}: {value}\n"),
    });
    lines.collect()
}

fn read(
    text: &str,
    documents: usize,
    dialect: &str,
    exact: bool,
) -> Result<RerankResponse, Failure> {
    let bad = |why| Failure::malformed(format!("the answer is not the JSON expected: {why}"));
    let mut answer: Map<String, Value> = serde_json::from_str(text).map_err(bad)?;
    // Voyage calls it as the lists of other protocols are called.
    let list = ["results", "data"].into_iter().find(|name| answer.contains_key(*name));
    let results = list.and_then(|name| answer.shift_remove(name));
    let Some(Value::Array(results)) = results else {
        return Err(Failure::malformed("the answer has no ranking"));
    };
    let mut seen = vec![false; documents];
    let mut ranking = Vec::with_capacity(results.len().min(documents));
    for result in &results {
        let index = result["index"].as_u64().and_then(|index| u32::try_from(index).ok());
        let place = index.and_then(|index| seen.get_mut(usize::try_from(index).ok()?));
        let (Some(index), Some(seen)) = (index, place.filter(|seen| !**seen)) else {
            return Err(Failure::malformed("a document of the ranking has an impossible index"));
        };
        *seen = true;
        let score = result["relevance_score"].as_f64().or_else(|| result["score"].as_f64());
        let score = score.ok_or_else(|| Failure::malformed("a document has no score"))?;
        ranking.push(Ranked { index, score });
    }
    ranking.sort_by(|a, b| b.score.total_cmp(&a.score));
    // What a result says besides is kept with the rest; that is seldom more than the
    // document itself.
    let modelled = |name: &String| match name.as_str() {
        "index" | "relevance_score" | "score" | "object" => true,
        "document" => !exact,
        _ => false,
    };
    let plain = |result: &Value| result.as_object().is_none_or(|it| it.keys().all(modelled));
    if let Some(list) = list.filter(|_| !results.iter().all(plain)) {
        answer.insert(list.to_owned(), results.into());
    }
    let text = |answer: &mut Map<String, Value>, name: &str| {
        answer.shift_remove(name).and_then(|value| Some(value.as_str()?.to_owned()))
    };
    let (id, model) = (text(&mut answer, "id"), text(&mut answer, "model"));
    let usage = answer.shift_remove("usage").and_then(|usage| error::usage(&usage, dialect));
    answer.retain(|name, value| name != "object" && !value.is_null());
    Ok(RerankResponse { id, model, ranking, usage, extra: json::extra(answer, dialect) })
}
