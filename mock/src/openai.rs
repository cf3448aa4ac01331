//! OpenAI's form: chat completions, and models. Others speak it too, some with particulars.

use crate::answer::{Answer, Offer, Question, pieces};
use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use crate::strict::{Calls, data_url, text};
use crate::{completion, media, responses, vector};
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

pub(crate) const CREATED: u64 = 1_760_000_000;
/// Stands for the signature over a thought of Claude's that Databricks passes on.
pub(crate) const DATABRICKS_SIGNATURE: &str = "bW9jay1kYXRhYnJpY2tzLXNpZ25hdHVyZQ==";

pub(crate) fn reply(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    match asked.path {
        "/v1/chat/completions" => chat(asked, script),
        "/v1/completions" => completion::reply(asked, script),
        "/v1/embeddings" => vector::embeddings(asked, script),
        "/v1/models" => {
            asked.only(&Method::GET)?;
            Ok(Reply::Json(200, models()))
        }
        "/v1/responses" => responses::reply(asked, script),
        path if path.starts_with("/v1/responses/") => responses::reply(asked, script),
        "/v1/audio/speech"
        | "/v1/audio/transcriptions"
        | "/v1/audio/translations"
        | "/v1/images/edits"
        | "/v1/images/generations"
        | "/v1/moderations" => media::reply(asked, script),
        _ => asked.nowhere(),
    }
}

pub(crate) fn error(refusal: &Refusal, _: &str) -> Value {
    json!({ "error": {
        "message": refusal.message,
        "type": refusal.kinds.0,
        "param": refusal.param,
        "code": refusal.code,
    } })
}

/// Chat completions, of whoever has this protocol.
pub(crate) fn chat(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    asked.only(&Method::POST)?;
    asked.refuse(script)?;
    let question = Question { model: asked.model.clone(), ..read(&asked.body)? };
    Ok(told(asked, &question, script))
}

/// The answer to a question, in this form.
pub(crate) fn told(asked: &Asked<'_>, question: &Question, script: Script) -> Reply {
    let answer = asked.answer(question, script);
    let id = format!("chatcmpl-mock{:06}", asked.number);
    let choices = asked.body["n"].as_u64().unwrap_or(1).clamp(1, 8);
    if question.stream {
        let events = stream(asked, question, &answer, script, &id, choices);
        return Reply::Events(events, script);
    }
    let choices: Vec<Value> = (0..choices)
        .map(|index| {
            json!({
                "index": index,
                "message": message(asked, &answer),
                "logprobs": null,
                "finish_reason": finish_reason(&answer),
            })
        })
        .collect();
    Reply::Json(
        200,
        json!({
            "id": id,
            "object": "chat.completion",
            "created": CREATED,
            "model": question.model,
            "choices": choices,
            "usage": usage(question, &answer),
            "service_tier": "default",
            "system_fingerprint": "fp_mock",
        }),
    )
}

fn read(body: &Value) -> Result<Question, Refusal> {
    let messages = body["messages"]
        .as_array()
        .filter(|messages| !messages.is_empty())
        .ok_or_else(|| Refusal::invalid("messages", "'messages' must be a list of messages"))?;
    let mut question = Question {
        model: body["model"].as_str().unwrap_or_default().to_owned(),
        stream: body["stream"] == true,
        input_tokens: body["messages"].to_string().split_whitespace().count() as u64,
        max_tokens: body["max_completion_tokens"].as_u64().or(body["max_tokens"].as_u64()),
        ..Question::default()
    };
    let mut calls = Calls::default();
    for (position, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        if !matches!(role, "system" | "developer" | "user" | "assistant" | "tool" | "function") {
            let param = format!("messages[{position}].role");
            let text = format!("Invalid value: '{role}' for the role of a message.");
            return Err(Refusal::invalid(&param, text));
        }
        let at = format!("messages[{position}]");
        let (words, media) = read_content(&message["content"], &at)?;
        if role == "tool" {
            calls.answered(&message["tool_call_id"], &format!("{at}.tool_call_id"))?;
        } else {
            calls.none_open(&at)?;
        }
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            calls.called(&call["id"], &at)?;
            let arguments = text(&call["function"]["arguments"], &at)?;
            if !serde_json::from_str::<Value>(arguments).is_ok_and(|value| value.is_object()) {
                return Err(Refusal::invalid(&at, "the arguments of a call must be an object"));
            }
        }
        match role {
            "user" => {
                question.words = words;
                question.media = media;
                question.results.clear();
            }
            "tool" => question.results.push(words),
            _ => question.results.clear(),
        }
    }
    calls.none_open("messages")?;
    question.tools = read_tools(body);
    question.thinking = body["reasoning_effort"].is_string()
        || body["thinking"]["type"] == "enabled"
        || body["prompt_mode"] == "reasoning";
    question.schema = match body["response_format"]["type"].as_str() {
        Some("json_schema") => Some(body["response_format"]["json_schema"]["schema"].clone()),
        Some("json_object") => Some(json!(true)),
        _ => None,
    };
    Ok(question)
}

