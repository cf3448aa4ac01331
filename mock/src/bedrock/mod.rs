//! Amazon Bedrock: Converse, whole and as a stream of frames, embeddings by InvokeModel, and
//! models (<https://docs.aws.amazon.com/bedrock/latest/APIReference/>).

pub(crate) mod invoke;
mod question;

use crate::answer::{Answer, Question, pieces};
use crate::frame;
use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use crate::strict::{members, text, texts};
use crate::vector::{vectors, words};
use bytes::Bytes;
use http::Method;
use question::read;
use serde_json::{Value, json};

/// Stands for the signature over a thought.
pub(crate) const SIGNATURE: &str = "bW9jay1jb252ZXJzZS1zaWduYXR1cmU=";

pub(crate) fn reply(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    match asked.path {
        "/foundation-models" => {
            asked.only(&Method::GET)?;
            return Ok(Reply::Json(200, models()));
        }
        "/inference-profiles" => {
            asked.only(&Method::GET)?;
            return Ok(Reply::Json(200, profiles()));
        }
        _ => {}
    }
    let method = asked.path.strip_prefix("/model/").and_then(|rest| rest.split_once('/'));
    let Some((_, method)) = method else { return asked.nowhere() };
    asked.only(&Method::POST)?;
    asked.refuse(script)?;
    match method {
        "converse" => converse(asked, script, false, false),
        "converse-stream" => converse(asked, script, true, false),
        "invoke" => invoke(asked),
        _ => asked.nowhere(),
    }
}

pub(crate) fn error(refusal: &Refusal, _: &str) -> Value {
    json!({ "message": refusal.message })
}

/// The name of an error, which stands in a header.
pub(crate) fn exception(refusal: &Refusal) -> &'static str {
    match (refusal.status, refusal.code) {
        (_, Some("InvalidSignatureException")) => "InvalidSignatureException",
        (_, Some("invalid_api_key")) => "UnrecognizedClientException",
        (400 | 413, _) => "ValidationException",
        (401 | 403, _) => "AccessDeniedException",
        (404, _) => "ResourceNotFoundException",
        (424, _) => "ModelErrorException",
        (429, _) => "ThrottlingException",
        (503, _) => "ServiceUnavailableException",
        _ => "InternalServerException",
    }
}

/// Converse, or its words as Nova is invoked with them.
fn converse(
    asked: &Asked<'_>,
    script: Script,
    stream: bool,
    invoked: bool,
) -> Result<Reply, Refusal> {
    let question = Question { stream, ..read(asked, invoked)? };
    let answer = asked.answer(&question, script);
    let reason = match &answer {
        _ if !answer.calls.is_empty() => "tool_use",
        _ if answer.cut_short => "max_tokens",
        _ => "end_turn",
    };
    let usage = json!({
        "inputTokens": question.input_tokens, "outputTokens": answer.output_tokens,
        "totalTokens": question.input_tokens + answer.output_tokens,
    });
    let metrics = json!({ "latencyMs": 12 });
    let blocks = blocks(asked, &answer);
    if !stream {
        let content: Vec<Value> = blocks.into_iter().map(|block| block.whole).collect();
        let message = json!({ "role": "assistant", "content": content });
        let answer = json!({
            "output": { "message": message }, "stopReason": reason,
            "usage": usage, "metrics": metrics,
        });
        return Ok(Reply::Json(200, answer));
    }
    let event = |name: &str, payload: Value| match invoked {
        true => frame::chunk(json!({ name: payload }).to_string().as_bytes()),
        false => frame::event(name, "application/json", payload.to_string().as_bytes()),
    };
    let mut events = vec![event("messageStart", json!({ "role": "assistant" }))];
    for (index, block) in blocks.into_iter().enumerate() {
        if let Some(start) = block.start {
            let start = json!({ "contentBlockIndex": index, "start": start });
            events.push(event("contentBlockStart", start));
        }
        for delta in block.deltas {
            let delta = json!({ "contentBlockIndex": index, "delta": delta });
            events.push(event("contentBlockDelta", delta));
        }
        events.push(event("contentBlockStop", json!({ "contentBlockIndex": index })));
    }
    if let Some(most) = script.events() {
        events.truncate(1 + most);
        if script == Script::MidstreamError {
            let error = json!({ "message": Refusal::of_status(503).message }).to_string();
            events.push(frame::exception("serviceUnavailableException", error.as_bytes()));
        }
        return Ok(Reply::Stream(frame::KIND, events, script));
    }
    events.push(event("messageStop", json!({ "stopReason": reason })));
    events.push(event("metadata", json!({ "usage": usage, "metrics": metrics })));
    Ok(Reply::Stream(frame::KIND, events, script))
}

