//! Anthropic's form: messages, counts of their tokens, and models.

use crate::answer::{Answer, Offer, Question, pieces};
use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use crate::strict::{Calls, image, signature, text};
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

/// Stands for the signature over a thinking block: opaque, and to be sent back as
/// it came.
pub(crate) const SIGNATURE: &str = "bW9jay1zaWduYXR1cmU=";
/// Tells SDKs to send a conversation as a whole.
const NO_THREADS: &str = "thread_unsupported_request";

pub(crate) fn reply(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    if !asked.headers.contains_key("anthropic-version") {
        return Err(Refusal::invalid("anthropic-version", "anthropic-version: header is required"));
    }
    match asked.path {
        "/v1/messages" => messages(asked, script),
        "/v1/messages/count_tokens" => {
            asked.only(&Method::POST)?;
            asked.refuse(script)?;
            let question = read(asked)?;
            Ok(Reply::Json(200, json!({ "input_tokens": question.input_tokens })))
        }
        "/v1/models" => {
            asked.only(&Method::GET)?;
            Ok(Reply::Json(200, models()))
        }
        _ => Err(Refusal { message: "Not Found".to_owned(), ..Refusal::of_status(404) }),
    }
}

pub(crate) fn error(refusal: &Refusal, id: &str) -> Value {
    let mut body = error_object(refusal);
    body["request_id"] = json!(id);
    body
}

fn refuse(asked: &Asked<'_>, script: Script) -> Result<(), Refusal> {
    match script {
        Script::Quota => Err(Refusal {
            message: "Your credit balance is too low to access the Anthropic API.".to_owned(),
            ..Refusal::of_status(400)
        }),
        Script::UnknownModel => {
            Err(Refusal { message: format!("model: {}", asked.model), ..Refusal::of_status(404) })
        }
        Script::Status(_) => asked.refuse(script),
        _ if !asked.body.is_object() => {
            Err(Refusal::invalid("body", "The request body is not valid JSON"))
        }
        _ if asked.model.is_empty() => Err(Refusal::invalid("model", "model: Field required")),
        _ if !asked.body["thread"].is_null() => {
            let message = "thread: Threads are not kept here.".to_owned();
            Err(Refusal { message, code: Some(NO_THREADS), ..Refusal::of_status(400) })
        }
        _ if !asked.body["max_tokens"].is_u64() => {
            Err(Refusal::invalid("max_tokens", "max_tokens: Field required"))
        }
        _ => Ok(()),
    }
}

fn error_object(refusal: &Refusal) -> Value {
    let mut object = json!({
        "type": "error",
        "error": { "type": refusal.kinds.1, "message": refusal.message },
    });
    if refusal.code == Some(NO_THREADS) {
        object["error"]["details"] = json!({ "error_code": NO_THREADS, "unsupported": [] });
    }
    object
}

/// Messages, of whoever has this protocol.
pub(crate) fn messages(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    messages_as(asked, script, asked.body["stream"] == true)
}

/// The same where something else than the body says whether to stream.
pub(crate) fn messages_as(
    asked: &Asked<'_>,
    script: Script,
    streams: bool,
) -> Result<Reply, Refusal> {
    asked.only(&Method::POST)?;
    refuse(asked, script)?;
    let question = Question { stream: streams, ..read(asked)? };
    let answer = asked.answer(&question, script);
    let id = format!("msg_mock{:06}", asked.number);
    if question.stream {
        return Ok(Reply::Events(stream(asked, &question, &answer, script, &id), script));
    }
    let content: Vec<Value> = blocks(asked, &answer, None).into_iter().map(whole).collect();
    let mut message = empty_message(&question, &id);
    message["content"] = json!(content);
    message["stop_reason"] = json!(stop_reason(&answer));
    message["usage"]["output_tokens"] = json!(answer.output_tokens);
    Ok(Reply::Json(200, message))
}

