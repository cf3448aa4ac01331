//! Answers that are no chat's: vectors, counts and models
//! (<https://ai.google.dev/api/embeddings>, <https://ai.google.dev/api/tokens>,
//! <https://ai.google.dev/api/models>).

use super::DIALECT;
use crate::json::{self, Kept};
use hotcell::types::{EmbedResponse, Model, Native, TokenCount};

/// What a model of another provider can do here.
const METHODS: &str = r#"["generateContent","countTokens"]"#;

/// The answer to `batchEmbedContents`; with `one`, that to `embedContent`.
pub fn write_embeddings(answer: &EmbedResponse, one: bool) -> Vec<u8> {
    let mut out = if one { b"{\"embedding\":".to_vec() } else { b"{\"embeddings\":[".to_vec() };
    let vectors = if one { answer.vectors.get(..1).unwrap_or_default() } else { &answer.vectors };
    for (place, vector) in vectors.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        out.extend_from_slice(b"{\"values\":");
        let _ = serde_json::to_writer(&mut out, vector);
        out.push(b'}');
    }
    match (one, vectors.is_empty()) {
        (true, true) => out.extend_from_slice(b"{\"values\":[]}"),
        (true, false) => {}
        (false, _) => out.push(b']'),
    }
    own(answer.extra.as_ref()).write_behind(&mut out);
    let usage = answer.usage.as_ref().and_then(|usage| usage.raw.as_ref());
    if let Some(usage) = usage.filter(|usage| usage.dialect == DIALECT) {
        out.extend_from_slice(b",\"usageMetadata\":");
        json::splice(&usage.value, &mut out);
    }
    out.push(b'}');
    out
}

/// The answer to `countTokens`.
pub fn write_count(count: &TokenCount) -> Vec<u8> {
    let mut out = format!("{{\"totalTokens\":{}", count.input).into_bytes();
    own(count.extra.as_ref()).write_behind(&mut out);
    out.push(b'}');
    out
}

/// The list of models, on one page.
pub fn write_models(models: &[Model]) -> Vec<u8> {
    let mut out = b"{\"models\":[".to_vec();
    for (place, model) in models.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        out.extend(write_model(model));
    }
    out.extend_from_slice(b"]}");
    out
}

/// One model. What the provider says of one of its own is kept, under the name that the
/// caller knows it by.
pub fn write_model(model: &Model) -> Vec<u8> {
    let raw = model.raw.as_deref().and_then(Kept::of);
    let own = raw.filter(|raw| raw.get("supportedGenerationMethods").is_some());
    let mut members = own.unwrap_or_default();
    members.take("name");
    if let Some(name) = &model.name
        && members.get("displayName").is_none()
    {
        members.set("displayName", json::quoted(name));
    }
    if members.get("supportedGenerationMethods").is_none() {
        members.set("supportedGenerationMethods", METHODS);
    }
    let mut out = b"{\"name\":".to_vec();
    json::string(&format!("models/{}", model.id), &mut out);
    members.write_behind(&mut out);
    out.push(b'}');
    out
}

fn own(extra: Option<&Native>) -> Kept {
    let extra = extra.filter(|extra| extra.dialect == DIALECT);
    extra.and_then(|extra| Kept::of(&extra.value)).unwrap_or_default()
}