/// A block as a whole, and as a stream has it.
struct Block {
    whole: Value,
    start: Option<Value>,
    deltas: Vec<Value>,
}

fn blocks(asked: &Asked<'_>, answer: &Answer) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(reasoning) = &answer.reasoning {
        let text = json!({ "text": reasoning, "signature": SIGNATURE });
        let delta = |piece| json!({ "reasoningContent": { "text": piece } });
        let mut deltas: Vec<Value> = pieces(reasoning, None).into_iter().map(delta).collect();
        deltas.push(json!({ "reasoningContent": { "signature": SIGNATURE } }));
        let whole = json!({ "reasoningContent": { "reasoningText": text } });
        blocks.push(Block { whole, start: None, deltas });
    }
    if !answer.text.is_empty() {
        let delta = |piece| json!({ "text": piece });
        let deltas = pieces(&answer.text, asked.behaviour.chunks).into_iter().map(delta).collect();
        blocks.push(Block { whole: json!({ "text": answer.text }), start: None, deltas });
    }
    for (position, (name, arguments)) in answer.calls.iter().enumerate() {
        let id = format!("tooluse_mock{:06}{position:02}", asked.number);
        let input: Value = serde_json::from_str(arguments).unwrap_or_default();
        let whole = json!({ "toolUse": { "toolUseId": id, "name": name, "input": input } });
        let start = json!({ "toolUse": { "toolUseId": id, "name": name } });
        let delta = |piece| json!({ "toolUse": { "input": piece } });
        let deltas = pieces(arguments, Some(3)).into_iter().map(delta).collect();
        blocks.push(Block { whole, start: Some(start), deltas });
    }
    blocks
}

/// Each maker's own form.
fn invoke(asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let body = &asked.body;
    if asked.model.contains("titan-embed") {
        members(body, "body", &["dimensions", "embeddingTypes", "inputText", "normalize"])?;
        let text = vec![text(&body["inputText"], "inputText")?.to_owned()];
        let vector = vectors(&text, &body["dimensions"]).remove(0);
        let answer = json!({ "embedding": vector, "inputTextTokenCount": words(&text) });
        return Ok(Reply::Json(200, answer));
    }
    if asked.model.contains("cohere.embed") {
        let known = [
            "embedding_types",
            "images",
            "input_type",
            "inputs",
            "output_dimension",
            "texts",
            "truncate",
            "max_tokens",
        ];
        members(body, "body", &known)?;
        text(&body["input_type"], "input_type")?;
        let texts = texts(&body["texts"], "texts")?;
        let vectors = vectors(&texts, &body["output_dimension"]);
        let by_type = json!({ "float": vectors });
        let (kind, embeddings) = match body["embedding_types"].is_array() {
            true => ("embeddings_by_type", by_type),
            false => ("embeddings_floats", json!(vectors)),
        };
        let answer = json!({
            "id": format!("mock-{}", asked.number), "texts": texts,
            "response_type": kind, "embeddings": embeddings,
        });
        return Ok(Reply::Json(200, answer));
    }
    Err(Refusal::invalid("modelId", "The provided model identifier is invalid."))
}

fn models() -> Value {
    let model = |(id, name, provider): (&str, &str, &str)| {
        json!({
            "modelId": id, "modelName": name, "providerName": provider,
            "modelArn": format!("arn:aws:bedrock:us-east-1::foundation-model/{id}"),
            "inputModalities": ["TEXT"], "outputModalities": ["TEXT"],
            "responseStreamingSupported": true, "modelLifecycle": { "status": "ACTIVE" },
        })
    };
    let all = [
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", "Claude Sonnet 4.5", "Anthropic"),
        ("amazon.nova-lite-v1:0", "Nova Lite", "Amazon"),
        ("amazon.titan-embed-text-v2:0", "Titan Text Embeddings V2", "Amazon"),
    ];
    json!({ "modelSummaries": all.map(model) })
}

fn profiles() -> Value {
    let id = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
    json!({ "inferenceProfileSummaries": [{
        "inferenceProfileId": id, "inferenceProfileName": "US Claude Sonnet 4.5",
        "status": "ACTIVE", "type": "SYSTEM_DEFINED",
        "inferenceProfileArn": format!("arn:aws:bedrock:us-east-1:1:inference-profile/{id}"),
    }] })
}

/// What a stream's events of server-sent events become in frames, cut where no event ends:
/// containers write as they like.
pub(crate) fn payload_parts(events: &[Bytes]) -> Vec<Bytes> {
    let whole = events.concat();
    let part = |bytes: &[u8]| frame::event("PayloadPart", "application/octet-stream", bytes);
    whole.chunks(97).map(part).collect()
}
