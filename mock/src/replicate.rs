//! Replicate: predictions, which are waited for (<https://replicate.com/docs/reference/http>).

use crate::answer::{Question, pieces};
use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use crate::strict::{members, text};
use http::Method;
use serde_json::{Value, json};

pub(crate) fn reply(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    let path = asked.path.strip_prefix("/v1").unwrap_or_default();
    let is_model = path.starts_with("/models/") && path.ends_with("/predictions");
    if !is_model && path != "/predictions" {
        return asked.nowhere();
    }
    asked.only(&Method::POST)?;
    let body = &asked.body;
    members(body, "body", &["input", "stream", "version", "webhook", "webhook_events_filter"])?;
    if is_model != body["version"].is_null() {
        return Err(Refusal::invalid("version", "- version is required"));
    }
    // The name follows the owner's here.
    let model = path.split('/').nth(3).filter(|_| is_model).unwrap_or_default();
    let script = if is_model { Script::of(model) } else { script };
    match script {
        Script::Status(status) => return Err(Refusal::of_status(status)),
        Script::UnknownModel => return Err(Refusal::unknown_model(model)),
        _ => {}
    }
    let question = Question {
        words: text(&body["input"]["prompt"], "input.prompt")?.to_owned(),
        ..Question::default()
    };
    let answer = asked.answer(&question, script);
    Ok(Reply::Json(
        201,
        json!({
            "id": format!("mock{:06}", asked.number), "model": model, "version": "mock",
            "input": body["input"], "status": "succeeded", "error": null,
            "output": pieces(&answer.text, asked.behaviour.chunks),
            "created_at": "2025-10-09T08:53:20.123Z",
            "metrics": { "predict_time": 0.1, "input_token_count": 3, "output_token_count": answer.output_tokens },
        }),
    ))
}

pub(crate) fn error(refusal: &Refusal, _: &str) -> Value {
    let title = match refusal.status {
        401 => "Unauthenticated",
        404 => "Not found",
        429 => "Request was throttled",
        400..500 => "Input validation failed",
        _ => "Internal server error",
    };
    json!({ "title": title, "detail": refusal.message, "status": refusal.status })
}
