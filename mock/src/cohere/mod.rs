//! Cohere: chat, embeddings, rankings and models (<https://docs.cohere.com/reference>).

mod question;

use crate::answer::{Answer, pieces};
use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use crate::strict::{members, text, texts};
use crate::vector::{ranked, vectors, words};
use bytes::Bytes;
use http::Method;
use question::read;
use serde_json::{Value, json};

const PLAN: &str = "I will look it up with a tool.";

pub(crate) fn reply(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    if asked.path == "/v1/models" {
        asked.only(&Method::GET)?;
        return Ok(Reply::Json(200, models()));
    }
    if !["/v2/chat", "/v2/embed", "/v2/rerank"].contains(&asked.path) {
        return asked.nowhere();
    }
    asked.only(&Method::POST)?;
    asked.refuse(script)?;
    match asked.path {
        "/v2/chat" => chat(asked, script),
        "/v2/embed" => embed(asked),
        _ => rerank(asked),
    }
}

pub(crate) fn error(refusal: &Refusal, id: &str) -> Value {
    json!({ "id": id, "message": refusal.message })
}

fn chat(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    let question = read(asked)?;
    let answer = asked.answer(&question, script);
    let reason = match &answer {
        _ if !answer.calls.is_empty() => "TOOL_CALL",
        _ if answer.cut_short => "MAX_TOKENS",
        _ => "COMPLETE",
    };
    let tokens =
        json!({ "input_tokens": question.input_tokens, "output_tokens": answer.output_tokens });
    let usage = json!({ "billed_units": tokens, "tokens": tokens });
    let id = format!("mock-{:06}", asked.number);
    if question.stream {
        return Ok(Reply::Events(stream(asked, &answer, script, &id, reason, &usage), script));
    }
    let mut content = Vec::new();
    if let Some(reasoning) = &answer.reasoning {
        content.push(json!({ "type": "thinking", "thinking": reasoning }));
    }
    if !answer.text.is_empty() {
        content.push(json!({ "type": "text", "text": answer.text }));
    }
    let mut message = json!({ "role": "assistant", "content": content });
    if !answer.calls.is_empty() {
        let calls = answer.calls.iter().enumerate();
        message["tool_calls"] = calls.map(|(at, call)| self::call(asked, at, call, true)).collect();
        message["tool_plan"] = json!(PLAN);
    }
    let answer = json!({ "id": id, "finish_reason": reason, "message": message, "usage": usage });
    Ok(Reply::Json(200, answer))
}

fn call(asked: &Asked<'_>, at: usize, call: &(String, String), whole: bool) -> Value {
    let (name, arguments) = call;
    let arguments = if whole { arguments.as_str() } else { "" };
    json!({
        "id": format!("{name}_mock{:06}{at:02}", asked.number), "type": "function",
        "function": { "name": name, "arguments": arguments },
    })
}

fn stream(
    asked: &Asked<'_>,
    answer: &Answer,
    script: Script,
    id: &str,
    reason: &str,
    usage: &Value,
) -> Vec<Bytes> {
    let event = |kind: &str, mut members: Value| {
        members["type"] = json!(kind);
        Bytes::from(format!("event: {kind}\ndata: {members}\n\n"))
    };
    let of =
        |index: usize, message: Value| json!({ "index": index, "delta": { "message": message } });
    let empty = json!({
        "role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": [],
    });
    let mut events =
        vec![event("message-start", json!({ "id": id, "delta": { "message": empty } }))];
    let mut index = 0;
    for (kind, text) in [("thinking", answer.reasoning.as_deref()), ("text", Some(&*answer.text))] {
        let Some(text) = text.filter(|text| !text.is_empty()) else { continue };
        let mut start = json!({ "type": kind });
        start[kind] = json!("");
        events.push(event("content-start", of(index, json!({ "content": start }))));
        for piece in pieces(text, asked.behaviour.chunks.filter(|_| kind == "text")) {
            let mut delta = json!({});
            delta[kind] = json!(piece);
            events.push(event("content-delta", of(index, json!({ "content": delta }))));
        }
        events.push(event("content-end", json!({ "index": index })));
        index += 1;
    }
    if !answer.calls.is_empty() {
        for piece in pieces(PLAN, None) {
            let delta = json!({ "delta": { "message": { "tool_plan": piece } } });
            events.push(event("tool-plan-delta", delta));
        }
    }
    for (index, called) in answer.calls.iter().enumerate() {
        let start = json!({ "tool_calls": call(asked, index, called, false) });
        events.push(event("tool-call-start", of(index, start)));
        for piece in pieces(&called.1, Some(3)) {
            let delta = json!({ "tool_calls": { "function": { "arguments": piece } } });
            events.push(event("tool-call-delta", of(index, delta)));
        }
        events.push(event("tool-call-end", json!({ "index": index })));
    }
    if let Some(most) = script.events() {
        events.truncate(2 + most);
        if script == Script::MidstreamError {
            let refusal = Refusal::of_status(500);
            let delta = json!({ "finish_reason": "ERROR", "error": refusal.message });
            events.push(event("message-end", json!({ "id": id, "delta": delta })));
        }
        return events;
    }
    let delta = json!({ "finish_reason": reason, "usage": usage });
    events.push(event("message-end", json!({ "id": id, "delta": delta })));
    events
}

fn embed(asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let body = &asked.body;
    let known = [
        "embedding_types",
        "images",
        "input_type",
        "inputs",
        "max_tokens",
        "model",
        "output_dimension",
        "priority",
        "texts",
        "truncate",
    ];
    members(body, "body", &known)?;
    text(&body["input_type"], "input_type")?;
    let texts = texts(&body["texts"], "texts")?;
    let vectors = vectors(&texts, &body["output_dimension"]);
    let meta = json!({ "api_version": { "version": "2" }, "billed_units": { "input_tokens": words(&texts) } });
    let answer = json!({
        "id": format!("mock-{:06}", asked.number), "texts": texts,
        "embeddings": { "float": vectors }, "response_type": "embeddings_by_type", "meta": meta,
    });
    Ok(Reply::Json(200, answer))
}

fn rerank(asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let body = &asked.body;
    let known = ["documents", "max_tokens_per_doc", "model", "priority", "query", "top_n"];
    members(body, "body", &known)?;
    let documents = texts(&body["documents"], "documents")?;
    let ranking = ranked(text(&body["query"], "query")?, &documents, &body["top_n"]);
    let result = |(index, score)| json!({ "index": index, "relevance_score": score });
    let results: Vec<Value> = ranking.into_iter().map(result).collect();
    let meta = json!({ "api_version": { "version": "2" }, "billed_units": { "search_units": 1 } });
    let answer =
        json!({ "id": format!("mock-{:06}", asked.number), "results": results, "meta": meta });
    Ok(Reply::Json(200, answer))
}

fn models() -> Value {
    let model = |name: &str, endpoint: &str| json!({ "name": name, "endpoints": [endpoint], "context_length": 256_000, "finetuned": false });
    let all = [
        model("command-a-03-2025", "chat"),
        model("embed-v4.0", "embed"),
        model("rerank-v3.5", "rerank"),
    ];
    json!({ "models": all, "next_page_token": null })
}
