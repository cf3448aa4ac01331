//! Gemini: generated content, embeddings, counts of tokens, and models
//! (<https://ai.google.dev/api>).

mod question;

use crate::answer::{Answer, Question, pieces};
use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use crate::strict::{self, list, members};
use crate::vector::{vectors, words};
use bytes::Bytes;
use http::Method;
use question::read;
use serde_json::{Value, json};

/// Stands for the signature over a thought.
pub(crate) const SIGNATURE: &str = "bW9jay10aG91Z2h0LXNpZ25hdHVyZQ==";

pub(crate) fn reply(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    if asked.path == "/v1beta/models" {
        asked.only(&Method::GET)?;
        return Ok(Reply::Json(200, models()));
    }
    if !asked.path.starts_with("/v1beta/models/") && !asked.path.starts_with("/v1beta/tunedModels/")
    {
        return asked.nowhere();
    }
    method(asked, script)
}

/// A method of a model, of whichever place.
pub(crate) fn method(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    asked.only(&Method::POST)?;
    asked.refuse(script)?;
    match asked.path.rsplit_once(':').map(|(_, method)| method) {
        Some("generateContent") => generate(asked, script, false),
        Some("streamGenerateContent") if asked.query == "alt=sse" => generate(asked, script, true),
        Some("streamGenerateContent") => {
            Err(Refusal::invalid("alt", "this mock streams server-sent events only: `alt=sse`"))
        }
        Some("batchEmbedContents") if asked.provider.name == "gemini" => embed(asked),
        Some("countTokens") => count(asked),
        _ => asked.nowhere(),
    }
}