/// The block that its deltas add up to.
fn whole((mut block, deltas): (Value, Vec<Value>)) -> Value {
    let all = |member| deltas.iter().filter_map(|d| d[member].as_str()).collect::<String>();
    for member in ["text", "thinking", "signature"] {
        if block.get(member).is_some() {
            block[member] = json!(all(member));
        }
    }
    if block.get("input").is_some() {
        block["input"] = serde_json::from_str(&all("partial_json")).unwrap_or_default();
    }
    block
}

fn empty_message(question: &Question, id: &str) -> Value {
    json!({
        "id": id,
        "type": "message",
        "role": "assistant",
        "model": question.model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": {
            "input_tokens": question.input_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 1,
            "service_tier": "standard",
        },
    })
}

fn stop_reason(answer: &Answer) -> &'static str {
    match answer {
        _ if !answer.calls.is_empty() => "tool_use",
        _ if answer.cut_short => "max_tokens",
        _ => "end_turn",
    }
}

/// Each block as it starts, and the deltas that come to it.
fn blocks(asked: &Asked<'_>, answer: &Answer, chunks: Option<usize>) -> Vec<(Value, Vec<Value>)> {
    let mut blocks = Vec::new();
    if let Some(reasoning) = &answer.reasoning {
        let delta = |piece| json!({ "type": "thinking_delta", "thinking": piece });
        let mut deltas: Vec<Value> = pieces(reasoning, None).into_iter().map(delta).collect();
        deltas.push(json!({ "type": "signature_delta", "signature": SIGNATURE }));
        blocks.push((json!({ "type": "thinking", "thinking": "", "signature": "" }), deltas));
    }
    if !answer.text.is_empty() {
        let delta = |piece| json!({ "type": "text_delta", "text": piece });
        let deltas = pieces(&answer.text, chunks).into_iter().map(delta).collect();
        blocks.push((json!({ "type": "text", "text": "" }), deltas));
    }
    for (position, (name, arguments)) in answer.calls.iter().enumerate() {
        let id = format!("toolu_mock{:04}{position:04}", asked.number);
        let start = json!({ "type": "tool_use", "id": id, "name": name, "input": {} });
        let delta = |piece| json!({ "type": "input_json_delta", "partial_json": piece });
        blocks.push((start, pieces(arguments, Some(3)).into_iter().map(delta).collect()));
    }
    blocks
}

fn stream(
    asked: &Asked<'_>,
    question: &Question,
    answer: &Answer,
    script: Script,
    id: &str,
) -> Vec<Bytes> {
    let mut events = Vec::new();
    let mut message = empty_message(question, id);
    message["usage"]["output_tokens"] = json!(0);
    events.push(event("message_start", json!({ "message": message })));
    for (index, (block, deltas)) in
        blocks(asked, answer, asked.behaviour.chunks).into_iter().enumerate()
    {
        events
            .push(event("content_block_start", json!({ "index": index, "content_block": block })));
        if index == 0 {
            events.push(event("ping", json!({})));
        }
        for delta in deltas {
            events.push(event("content_block_delta", json!({ "index": index, "delta": delta })));
        }
        events.push(event("content_block_stop", json!({ "index": index })));
    }
    if let Some(most) = script.events() {
        // The message, the block and the ping come first.
        events.truncate(3 + most);
        if script == Script::MidstreamError {
            let error = error_object(&Refusal::of_status(529));
            events.push(event("error", json!({ "error": error["error"] })));
        }
        return events;
    }
    let usage = json!({
        "input_tokens": question.input_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": answer.output_tokens,
    });
    let delta = json!({ "stop_reason": stop_reason(answer), "stop_sequence": null });
    events.push(event("message_delta", json!({ "delta": delta, "usage": usage })));
    events.push(event("message_stop", json!({})));
    events
}

fn event(name: &str, members: Value) -> Bytes {
    let mut data = json!({ "type": name });
    if let (Some(data), Value::Object(members)) = (data.as_object_mut(), members) {
        data.extend(members);
    }
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}

