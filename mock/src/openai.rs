//! OpenAI's form: chat completions, embeddings and models.

use crate::answer::{Answer, Offer, Question, answer, pieces};
use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply, only};
use base64::Engine;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

const CREATED: u64 = 1_760_000_000;

pub(crate) fn reply(asked: &Asked<'_>, method: &Method, script: Script) -> Reply {
    try_reply(asked, method, script).unwrap_or_else(|refusal| {
        Reply::Json(refusal.status, json!({ "error": error_object(&refusal) }))
    })
}

fn try_reply(asked: &Asked<'_>, method: &Method, script: Script) -> Result<Reply, Refusal> {
    let credential = asked.credential("authorization", "Bearer ")?;
    match asked.path {
        "/v1/chat/completions" => {
            only(method, &Method::POST)?;
            refuse(script, &asked.body)?;
            chat(asked, script, &credential)
        }
        "/v1/embeddings" => {
            only(method, &Method::POST)?;
            refuse(script, &asked.body)?;
            embeddings(&asked.body)
        }
        "/v1/models" => {
            only(method, &Method::GET)?;
            Ok(Reply::Json(200, models()))
        }
        path => Err(Refusal {
            message: format!("Invalid URL ({method} {path})"),
            ..Refusal::of_status(404)
        }),
    }
}

fn refuse(script: Script, body: &Value) -> Result<(), Refusal> {
    match script {
        Script::Status(status) => Err(Refusal::of_status(status)),
        Script::Quota => Err(Refusal::quota()),
        Script::UnknownModel => {
            Err(Refusal::unknown_model(body["model"].as_str().unwrap_or_default()))
        }
        _ if !body.is_object() => Err(Refusal {
            message: "We could not parse the JSON body of your request.".to_owned(),
            ..Refusal::of_status(400)
        }),
        _ if !body["model"].is_string() => {
            Err(Refusal::invalid("model", "you must provide a model parameter"))
        }
        _ => Ok(()),
    }
}

fn error_object(refusal: &Refusal) -> Value {
    json!({
        "message": refusal.message,
        "type": refusal.kinds.0,
        "param": refusal.param,
        "code": refusal.code,
    })
}

