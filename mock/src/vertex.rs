//! Vertex AI: the models of Google, Anthropic and others, each below a path of its own
//! (<https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest>).

use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use crate::{anthropic, gemini, openai};
use serde_json::Value;

pub(crate) fn gemini(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    let base = format!("{}/models/", asked.provider.base);
    match asked.path.strip_prefix(&base) {
        Some(method) if method.ends_with(":predict") => gemini::predict(asked, script),
        Some(_) => gemini::method(asked, script),
        None => asked.nowhere(),
    }
}

/// The model stands in the path, the version in the body, and whether it streams in both.
pub(crate) fn anthropic(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    let base = format!("{}/models/", asked.provider.base);
    let method = asked.path.strip_prefix(&base).and_then(|rest| rest.rsplit_once(':'));
    let body = &asked.body;
    if body["anthropic_version"] != "vertex-2023-10-16" {
        return Err(Refusal::invalid("anthropic_version", "anthropic_version: Field required"));
    }
    if !body["model"].is_null() {
        return Err(Refusal::invalid("model", "model: Extra inputs are not permitted"));
    }
    let streams = body["stream"] == true;
    match method.map(|(_, method)| method) {
        Some("streamRawPredict") if streams => anthropic::messages(asked, script),
        Some("rawPredict") if !streams => anthropic::messages(asked, script),
        _ => asked.nowhere(),
    }
}

pub(crate) fn openai(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    match asked.path.strip_prefix(asked.provider.base) {
        Some("/chat/completions") => openai::chat(asked, script),
        _ => asked.nowhere(),
    }
}

/// Of the gate, or of the maker of the model behind it.
pub(crate) fn error(refusal: &Refusal, id: &str) -> Value {
    match refusal.status {
        401 | 403 => gemini::error(refusal, id),
        _ => anthropic::error(refusal, id),
    }
}