/// A wrong key is told as a wrong argument, by a reason of its own.
pub(crate) fn error(refusal: &Refusal, _: &str) -> Value {
    let status = match refusal.status {
        400 | 422 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        503 => "UNAVAILABLE",
        _ => "INTERNAL",
    };
    let mut error = json!({ "code": refusal.status, "message": refusal.message, "status": status });
    if refusal.status == 429 {
        let retry =
            json!({ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s" });
        error["details"] = json!([retry]);
    }
    if refusal.code == Some("invalid_api_key") && refusal.status == 400 {
        error["details"] = json!([{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "API_KEY_INVALID", "domain": "googleapis.com",
        }]);
    }
    if refusal.status == 401 {
        error["details"] = json!([{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "ACCESS_TOKEN_TYPE_UNSUPPORTED", "domain": "googleapis.com",
        }]);
    }
    json!({ "error": error })
}

fn generate(asked: &Asked<'_>, script: Script, stream: bool) -> Result<Reply, Refusal> {
    let question = Question { stream, ..read(asked, &asked.body)? };
    let answer = asked.answer(&question, script);
    let parts = parts(asked, &question, &answer);
    let number = asked.body["generationConfig"]["candidateCount"].as_u64().unwrap_or(1).clamp(1, 8);
    if !stream {
        let whole = whole(parts);
        let all: Vec<Value> = (0..number)
            .map(|index| candidate(index, std::slice::from_ref(&whole).concat(), Some(&answer)))
            .collect();
        return Ok(Reply::Json(200, chunk(asked, &question, &answer, all)));
    }
    let event = |candidate: Value| {
        let chunk = chunk(asked, &question, &answer, vec![candidate]);
        Bytes::from(format!("data: {chunk}\r\n\r\n"))
    };
    let mut events = Vec::new();
    for index in 0..number {
        events.extend(parts.iter().map(|part| event(candidate(index, vec![part.clone()], None))));
    }
    if let Some(most) = script.events() {
        events.truncate(most);
        if script == Script::MidstreamError {
            let error = error(&Refusal::of_status(503), "");
            events.push(Bytes::from(format!("data: {error}\r\n\r\n")));
        }
        return Ok(Reply::Events(events, script));
    }
    for index in 0..number {
        let nothing = vec![json!({ "text": "" })];
        events.push(event(candidate(index, nothing, Some(&answer))));
    }
    Ok(Reply::Events(events, script))
}

/// The parts of an answer, as a stream has them. The signature stands at the first call, or
/// at the end of the text.
fn parts(asked: &Asked<'_>, question: &Question, answer: &Answer) -> Vec<Value> {
    let mut parts = Vec::new();
    if let Some(reasoning) = answer.reasoning.as_ref().filter(|_| question.thinking) {
        let thought = |piece| json!({ "text": piece, "thought": true });
        parts.extend(pieces(reasoning, None).into_iter().map(thought));
    }
    let piece = |piece| json!({ "text": piece });
    if !answer.text.is_empty() {
        parts.extend(pieces(&answer.text, asked.behaviour.chunks).into_iter().map(piece));
    }
    let is_signed = answer.reasoning.is_some();
    for (position, (name, arguments)) in answer.calls.iter().enumerate() {
        let args: Value = serde_json::from_str(arguments).unwrap_or_default();
        let id = format!("mock{:06}{position:02}", asked.number);
        let mut part = json!({ "functionCall": { "id": id, "name": name, "args": args } });
        if position == 0 && is_signed {
            part["thoughtSignature"] = json!(SIGNATURE);
        }
        parts.push(part);
    }
    if answer.calls.is_empty() && is_signed {
        parts.push(json!({ "text": "", "thoughtSignature": SIGNATURE }));
    }
    parts
}

/// Parts of a kind in one piece.
fn whole(parts: Vec<Value>) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    for part in parts {
        let joins = |last: &&mut Value| {
            last["text"].is_string()
                && part["text"].is_string()
                && last["thought"] == part["thought"]
        };
        match all.last_mut().filter(joins) {
            Some(last) => {
                let text =
                    [&last["text"], &part["text"]].map(|text| text.as_str().unwrap_or_default());
                last["text"] = json!(text.concat());
                if !part["thoughtSignature"].is_null() {
                    last["thoughtSignature"] = part["thoughtSignature"].clone();
                }
            }
            None => all.push(part),
        }
    }
    all
}

fn candidate(index: u64, parts: Vec<Value>, ended: Option<&Answer>) -> Value {
    let mut candidate = json!({ "content": { "role": "model", "parts": parts }, "index": index });
    if let Some(answer) = ended {
        let reason = if answer.cut_short { "MAX_TOKENS" } else { "STOP" };
        candidate["finishReason"] = json!(reason);
    }
    candidate
}

fn chunk(asked: &Asked<'_>, question: &Question, answer: &Answer, candidates: Vec<Value>) -> Value {
    let thoughts = answer.reasoning.as_ref().map_or(0, |text| text.split(' ').count() as u64);
    json!({
        "candidates": candidates,
        "usageMetadata": {
            "promptTokenCount": question.input_tokens,
            "candidatesTokenCount": answer.output_tokens,
            "thoughtsTokenCount": thoughts,
            "totalTokenCount": question.input_tokens + answer.output_tokens + thoughts,
        },
        "modelVersion": asked.model,
        "responseId": format!("resp-mock{:06}", asked.number),
    })
}

fn embed(asked: &Asked<'_>) -> Result<Reply, Refusal> {
    members(&asked.body, "body", &["requests"])?;
    let mut embeddings = Vec::new();
    for request in list(&asked.body["requests"], "requests")? {
        let known =
            ["autoTruncate", "content", "model", "outputDimensionality", "taskType", "title"];
        members(request, "requests", &known)?;
        if request["model"] != format!("models/{}", asked.model) {
            return Err(Refusal::invalid("requests.model", "the model is not that of the path"));
        }
        let parts = list(&request["content"]["parts"], "requests.content.parts")?;
        let words: Vec<&str> = parts.iter().filter_map(|part| part["text"].as_str()).collect();
        let vector = vectors(&[words.join("\n")], &request["outputDimensionality"]).remove(0);
        embeddings.push(json!({ "values": vector }));
    }
    Ok(Reply::Json(200, json!({ "embeddings": embeddings })))
}

fn count(asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let body = match asked.body.get("generateContentRequest") {
        Some(body) if asked.provider.name == "gemini" => body,
        _ => &asked.body,
    };
    let question = read(asked, body)?;
    Ok(Reply::Json(200, json!({ "totalTokens": question.input_tokens })))
}

/// Vertex AI has embeddings as predictions.
pub(crate) fn predict(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    asked.only(&Method::POST)?;
    asked.refuse(script)?;
    members(&asked.body, "body", &["instances", "parameters"])?;
    let mut predictions = Vec::new();
    for instance in list(&asked.body["instances"], "instances")? {
        members(instance, "instances", &["content", "task_type", "title"])?;
        let text = vec![strict::text(&instance["content"], "instances.content")?.to_owned()];
        let values = vectors(&text, &asked.body["parameters"]["outputDimensionality"]).remove(0);
        let statistics = json!({ "token_count": words(&text), "truncated": false });
        predictions.push(json!({ "embeddings": { "values": values, "statistics": statistics } }));
    }
    Ok(Reply::Json(200, json!({ "predictions": predictions })))
}

fn models() -> Value {
    let model = |(id, name, method): (&str, &str, &str)| {
        json!({
            "name": format!("models/{id}"), "displayName": name, "version": "001",
            "inputTokenLimit": 1_048_576, "outputTokenLimit": 65_536,
            "supportedGenerationMethods": [method, "countTokens"],
        })
    };
    let all = [
        ("gemini-2.5-flash", "Gemini 2.5 Flash", "generateContent"),
        ("gemini-2.5-pro", "Gemini 2.5 Pro", "generateContent"),
        ("gemini-embedding-001", "Gemini Embedding 001", "embedContent"),
    ];
    json!({ "models": all.map(model) })
}