fn chat(asked: &Asked<'_>, script: Script, credential: &str) -> Result<Reply, Refusal> {
    let body = &asked.body;
    let question = read(body)?;
    let answer = answer(&question, script, &asked.behaviour, credential);
    let id = format!("chatcmpl-mock{:06}", asked.number);
    let choices = body["n"].as_u64().unwrap_or(1).clamp(1, 8);
    if question.stream {
        let events = stream(asked, &question, &answer, script, &id, choices);
        return Ok(Reply::Events(events, script));
    }
    let choices: Vec<Value> = (0..choices)
        .map(|index| {
            json!({
                "index": index,
                "message": message(&answer),
                "logprobs": null,
                "finish_reason": finish_reason(&answer),
            })
        })
        .collect();
    Ok(Reply::Json(
        200,
        json!({
            "id": id,
            "object": "chat.completion",
            "created": CREATED,
            "model": question.model,
            "choices": choices,
            "usage": usage(&question, &answer),
            "service_tier": "default",
            "system_fingerprint": "fp_mock",
        }),
    ))
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
    for (position, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        if !matches!(role, "system" | "developer" | "user" | "assistant" | "tool" | "function") {
            let param = format!("messages[{position}].role");
            let text = format!("Invalid value: '{role}' for the role of a message.");
            return Err(Refusal::invalid(&param, text));
        }
        let (words, media) = read_content(&message["content"]);
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
    question.tools = read_tools(body);
    question.schema = match body["response_format"]["type"].as_str() {
        Some("json_schema") => Some(body["response_format"]["json_schema"]["schema"].clone()),
        Some("json_object") => Some(json!(true)),
        _ => None,
    };
    Ok(question)
}

fn read_content(content: &Value) -> (String, Vec<String>) {
    let Some(parts) = content.as_array() else {
        return (content.as_str().unwrap_or_default().to_owned(), Vec::new());
    };
    let mut words = Vec::new();
    let mut media = Vec::new();
    for part in parts {
        match part["type"].as_str() {
            Some("text") => words.push(part["text"].as_str().unwrap_or_default()),
            Some(kind) => media.push(match part["file"]["filename"].as_str() {
                Some(name) => format!("{kind} {name}"),
                None => kind.to_owned(),
            }),
            None => {}
        }
    }
    (words.join("\n"), media)
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

fn call_id(position: usize) -> String {
    format!("call_mock{position:04}")
}

fn message(answer: &Answer) -> Value {
    let content = if answer.calls.is_empty() { json!(answer.text) } else { Value::Null };
    let mut message = json!({
        "role": "assistant", "content": content, "refusal": null, "annotations": [],
    });
    if let Some(reasoning) = &answer.reasoning {
        message["reasoning_content"] = json!(reasoning);
    }
    if !answer.calls.is_empty() {
        let call = |(position, (name, arguments)): (usize, &(String, String))| {
            json!({
                "id": call_id(position),
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

fn usage(question: &Question, answer: &Answer) -> Value {
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
        if with_usage {
            chunk["usage"] = usage.unwrap_or_default();
        }
        event(&chunk)
    };
    let delta = |choice: u64, delta: Value, finish: Option<&str>| {
        let choice =
            json!({ "index": choice, "delta": delta, "logprobs": null, "finish_reason": finish });
        frame(json!([choice]), None)
    };
    let deltas = deltas(answer, asked.behaviour.chunks);
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
            events.push(event(&json!({ "error": error_object(&error) })));
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

fn deltas(answer: &Answer, chunks: Option<usize>) -> Vec<Value> {
    let mut deltas = Vec::new();
    for piece in answer.reasoning.iter().flat_map(|text| pieces(text, None)) {
        deltas.push(json!({ "reasoning_content": piece }));
    }
    for piece in pieces(&answer.text, chunks) {
        deltas.push(json!({ "content": piece }));
    }
    for (position, (name, arguments)) in answer.calls.iter().enumerate() {
        deltas.push(json!({ "tool_calls": [{
            "index": position,
            "id": call_id(position),
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

fn event(value: &Value) -> Bytes {
    Bytes::from(format!("data: {value}\n\n"))
}

fn embeddings(body: &Value) -> Result<Reply, Refusal> {
    let is_tokens = |inputs: &[Value]| inputs.iter().all(Value::is_u64);
    let inputs = match &body["input"] {
        Value::Array(inputs) if !inputs.is_empty() && !is_tokens(inputs) => inputs.clone(),
        input @ (Value::String(_) | Value::Array(_)) if input != &json!([]) => vec![input.clone()],
        _ => return Err(Refusal::invalid("input", "'input' must be text or a list of texts")),
    };
    let dimensions = body["dimensions"].as_u64().unwrap_or(8).clamp(1, 4096) as usize;
    let in_base64 = body["encoding_format"] == "base64";
    let data: Vec<Value> = inputs
        .iter()
        .enumerate()
        .map(|(index, input)| {
            let vector = vector(&input.to_string(), dimensions);
            let embedding = if in_base64 {
                let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
                json!(base64::engine::general_purpose::STANDARD.encode(bytes))
            } else {
                json!(vector)
            };
            json!({ "object": "embedding", "index": index, "embedding": embedding })
        })
        .collect();
    let tokens: usize = inputs.iter().map(|input| input.to_string().split(' ').count()).sum();
    Ok(Reply::Json(
        200,
        json!({
            "object": "list",
            "data": data,
            "model": body["model"],
            "usage": { "prompt_tokens": tokens, "total_tokens": tokens },
        }),
    ))
}

/// A vector of length one that depends on the text alone.
fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    let mut state = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let values: Vec<f32> = (0..dimensions)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
        })
        .collect();
    let length =
        values.iter().map(|value| value * value).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    values.into_iter().map(|value| value / length).collect()
}

fn models() -> Value {
    let model =
        |id| json!({ "id": id, "object": "model", "created": CREATED, "owned_by": "system" });
    let all = ["gpt-4o", "gpt-4o-mini", "gpt-4.1", "o4-mini", "text-embedding-3-small"];
    json!({ "object": "list", "data": all.map(model) })
}
