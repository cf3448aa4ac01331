//! Jina, Voyage, and servers that rank as Jina does: embeddings and rankings
//! (<https://api.jina.ai/redoc>, <https://docs.voyageai.com/reference>).

use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use crate::strict::{members, text, texts};
use crate::vector::{ranked, vectors, words};
use serde_json::{Value, json};

/// What one of them has.
struct Spelling {
    embed: &'static [&'static str],
    size: &'static str,
    rerank: &'static [&'static str],
    top: &'static str,
    /// The member of an answer that holds the ranking.
    list: &'static str,
}

const JINA: Spelling = Spelling {
    embed: &[
        "dimensions",
        "embedding_type",
        "input",
        "late_chunking",
        "model",
        "normalized",
        "return_multivector",
        "task",
        "truncate",
    ],
    size: "dimensions",
    rerank: &[
        "documents",
        "model",
        "query",
        "return_documents",
        "return_embeddings",
        "top_n",
        "truncate",
        "max_doc_length",
    ],
    top: "top_n",
    list: "results",
};
const VOYAGE: Spelling = Spelling {
    embed: &[
        "encoding_format",
        "input",
        "input_type",
        "model",
        "output_dimension",
        "output_dtype",
        "truncation",
    ],
    size: "output_dimension",
    rerank: &["documents", "model", "query", "return_documents", "top_k", "truncation"],
    top: "top_k",
    list: "data",
};
const PLAIN: Spelling = Spelling { embed: &[], ..JINA };

pub(crate) fn jina(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    reply(asked, script, &JINA)
}

pub(crate) fn voyage(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    reply(asked, script, &VOYAGE)
}

pub(crate) fn plain(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    reply(asked, script, &PLAIN)
}

pub(crate) fn error(refusal: &Refusal, _: &str) -> Value {
    json!({ "detail": refusal.message })
}

fn reply(asked: &Asked<'_>, script: Script, spelling: &Spelling) -> Result<Reply, Refusal> {
    asked.only(&http::Method::POST)?;
    asked.refuse(script)?;
    match asked.path {
        "/v1/embeddings" if !spelling.embed.is_empty() => {
            embed(&asked.body, &asked.model, spelling)
        }
        "/v1/rerank" => rerank(&asked.body, &asked.model, spelling),
        _ => asked.nowhere(),
    }
}

fn embed(body: &Value, model: &str, spelling: &Spelling) -> Result<Reply, Refusal> {
    members(body, "body", spelling.embed)?;
    let texts = match body["input"].as_array() {
        // Jina's inputs may be objects.
        Some(list) if list.iter().all(Value::is_object) => list
            .iter()
            .map(|input| Ok(text(&input["text"], "input")?.to_owned()))
            .collect::<Result<_, Refusal>>()?,
        _ => texts(&body["input"], "input")?,
    };
    let all = vectors(&texts, &body[spelling.size]);
    let entry = |(index, vector): (usize, Vec<f32>)| json!({ "object": "embedding", "index": index, "embedding": vector });
    let data: Vec<Value> = all.into_iter().enumerate().map(entry).collect();
    let usage = json!({ "total_tokens": words(&texts) });
    Ok(Reply::Json(200, json!({ "object": "list", "model": model, "data": data, "usage": usage })))
}

fn rerank(body: &Value, model: &str, spelling: &Spelling) -> Result<Reply, Refusal> {
    members(body, "body", spelling.rerank)?;
    let documents = texts(&body["documents"], "documents")?;
    let ranking = ranked(text(&body["query"], "query")?, &documents, &body[spelling.top]);
    let result = |(index, score)| json!({ "index": index, "relevance_score": score });
    let results: Vec<Value> = ranking.into_iter().map(result).collect();
    let usage = json!({ "total_tokens": words(&documents) });
    let mut answer = json!({ "model": model, "usage": usage });
    answer[spelling.list] = json!(results);
    Ok(Reply::Json(200, answer))
}