fn read(asked: &Asked<'_>) -> Result<Question, Refusal> {
    let body = &asked.body;
    let messages = body["messages"]
        .as_array()
        .filter(|messages| !messages.is_empty())
        .ok_or_else(|| Refusal::invalid("messages", "messages: Field required"))?;
    let mut question = Question {
        model: asked.model.clone(),
        stream: body["stream"] == true,
        input_tokens: body["messages"].to_string().split_whitespace().count() as u64,
        max_tokens: body["max_tokens"].as_u64(),
        thinking: matches!(body["thinking"]["type"].as_str(), Some("enabled" | "adaptive")),
        ..Question::default()
    };
    let mut calls = Calls::default();
    for (position, message) in messages.iter().enumerate() {
        let at = format!("messages.{position}");
        match message["role"].as_str() {
            Some("user") => read_user(&message["content"], &at, &mut calls, &mut question)?,
            Some("assistant") => {
                calls.none_open(&at)?;
                read_assistant(&message["content"], &at, &mut calls)?;
                question.results.clear();
            }
            _ => {
                let at = format!("{at}.role");
                let text = format!("{at}: Input should be 'user' or 'assistant'");
                return Err(Refusal::invalid(&at, text));
            }
        }
    }
    question.tools = read_tools(body);
    question.schema = body["output_config"]["format"]
        .get("schema")
        .or(body["output_format"].get("schema"))
        .cloned();
    Ok(question)
}

fn read_assistant(content: &Value, at: &str, calls: &mut Calls) -> Result<(), Refusal> {
    for block in content.as_array().into_iter().flatten() {
        match block["type"].as_str() {
            Some("tool_use") => calls.called(&block["id"], at)?,
            Some("thinking") => signature(&block["signature"], SIGNATURE, at)?,
            _ => {}
        }
    }
    Ok(())
}

fn read_user(
    content: &Value,
    at: &str,
    calls: &mut Calls,
    question: &mut Question,
) -> Result<(), Refusal> {
    question.results.clear();
    let Some(blocks) = content.as_array() else {
        calls.none_open(at)?;
        question.words = content.as_str().unwrap_or_default().to_owned();
        question.media.clear();
        return Ok(());
    };
    let (mut words, mut media) = (Vec::new(), Vec::new());
    for block in blocks {
        match block["type"].as_str() {
            Some("text") => words.push(block["text"].as_str().unwrap_or_default().to_owned()),
            Some("tool_result") => {
                calls.answered(&block["tool_use_id"], at)?;
                question.results.push(result_text(&block["content"]));
            }
            Some(kind) => {
                let source = &block["source"];
                if kind == "image" && source["type"] == "base64" {
                    image(text(&source["media_type"], at)?, &source["data"], at)?;
                }
                media.push(match block["title"].as_str() {
                    Some(title) => format!("{kind} {title}"),
                    None => kind.to_owned(),
                });
            }
            None => {}
        }
    }
    calls.none_open(at)?;
    // Words after results are the next turn of the user's.
    if question.results.is_empty() || !words.is_empty() {
        question.results.clear();
        question.words = words.join("\n");
        question.media = media;
    }
    Ok(())
}

fn result_text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => {
            blocks.iter().filter_map(|block| block["text"].as_str()).collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

fn read_tools(body: &Value) -> Vec<Offer> {
    let choice = &body["tool_choice"];
    let named = (choice["type"] == "tool").then(|| choice["name"].as_str()).flatten();
    let tools = body["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
    tools
        .iter()
        .filter(|_| choice["type"] != "none")
        .filter_map(|tool| {
            let name = tool["name"].as_str()?.to_owned();
            Some(Offer { name, schema: tool["input_schema"].clone() })
        })
        .filter(|offer| named.is_none_or(|named| named == offer.name))
        .collect()
}

fn models() -> Value {
    let model = |(id, name): (&str, &str)| {
        json!({
            "type": "model", "id": id, "display_name": name, "created_at": "2025-10-01T00:00:00Z",
        })
    };
    let all = [
        ("claude-sonnet-4-5", "Claude Sonnet 4.5"),
        ("claude-haiku-4-5", "Claude Haiku 4.5"),
        ("claude-opus-4-1", "Claude Opus 4.1"),
    ];
    json!({
        "data": all.map(model),
        "has_more": false,
        "first_id": all[0].0,
        "last_id": all[2].0,
    })
}