fn read_content(content: &Value, at: &str) -> Result<(String, Vec<String>), Refusal> {
    let Some(parts) = content.as_array() else {
        return Ok((content.as_str().unwrap_or_default().to_owned(), Vec::new()));
    };
    let mut words = Vec::new();
    let mut media = Vec::new();
    for part in parts {
        match part["type"].as_str() {
            Some("text") => words.push(part["text"].as_str().unwrap_or_default()),
            Some(kind) => {
                if kind == "image_url" {
                    // Some providers have the URL itself there.
                    let url = &part["image_url"];
                    data_url(if url.is_string() { url } else { &url["url"] }, at)?;
                }
                media.push(match part["file"]["filename"].as_str() {
                    Some(name) => format!("{kind} {name}"),
                    None => kind.to_owned(),
                });
            }
            None => {}
        }
    }
    Ok((words.join("\n"), media))
}

fn read_tools(body: &Value) -> Vec<Offer> {
    let choice = &body["tool_choice"];
    let named = choice["function"]["name"].as_str();
    let tools = body["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
    tools
        .iter()
        .filter(|_| choice != "none")
        .map(|tool| &tool["function"])
        .filter_map(|function| {
            let name = function["name"].as_str()?.to_owned();
            Some(Offer { name, schema: function["parameters"].clone() })
        })
        .filter(|offer| named.is_none_or(|named| named == offer.name))
        .collect()
}

/// An id of a call, which no other answer has; Mistral's have nine characters.
fn call_id(asked: &Asked<'_>, position: usize) -> String {
    match asked.provider.name {
        "mistral" => format!("mock{:03}{position:02}", asked.number % 1000),
        _ => format!("call_mock{:04}{position:04}", asked.number),
    }
}

/// Thoughts as this provider tells them: in a member of their own, or as a part of the
/// content.
fn thoughts(asked: &Asked<'_>, text: &str) -> Value {
    match asked.provider.name {
        "mistral" => {
            let thinking = json!([{ "type": "text", "text": text }]);
            json!({ "content": [{ "type": "thinking", "thinking": thinking }] })
        }
        "databricks" => {
            let summary = json!([{
                "type": "summary_text", "text": text, "signature": DATABRICKS_SIGNATURE,
            }]);
            json!({ "content": [{ "type": "reasoning", "summary": summary }] })
        }
        _ => json!({ "reasoning_content": text }),
    }
}

fn message(asked: &Asked<'_>, answer: &Answer) -> Value {
    let content = if answer.calls.is_empty() { json!(answer.text) } else { Value::Null };
    let mut message = json!({
        "role": "assistant", "content": content, "refusal": null, "annotations": [],
    });
    if let Some(reasoning) = &answer.reasoning {
        let told = thoughts(asked, reasoning);
        match told["content"].as_array() {
            Some(parts) => {
                let mut parts = parts.clone();
                if !answer.text.is_empty() {
                    parts.push(json!({ "type": "text", "text": answer.text }));
                }
                message["content"] = json!(parts);
            }
            None => message["reasoning_content"] = told["reasoning_content"].clone(),
        }
    }
    if !answer.calls.is_empty() {
        let call = |(position, (name, arguments)): (usize, &(String, String))| {
            json!({
                "id": call_id(asked, position),
                "type": "function",
                "function": { "name": name, "arguments": arguments },
            })
        };
        message["tool_calls"] = answer.calls.iter().enumerate().map(call).collect();
    }
    message
}

fn finish_reason(answer: &Answer) -> &'static str {
    match answer {
        _ if !answer.calls.is_empty() => "tool_calls",
        _ if answer.cut_short => "length",
        _ => "stop",
    }
}

