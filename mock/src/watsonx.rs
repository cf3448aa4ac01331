//! watsonx.ai: OpenAI's form with names of its own (<https://cloud.ibm.com/apidocs/watsonx-ai>).

use crate::openai;
use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use crate::strict::{members, texts};
use crate::vector::{vectors, words};
use http::Method;
use serde_json::{Value, json};

pub(crate) fn reply(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    if !asked.query.split('&').any(|pair| pair.starts_with("version=20")) {
        return Err(Refusal::invalid("version", "The mandatory 'version' query is missing."));
    }
    let rest = asked.path.strip_prefix("/ml/v1/").unwrap_or_default();
    let deployed = rest.strip_prefix("deployments/").and_then(|rest| rest.split_once('/'));
    let method = deployed.map_or(rest, |(_, method)| method);
    match method {
        "text/chat" => chat(asked, script, deployed.is_some()),
        "text/chat_stream" => {
            check(asked, deployed.is_some())?;
            // What OpenAI is told in the body.
            let mut body = asked.body.clone();
            body["stream"] = json!(true);
            body["stream_options"] = json!({ "include_usage": true });
            openai::chat(&asked.with(body), script)
        }
        "text/embeddings" => embed(asked, script),
        "foundation_model_specs" => {
            asked.only(&Method::GET)?;
            let model = |id: &str, label: &str| json!({ "model_id": id, "label": label, "provider": "IBM" });
            let all = [model("ibm/granite-3-3-8b-instruct", "granite-3-3-8b-instruct")];
            Ok(Reply::Json(200, json!({ "total_count": 1, "resources": all })))
        }
        _ => asked.nowhere(),
    }
}

fn chat(asked: &Asked<'_>, script: Script, deployed: bool) -> Result<Reply, Refusal> {
    check(asked, deployed)?;
    openai::chat(asked, script)
}

/// Whether to stream is said by the path, and who pays by the body or the deployment.
fn check(asked: &Asked<'_>, deployed: bool) -> Result<(), Refusal> {
    let body = &asked.body;
    if !body["stream"].is_null() {
        return Err(Refusal::invalid("stream", "Json document validation error: stream"));
    }
    let pays = body["project_id"].is_string() || body["space_id"].is_string();
    if pays == deployed {
        return Err(Refusal::invalid("project_id", "either a space_id or a project_id is needed"));
    }
    Ok(())
}

pub(crate) fn error(refusal: &Refusal, id: &str) -> Value {
    let code = match refusal.status {
        401 => "authentication_token_not_valid",
        404 => "model_not_supported",
        429 => "rate_limit_reached_requests",
        400..500 => "invalid_input_argument",
        _ => "internal_error",
    };
    let error = json!({ "code": code, "message": refusal.message });
    json!({ "errors": [error], "trace": id, "status_code": refusal.status })
}

fn embed(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    asked.only(&Method::POST)?;
    asked.refuse(script)?;
    let known = ["inputs", "model_id", "parameters", "project_id", "space_id"];
    members(&asked.body, "body", &known)?;
    let texts = texts(&asked.body["inputs"], "inputs")?;
    let result = |vector: &Vec<f32>| json!({ "embedding": vector });
    let results: Vec<Value> = vectors(&texts, &Value::Null).iter().map(result).collect();
    Ok(Reply::Json(
        200,
        json!({
            "model_id": asked.model, "created_at": "2025-10-09T08:53:20.123Z",
            "results": results, "input_token_count": words(&texts),
        }),
    ))
}
