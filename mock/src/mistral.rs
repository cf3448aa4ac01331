//! Mistral: OpenAI's form, but nothing that it does not know
//! (<https://docs.mistral.ai/api>).

use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use crate::strict::{list, members};
use crate::{completion, openai, vector};
use serde_json::{Value, json};

const CHAT: &[&str] = &[
    "frequency_penalty",
    "guardrails",
    "max_tokens",
    "messages",
    "metadata",
    "model",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_mode",
    "random_seed",
    "reasoning_effort",
    "response_format",
    "safe_prompt",
    "stop",
    "stream",
    "temperature",
    "tool_choice",
    "tools",
    "top_p",
];
const EMBEDDINGS: &[&str] =
    &["encoding_format", "input", "metadata", "model", "output_dimension", "output_dtype"];

pub(crate) fn reply(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    match asked.path {
        "/v1/chat/completions" if asked.body.is_object() => {
            check(&asked.body).map_err(unprocessable)?;
            openai::chat(asked, script)
        }
        "/v1/fim/completions" if asked.body.is_object() => completion::between(asked, script)
            .map_err(|refusal| match refusal.status {
                400 => unprocessable(refusal),
                _ => refusal,
            }),
        "/v1/completions" => asked.nowhere(),
        "/v1/embeddings" if asked.body.is_object() => {
            members(&asked.body, "body", EMBEDDINGS).map_err(unprocessable)?;
            vector::embeddings(asked, script)
        }
        _ => openai::reply(asked, script),
    }
}

/// What does not fit is answered with another status than elsewhere.
fn unprocessable(refusal: Refusal) -> Refusal {
    Refusal { status: 422, ..refusal }
}

pub(crate) fn error(refusal: &Refusal, id: &str) -> Value {
    match refusal.status {
        401 => json!({ "detail": refusal.message }),
        422 => {
            let at: Vec<&str> = refusal.param.iter().flat_map(|param| param.split('.')).collect();
            let mut detail = json!([{
                "type": "extra_forbidden", "loc": ["body"], "msg": refusal.message,
            }]);
            if let Some(loc) = detail[0]["loc"].as_array_mut() {
                loc.extend(at.into_iter().map(Value::from));
            }
            json!({
                "object": "error", "message": { "detail": detail },
                "type": "invalid_request_error", "param": null, "code": null,
            })
        }
        _ => json!({
            "object": "error", "message": refusal.message, "type": refusal.kinds.0,
            "param": refusal.param, "code": refusal.code, "request_id": id,
        }),
    }
}

fn check(body: &Value) -> Result<(), Refusal> {
    members(body, "body", CHAT)?;
    for (position, message) in list(&body["messages"], "messages")?.iter().enumerate() {
        let at = format!("messages.{position}");
        let known: &[&str] = match message["role"].as_str() {
            Some("assistant") => &["content", "prefix", "role", "tool_calls"],
            Some("tool") => &["content", "name", "role", "tool_call_id"],
            Some("user" | "system") => &["content", "role"],
            _ => {
                return Err(Refusal::invalid(
                    &at,
                    "Input tag does not match any of the expected tags",
                ));
            }
        };
        members(message, &at, known)?;
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            let id = call["id"].as_str().unwrap_or_default();
            if id.len() != 9 || !id.chars().all(|c| c.is_ascii_alphanumeric()) {
                let why = "Tool call id has to be a-z, A-Z, 0-9, with a length of 9.";
                return Err(Refusal::invalid(&at, why));
            }
        }
    }
    for tool in body["tools"].as_array().into_iter().flatten() {
        members(tool, "tools", &["function", "type"])?;
        let function = &tool["function"];
        members(function, "tools.function", &["description", "name", "parameters", "strict"])?;
        if !function["parameters"].is_object() {
            return Err(Refusal::invalid("tools.function.parameters", "Field required"));
        }
    }
    Ok(())
}
