//! Databricks: serving endpoints in OpenAI's form
//! (<https://docs.databricks.com/aws/en/machine-learning/foundation-model-apis/api-reference>).

use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use crate::strict::{list, signature};
use crate::{openai, vector};
use http::Method;
use serde_json::{Value, json};

pub(crate) fn reply(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    let is_invoked = asked
        .path
        .strip_prefix("/serving-endpoints/")
        .is_some_and(|rest| rest.ends_with("/invocations"));
    match asked.path {
        "/serving-endpoints/chat/completions" => chat(asked, script),
        "/serving-endpoints/embeddings" => vector::embeddings(asked, script),
        "/api/2.0/serving-endpoints" => {
            asked.only(&Method::GET)?;
            Ok(Reply::Json(200, endpoints()))
        }
        _ if is_invoked && !asked.body["input"].is_null() => vector::embeddings(asked, script),
        _ if is_invoked => chat(asked, script),
        _ => asked.nowhere(),
    }
}

/// Thoughts come back as parts, with the signature that they had.
fn chat(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    for message in list(&asked.body["messages"], "messages")? {
        for part in message["content"].as_array().into_iter().flatten() {
            for thought in part["summary"].as_array().into_iter().flatten() {
                let given = openai::DATABRICKS_SIGNATURE;
                signature(&thought["signature"], given, "messages.content.summary")?;
            }
        }
    }
    openai::chat(asked, script)
}

pub(crate) fn error(refusal: &Refusal, _: &str) -> Value {
    let code = match refusal.status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "RESOURCE_DOES_NOT_EXIST",
        429 => "REQUEST_LIMIT_EXCEEDED",
        400..500 => "INVALID_PARAMETER_VALUE",
        _ => "INTERNAL_ERROR",
    };
    json!({ "error_code": code, "message": refusal.message })
}

fn endpoints() -> Value {
    let endpoint = |(name, task): (&str, &str)| json!({ "name": name, "creator": "mock", "task": task, "state": { "ready": "READY" } });
    let all = [
        ("databricks-claude-sonnet-4-5", "llm/v1/chat"),
        ("databricks-gte-large-en", "llm/v1/embeddings"),
    ];
    json!({ "endpoints": all.map(endpoint) })
}
