//! Documents in the order of what they have to do with a query: how similar they are
//! (<https://huggingface.co/docs/inference-providers/providers/hf-inference>), or what a
//! reranker says
//! (<https://huggingface.github.io/text-embeddings-inference/#/Text%20Embeddings%20Inference/rerank>).

use crate::server::{Server, ask, own};
use hotcell_sdk::{Document, Failure, Ranked, RerankRequest, RerankResponse, json};
use serde_json::{Map, Value, json};

pub(crate) fn rerank(request: &RerankRequest) -> Result<RerankResponse, Failure> {
    let server = Server::of_provider();
    let dialect = server.ranking();
    let path = server.rank_path(&request.model)?;
    let body = write(request, server, dialect)?;
    let answer = ask(path, &body, dialect)?;
    let bad = |why| Failure::malformed(format!("the answer is not the JSON expected: {why}"));
    let results: Vec<Value> = serde_json::from_str(&answer.text).map_err(bad)?;
    let mut ranking = match server {
        Server::Router => by_similarity(&results, request.documents.len())?,
        Server::Tei => by_index(&results, request.documents.len())?,
    };
    // The best first; of two alike the first.
    ranking.sort_by(|one, other| {
        other.score.total_cmp(&one.score).then_with(|| one.index.cmp(&other.index))
    });
    if let Some(top) = request.top {
        ranking.truncate(usize::try_from(top).unwrap_or(usize::MAX));
    }
    // What a result says besides, such as the document itself, is for who asked for it.
    let modelled = |name: &String| matches!(name.as_str(), "index" | "score");
    let is_plain = |result: &Value| result.as_object().is_none_or(|it| it.keys().all(modelled));
    let mut rest = Map::new();
    if !results.iter().all(is_plain) {
        rest.insert("results".to_owned(), results.into());
    }
    let extra = json::extra(rest, dialect);
    Ok(RerankResponse { id: None, model: None, ranking, usage: answer.usage, extra })
}

fn write(
    request: &RerankRequest,
    server: Server,
    dialect: &str,
) -> Result<Map<String, Value>, Failure> {
    let own = own(request.extra.as_ref(), dialect, &["return_documents"])?;
    let texts = request.documents.iter().map(|document| match document {
        Document::Text(text) => Ok(text.clone()),
        Document::Fields(fields) => json::object(fields, "a document").map(|it| lines(&it)),
    });
    let texts: Vec<String> = texts.collect::<Result<_, Failure>>()?;
    let mut body = Map::new();
    match server {
        Server::Router => {
            let inputs = json!({ "source_sentence": request.query, "sentences": texts });
            body.insert("inputs".to_owned(), inputs);
        }
        Server::Tei => {
            body.insert("query".to_owned(), request.query.as_str().into());
            body.insert("texts".to_owned(), texts.into());
        }
    }
    body.extend(own);
    Ok(body)
}

/// A record as text, one line for each of its fields.
fn lines(fields: &Map<String, Value>) -> String {
    let lines = fields.iter().map(|(name, value)| match value.as_str() {
        Some(text) => format!("{name}: {text}\n"),
        None => format!("{name}: {}\n", json::text(value)),
    });
    lines.collect()
}

/// A score for each document, in the order of the documents.
fn by_similarity(results: &[Value], documents: usize) -> Result<Vec<Ranked>, Failure> {
    if results.len() != documents {
        let counts = format!("{} scores came for {documents} documents", results.len());
        return Err(Failure::malformed(counts));
    }
    let scores = results.iter().zip(0..).map(|(result, index)| {
        let score = result.as_f64().ok_or_else(|| Failure::malformed("a score is no number"))?;
        Ok(Ranked { index, score })
    });
    scores.collect()
}

/// Documents by their place in the request, each at the most once.
fn by_index(results: &[Value], documents: usize) -> Result<Vec<Ranked>, Failure> {
    let mut seen = vec![false; documents];
    let ranked = results.iter().map(|result| {
        let index = result["index"].as_u64().and_then(|index| u32::try_from(index).ok());
        let place = index.and_then(|index| seen.get_mut(usize::try_from(index).ok()?));
        let (Some(index), Some(seen)) = (index, place.filter(|seen| !**seen)) else {
            return Err(Failure::malformed("a document of the ranking has an impossible index"));
        };
        *seen = true;
        let score = result["score"].as_f64();
        let score = score.ok_or_else(|| Failure::malformed("a document has no score"))?;
        Ok(Ranked { index, score })
    });
    ranked.collect()
}
