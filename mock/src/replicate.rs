//! Replicate: predictions, which are waited for, and asked for again where that takes too long
//! (<https://replicate.com/docs/reference/http>).

use crate::answer::{Question, pieces};
use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use crate::strict::{members, text};
use http::Method;
use serde_json::{Value, json};

/// A prediction that was not over when its request was answered.
#[derive(Clone, Debug)]
pub(crate) struct Prediction {
    id: String,
    /// As it is when it is over.
    over: Value,
    /// It never is, by itself.
    endless: bool,
    /// How often it was asked for.
    asked: u32,
    cancelled: bool,
}

pub(crate) fn reply(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    let path = asked.path.strip_prefix("/v1").unwrap_or_default();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match segments[..] {
        ["models", _, name, "predictions"] => {
            asked.only(&Method::POST)?;
            make(asked, name, Script::of(name))
        }
        ["predictions"] => {
            asked.only(&Method::POST)?;
            make(asked, "", script)
        }
        ["predictions", id] => {
            asked.only(&Method::GET)?;
            asked.prediction(id, |prediction| prediction.asked += 1)
        }
        ["predictions", id, "cancel"] => {
            asked.only(&Method::POST)?;
            asked.prediction(id, |prediction| prediction.cancelled = true)
        }
        _ => asked.nowhere(),
    }
}

fn make(asked: &Asked<'_>, model: &str, script: Script) -> Result<Reply, Refusal> {
    let body = &asked.body;
    members(body, "body", &["input", "stream", "version", "webhook", "webhook_events_filter"])?;
    if model.is_empty() == body["version"].is_null() {
        return Err(Refusal::invalid("version", "- version is required"));
    }
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
    let id = format!("mock{:06}", asked.number);
    let over = json!({
        "id": id, "model": model, "version": "mock",
        "input": body["input"], "status": "succeeded", "error": null,
        "output": pieces(&answer.text, asked.behaviour.chunks),
        "created_at": "2025-10-09T08:53:20.123Z",
        "metrics": { "predict_time": 0.1, "input_token_count": 3, "output_token_count": answer.output_tokens },
    });
    let prefer = asked.headers.get("prefer").and_then(|value| value.to_str().ok());
    let waits = prefer.is_some_and(|prefer| prefer.starts_with("wait"));
    let endless = script == Script::Endless;
    if waits && !endless && script != Script::Late {
        return Ok(Reply::Json(201, over));
    }
    let prediction = Prediction { id, over, endless, asked: 0, cancelled: false };
    let reply = Reply::Json(201, prediction.now());
    asked.state.predict(prediction);
    Ok(reply)
}

impl Prediction {
    /// As it is now: it is begun, then at work, then over.
    fn now(&self) -> Value {
        let status = match self.asked {
            _ if self.cancelled => "canceled",
            0 => "starting",
            1 => "processing",
            _ if self.endless => "processing",
            _ => return self.over.clone(),
        };
        let mut now = self.over.clone();
        now["status"] = json!(status);
        now["output"] = Value::Null;
        now["metrics"] = json!({});
        now
    }
}

impl Asked<'_> {
    /// Changes a prediction that was made before, and tells how it is.
    fn prediction(&self, id: &str, change: fn(&mut Prediction)) -> Result<Reply, Refusal> {
        let mut state = self.state.lock();
        match state.predictions.iter_mut().find(|prediction| prediction.id == id) {
            Some(prediction) => {
                change(prediction);
                Ok(Reply::Json(200, prediction.now()))
            }
            None => Err(Refusal::of_status(404)),
        }
    }
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