pub(crate) fn usage(question: &Question, answer: &Answer) -> Value {
    let reasoning =
        answer.reasoning.iter().map(|text| text.split_whitespace().count() as u64).sum::<u64>();
    let output = answer.output_tokens + reasoning;
    json!({
        "prompt_tokens": question.input_tokens,
        "completion_tokens": output,
        "total_tokens": question.input_tokens + output,
        "prompt_tokens_details": { "cached_tokens": 0, "audio_tokens": 0 },
        "completion_tokens_details": {
            "reasoning_tokens": reasoning, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
        },
    })
}

fn stream(
    asked: &Asked<'_>,
    question: &Question,
    answer: &Answer,
    script: Script,
    id: &str,
    choices: u64,
) -> Vec<Bytes> {
    let with_usage = asked.body["stream_options"]["include_usage"] == true;
    // Mistral does not wait to be asked, and has it beside the end.
    let beside = asked.provider.name == "mistral";
    let frame = |choices: Value, usage: Option<Value>| {
        let mut chunk = json!({
            "id": id,
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": question.model,
            "service_tier": "default",
            "system_fingerprint": "fp_mock",
            "choices": choices,
        });
        if with_usage || (beside && usage.is_some()) {
            chunk["usage"] = usage.unwrap_or_default();
        }
        event(&chunk)
    };
    let delta = |choice: u64, delta: Value, finish: Option<&str>| {
        let choice =
            json!({ "index": choice, "delta": delta, "logprobs": null, "finish_reason": finish });
        let end = (beside && finish.is_some()).then(|| usage(question, answer));
        frame(json!([choice]), end)
    };
    let deltas = deltas(asked, answer);
    let mut events = Vec::new();
    for choice in 0..choices {
        let first = json!({ "role": "assistant", "content": "", "refusal": null });
        events.push(delta(choice, first, None));
    }
    for choice in 0..choices {
        events.extend(deltas.iter().map(|value| delta(choice, value.clone(), None)));
    }
    if let Some(most) = script.events() {
        events.truncate(choices as usize + most);
        if script == Script::MidstreamError {
            let error = Refusal::of_status(500);
            events.push(event(&(asked.provider.error)(&error, id)));
        }
        return events;
    }
    for choice in 0..choices {
        events.push(delta(choice, json!({}), Some(finish_reason(answer))));
    }
    if with_usage {
        events.push(frame(json!([]), Some(usage(question, answer))));
    }
    events.push(Bytes::from_static(b"data: [DONE]\n\n"));
    events
}

fn deltas(asked: &Asked<'_>, answer: &Answer) -> Vec<Value> {
    let mut deltas = Vec::new();
    if let Some(text) = &answer.reasoning {
        // One signature, one piece.
        let signed = asked.provider.name == "databricks";
        let pieces = if signed { vec![text.clone()] } else { pieces(text, None) };
        deltas.extend(pieces.iter().map(|piece| thoughts(asked, piece)));
    }
    for piece in pieces(&answer.text, asked.behaviour.chunks) {
        deltas.push(json!({ "content": piece }));
    }
    for (position, (name, arguments)) in answer.calls.iter().enumerate() {
        deltas.push(json!({ "tool_calls": [{
            "index": position,
            "id": call_id(asked, position),
            "type": "function",
            "function": { "name": name, "arguments": "" },
        }]}));
        for piece in pieces(arguments, Some(3)) {
            let function = json!({ "arguments": piece });
            deltas.push(json!({ "tool_calls": [{ "index": position, "function": function }] }));
        }
    }
    deltas
}

/// An event of a stream.
pub(crate) fn event(value: &Value) -> Bytes {
    Bytes::from(format!("data: {value}\n\n"))
}

pub(crate) fn models() -> Value {
    let model =
        |id| json!({ "id": id, "object": "model", "created": CREATED, "owned_by": "system" });
    let all = ["gpt-4o", "gpt-4o-mini", "gpt-4.1", "o4-mini", "text-embedding-3-small"];
    json!({ "object": "list", "data": all.map(model) })
}
