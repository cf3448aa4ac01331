//! Azure: OpenAI's form below paths of its own, with its own errors
//! (<https://learn.microsoft.com/azure/ai-foundry/openai/reference>).

use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use crate::{openai, vector};
use http::Method;
use serde_json::{Value, json};

pub(crate) fn reply(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    let dated = asked.query.starts_with("api-version=");
    let method = match asked.path.strip_prefix("/openai/deployments/") {
        Some(rest) if dated => rest.split_once('/').map(|(_, method)| method),
        Some(_) => return Err(missing_version()),
        None => match asked.path.strip_prefix("/models/") {
            Some(method) if dated => Some(method),
            Some(_) => return Err(missing_version()),
            None => asked.path.strip_prefix("/openai/v1/"),
        },
    };
    match method {
        Some("chat/completions") => openai::chat(asked, script),
        Some("embeddings") => vector::embeddings(asked, script),
        Some("models") => {
            asked.only(&Method::GET)?;
            Ok(Reply::Json(200, openai::models()))
        }
        _ => asked.nowhere(),
    }
}

fn missing_version() -> Refusal {
    Refusal { message: "Resource not found".to_owned(), ..Refusal::of_status(404) }
}

/// The code of a credential that is wrong is its status.
pub(crate) fn error(refusal: &Refusal, id: &str) -> Value {
    match refusal.status {
        401 => json!({ "error": { "code": "401", "message": refusal.message } }),
        _ => openai::error(refusal, id),
    }
}
