//! Ollama: chat and embeddings, line by line (<https://docs.ollama.com/api>).

use crate::answer::{Answer, Offer, Question, pieces};
use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use crate::strict::{list, members, text, texts};
use crate::vector::{vectors, words};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

const KIND: &str = "application/x-ndjson";
const CREATED: &str = "2025-10-09T08:53:20.123456Z";
const MEMBERS: &[&str] = &[
    "format",
    "keep_alive",
    "logprobs",
    "messages",
    "model",
    "options",
    "stream",
    "think",
    "tools",
    "top_logprobs",
    "truncate",
    "shift",
];

pub(crate) fn reply(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    match asked.path {
        "/api/chat" => {
            asked.only(&Method::POST)?;
            asked.refuse(script)?;
            chat(asked, script)
        }
        "/api/embed" => {
            asked.only(&Method::POST)?;
            asked.refuse(script)?;
            embed(asked)
        }
        "/api/tags" => {
            asked.only(&Method::GET)?;
            let model = |name: &str| {
                json!({
                    "name": name, "model": name, "modified_at": CREATED, "size": 2_019_393_189_u64,
                    "digest": "a80c4f17acd5", "details": { "family": "llama", "format": "gguf" },
                })
            };
            let all = ["llama3.2:latest", "qwen3:8b", "nomic-embed-text:latest"].map(model);
            Ok(Reply::Json(200, json!({ "models": all })))
        }
        _ => asked.nowhere(),
    }
}

pub(crate) fn error(refusal: &Refusal, _: &str) -> Value {
    json!({ "error": refusal.message })
}

fn chat(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    let question = read(asked)?;
    let answer = asked.answer(&question, script);
    let line = |message: Value| json!({ "model": asked.model, "created_at": CREATED, "message": message, "done": false });
    let ended = |mut line: Value| {
        line["done"] = json!(true);
        line["done_reason"] = json!(if answer.cut_short { "length" } else { "stop" });
        line["total_duration"] = json!(1_000_000);
        line["load_duration"] = json!(1_000);
        line["prompt_eval_count"] = json!(question.input_tokens);
        line["prompt_eval_duration"] = json!(1_000);
        line["eval_count"] = json!(answer.output_tokens);
        line["eval_duration"] = json!(1_000);
        line
    };
    if !question.stream {
        let mut message = json!({ "role": "assistant", "content": answer.text });
        if let Some(reasoning) = &answer.reasoning {
            message["thinking"] = json!(reasoning);
        }
        if !answer.calls.is_empty() {
            message["tool_calls"] = calls(asked, &answer);
        }
        return Ok(Reply::Json(200, ended(line(message))));
    }
    let mut lines = Vec::new();
    for piece in answer.reasoning.iter().flat_map(|text| pieces(text, None)) {
        lines.push(line(json!({ "role": "assistant", "content": "", "thinking": piece })));
    }
    for piece in pieces(&answer.text, asked.behaviour.chunks) {
        lines.push(line(json!({ "role": "assistant", "content": piece })));
    }
    if !answer.calls.is_empty() {
        let calls = calls(asked, &answer);
        lines.push(line(json!({ "role": "assistant", "content": "", "tool_calls": calls })));
    }
    match script.events() {
        Some(most) => {
            lines.truncate(most);
            if script == Script::MidstreamError {
                lines.push(json!({ "error": Refusal::of_status(500).message }));
            }
        }
        None => lines.push(ended(line(json!({ "role": "assistant", "content": "" })))),
    }
    let lines = lines.iter().map(|line| Bytes::from(format!("{line}\n"))).collect();
    Ok(Reply::Stream(KIND, lines, script))
}

/// Calls come whole.
fn calls(asked: &Asked<'_>, answer: &Answer) -> Value {
    let call = |(index, (name, arguments)): (usize, &(String, String))| {
        let arguments: Value = serde_json::from_str(arguments).unwrap_or_default();
        json!({
            "id": format!("call_mock{:06}{index:02}", asked.number),
            "function": { "index": index, "name": name, "arguments": arguments },
        })
    };
    answer.calls.iter().enumerate().map(call).collect()
}

fn read(asked: &Asked<'_>) -> Result<Question, Refusal> {
    let body = &asked.body;
    members(body, "body", MEMBERS)?;
    let mut question = Question {
        model: asked.model.clone(),
        // It streams unless it is told not to.
        stream: body["stream"] != false,
        input_tokens: body["messages"].to_string().split_whitespace().count() as u64,
        max_tokens: body["options"]["num_predict"].as_u64(),
        thinking: !matches!(body["think"], Value::Null | Value::Bool(false)),
        ..Question::default()
    };
    let mut called: Vec<String> = Vec::new();
    for (position, message) in list(&body["messages"], "messages")?.iter().enumerate() {
        let at = format!("messages[{position}]");
        let known =
            ["content", "images", "role", "thinking", "tool_call_id", "tool_calls", "tool_name"];
        members(message, &at, &known)?;
        let content = message["content"].as_str().unwrap_or_default().to_owned();
        let mut media = Vec::new();
        for image in message["images"].as_array().into_iter().flatten() {
            let bytes = STANDARD.decode(text(image, &at)?).unwrap_or_default();
            if !bytes.starts_with(b"\x89PNG") && !bytes.starts_with(b"\xff\xd8") {
                return Err(Refusal::invalid(&at, "invalid image input"));
            }
            media.push("image".to_owned());
        }
        match message["role"].as_str() {
            Some("user") => {
                (question.words, question.media) = (content, media);
                question.results.clear();
            }
            Some("tool") => {
                let name = text(&message["tool_name"], &at)?;
                let Some(place) = called.iter().position(|called| called == name) else {
                    return Err(Refusal::invalid(&at, "the result of a call that was not made"));
                };
                called.remove(place);
                question.results.push(content);
            }
            Some("assistant") => {
                question.results.clear();
                for call in message["tool_calls"].as_array().into_iter().flatten() {
                    if !call["function"]["arguments"].is_object() {
                        return Err(Refusal::invalid(&at, "arguments must be an object"));
                    }
                    called.push(text(&call["function"]["name"], &at)?.to_owned());
                }
            }
            Some("system") => {}
            _ => return Err(Refusal::invalid(&at, "invalid role")),
        }
    }
    for tool in body["tools"].as_array().into_iter().flatten() {
        let function = &tool["function"];
        let name = text(&function["name"], "tools.function.name")?.to_owned();
        question.tools.push(Offer { name, schema: function["parameters"].clone() });
    }
    question.schema = match &body["format"] {
        Value::Object(_) => Some(body["format"].clone()),
        Value::String(format) if format == "json" => Some(json!(true)),
        _ => None,
    };
    Ok(question)
}

fn embed(asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let body = &asked.body;
    members(body, "body", &["dimensions", "input", "keep_alive", "model", "options", "truncate"])?;
    let texts = texts(&body["input"], "input")?;
    let answer = json!({
        "model": asked.model, "embeddings": vectors(&texts, &body["dimensions"]),
        "total_duration": 1_000_000, "load_duration": 1_000, "prompt_eval_count": words(&texts),
    });
    Ok(Reply::Json(200, answer))
}
