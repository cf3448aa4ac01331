//! Bedrock's InvokeModel for chats: bodies of each maker's, and their events in chunks
//! (<https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html>).

use super::converse;
use crate::answer::{Question, pieces};
use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use crate::strict::{members, text};
use crate::{anthropic, frame};
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

/// Claude's: the model stands in the path, and the version in the body.
pub(crate) fn claude(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    let Some(streams) = streams(asked) else { return asked.nowhere() };
    let body = &asked.body;
    if body["anthropic_version"] != "bedrock-2023-05-31" {
        return Err(Refusal::invalid("anthropic_version", "anthropic_version: Field required"));
    }
    for name in ["model", "stream"] {
        if !body[name].is_null() {
            let why = format!("{name}: Extra inputs are not permitted");
            return Err(Refusal::invalid(name, why));
        }
    }
    Ok(in_chunks(anthropic::messages_as(asked, script, streams)?))
}

/// Nova's: nearly that of Converse.
pub(crate) fn nova(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    let Some(streams) = streams(asked) else { return asked.nowhere() };
    asked.only(&Method::POST)?;
    asked.refuse(script)?;
    if asked.body["schemaVersion"] != "messages-v1" {
        return Err(Refusal::invalid("schemaVersion", "schemaVersion: not one that is known"));
    }
    converse(asked, script, streams, true)
}

/// Those of models that go on with a text.
pub(crate) fn texts(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    let Some(streams) = streams(asked) else { return asked.nowhere() };
    asked.only(&Method::POST)?;
    asked.refuse(script)?;
    let body = &asked.body;
    let (name, known): (_, &[&str]) = match asked.model.as_str() {
        model if model.contains("titan") => ("inputText", &["inputText", "textGenerationConfig"]),
        model if model.contains("llama") => {
            ("prompt", &["max_gen_len", "prompt", "temperature", "top_p"])
        }
        _ => ("prompt", &["max_tokens", "prompt", "stop", "temperature", "top_k", "top_p"]),
    };
    members(body, "body", known)?;
    let limits = [&body["max_tokens"], &body["max_gen_len"]];
    let limit = limits.into_iter().chain([&body["textGenerationConfig"]["maxTokenCount"]]);
    let question = Question {
        model: asked.model.clone(),
        stream: streams,
        words: text(&body[name], name)?.to_owned(),
        max_tokens: limit.filter_map(Value::as_u64).next(),
        ..Question::default()
    };
    let answer = asked.answer(&question, script);
    let reason = if answer.cut_short { "length" } else { "stop" };
    // The whole, or a piece of it.
    let said = |text: &str, reason: Option<&str>| match name {
        "inputText" if streams => json!({ "outputText": text, "index": 0,
            "completionReason": reason.map(|_| "FINISH") }),
        "inputText" => json!({ "inputTextTokenCount": 3, "results": [{ "outputText": text,
            "tokenCount": answer.output_tokens, "completionReason": "FINISH" }] }),
        _ if asked.model.contains("llama") => json!({ "generation": text,
            "stop_reason": reason, "prompt_token_count": 3 }),
        _ => json!({ "outputs": [{ "text": text, "stop_reason": reason }] }),
    };
    if !streams {
        return Ok(Reply::Json(200, said(&answer.text, Some(reason))));
    }
    let pieces = pieces(&answer.text, asked.behaviour.chunks);
    let mut events: Vec<Value> = pieces.iter().map(|piece| said(piece, None)).collect();
    let mut last = said("", Some(reason));
    last["amazon-bedrock-invocationMetrics"] =
        json!({ "inputTokenCount": 3, "outputTokenCount": answer.output_tokens });
    events.push(last);
    let chunk = |event: &Value| frame::chunk(event.to_string().as_bytes());
    let mut frames: Vec<Bytes> = events.iter().map(chunk).collect();
    if let Some(most) = script.events() {
        frames.truncate(most);
        if script == Script::MidstreamError {
            let error = json!({ "message": Refusal::of_status(503).message }).to_string();
            frames.push(frame::exception("serviceUnavailableException", error.as_bytes()));
        }
    }
    Ok(Reply::Stream(frame::KIND, frames, script))
}

/// Whether an answer is to be streamed; none where it is no path of a model.
fn streams(asked: &Asked<'_>) -> Option<bool> {
    let (_, method) = asked.path.strip_prefix("/model/")?.split_once('/')?;
    match method {
        "invoke" => Some(false),
        "invoke-with-response-stream" => Some(true),
        _ => None,
    }
}

/// Server-sent events become chunks, each with the data of one.
fn in_chunks(reply: Reply) -> Reply {
    let chunk = |event: &Bytes| {
        let text = String::from_utf8_lossy(event);
        let data = text.split("data: ").nth(1).unwrap_or_default();
        frame::chunk(data.trim().as_bytes())
    };
    match reply {
        Reply::Events(events, script) => {
            Reply::Stream(frame::KIND, events.iter().map(chunk).collect(), script)
        }
        other => other,
    }
}
