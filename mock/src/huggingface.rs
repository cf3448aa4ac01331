//! Hugging Face's inference behind its router, and its server for embeddings
//! (<https://huggingface.co/docs/inference-providers/tasks/feature-extraction>,
//! <https://huggingface.github.io/text-embeddings-inference/>).

use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use crate::strict::{members, text, texts};
use crate::vector::{ranked, vectors};
use serde_json::{Value, json};

const EMBED: &[&str] =
    &["dimensions", "inputs", "normalize", "prompt_name", "truncate", "truncation_direction"];

pub(crate) fn router(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    asked.only(&http::Method::POST)?;
    asked.refuse(script)?;
    let body = &asked.body;
    let task = asked.path.strip_prefix("/hf-inference/models/");
    match task.and_then(|path| path.split_once("/pipeline/")) {
        Some((_, "feature-extraction")) => embed(body),
        Some((_, "sentence-similarity")) => {
            members(body, "body", &["inputs"])?;
            members(&body["inputs"], "inputs", &["sentences", "source_sentence"])?;
            let documents = texts(&body["inputs"]["sentences"], "sentences")?;
            let query = text(&body["inputs"]["source_sentence"], "source_sentence")?;
            let mut scores = vec![0.0; documents.len()];
            for (index, score) in ranked(query, &documents, &Value::Null) {
                scores[index] = score;
            }
            Ok(Reply::Json(200, json!(scores)))
        }
        _ => asked.nowhere(),
    }
}

pub(crate) fn tei(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    asked.only(&http::Method::POST)?;
    // It has one model, which nobody names.
    Asked { model: "one".to_owned(), ..asked.clone() }.refuse(script)?;
    let body = &asked.body;
    match asked.path {
        "/embed" => embed(body),
        "/rerank" => {
            let known = ["query", "raw_scores", "return_text", "texts", "truncate"];
            members(body, "body", &known)?;
            let documents = texts(&body["texts"], "texts")?;
            let ranking = ranked(text(&body["query"], "query")?, &documents, &Value::Null);
            let result = |(index, score)| json!({ "index": index, "score": score });
            Ok(Reply::Json(200, ranking.into_iter().map(result).collect()))
        }
        _ => asked.nowhere(),
    }
}

pub(crate) fn error(refusal: &Refusal, _: &str) -> Value {
    json!({ "error": refusal.message, "error_type": "Validation" })
}

fn embed(body: &Value) -> Result<Reply, Refusal> {
    members(body, "body", EMBED)?;
    let texts = texts(&body["inputs"], "inputs")?;
    Ok(Reply::Json(200, json!(vectors(&texts, &body["dimensions"]))))
}
