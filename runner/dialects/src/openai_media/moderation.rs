//! What a policy says about content.

use super::DIALECT;
use crate::object::{Object, members};
use crate::{DialectError, media};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell::types::{
    Content, MediaKind, MediaPart, MediaSource, ModerationRequest, ModerationResponse, Verdict,
};
use serde_json::{Map, Value, json};

/// The model where a client names none, as OpenAI has it.
const MODEL: &str = "omni-moderation-latest";

/// Reads a client's request.
///
/// # Errors
/// Where the request cannot be one of this dialect, with the place and what is expected there.
pub fn read_moderation_request(body: &[u8]) -> Result<ModerationRequest, DialectError> {
    let mut object = Object::parse(body, DIALECT)?;
    let model = match object.peek("model") {
        None | Some(Value::Null) => MODEL.to_owned(),
        Some(_) => object.required("model")?,
    };
    let expected = || DialectError::new("input", "expected a text, or a list of texts or parts");
    let inputs = match object.value("input") {
        Some(Value::String(text)) => vec![Content::Text(text)],
        Some(Value::Array(list)) => {
            list.into_iter().map(content).collect::<Option<_>>().ok_or_else(expected)?
        }
        _ => return Err(expected()),
    };
    Ok(ModerationRequest { model, inputs, extra: Some(object.always_extra()) })
}

fn content(value: Value) -> Option<Content> {
    if let Value::String(text) = value {
        return Some(Content::Text(text));
    }
    match value.get("type")?.as_str()? {
        "text" => Some(Content::Text(value.get("text")?.as_str()?.to_owned())),
        "image_url" => Some(Content::Media(image(value.get("image_url")?.get("url")?.as_str()?))),
        _ => None,
    }
}

fn image(url: &str) -> MediaPart {
    let bytes = media::data_url(url)
        .and_then(|(mime, data)| Some((mime.to_owned(), STANDARD.decode(data).ok()?)));
    let (mime, source) = match bytes {
        Some((mime, bytes)) => (Some(mime), MediaSource::Bytes(bytes)),
        None => (None, MediaSource::Url(url.to_owned())),
    };
    MediaPart { kind: MediaKind::Image, mime, source, name: None, cache: None, extra: None }
}

/// Writes the verdicts that came. `id` and `model` are for providers that do not say.
pub fn write_moderation(id: &str, model: &str, response: &ModerationResponse) -> Vec<u8> {
    let mut answer = Map::new();
    let id = response.id.clone().unwrap_or_else(|| format!("modr-{id}"));
    answer.insert("id".to_owned(), json!(id));
    answer.insert("model".to_owned(), json!(response.model.as_deref().unwrap_or(model)));
    answer.insert("results".to_owned(), response.verdicts.iter().map(verdict).collect());
    answer.extend(members(response.extra.as_ref(), DIALECT));
    Value::Object(answer).to_string().into_bytes()
}

fn verdict(verdict: &Verdict) -> Value {
    let flags = verdict.categories.iter().map(|it| (it.name.clone(), json!(it.flagged)));
    let scores = verdict.categories.iter().map(|it| {
        // Who gives no score has said yes or no.
        let score = it.score.unwrap_or(if it.flagged { 1.0 } else { 0.0 });
        (it.name.clone(), json!(score))
    });
    let mut told = Map::new();
    told.insert("flagged".to_owned(), json!(verdict.flagged));
    told.insert("categories".to_owned(), Value::Object(flags.collect()));
    told.insert("category_scores".to_owned(), Value::Object(scores.collect()));
    told.extend(members(verdict.extra.as_ref(), DIALECT));
    Value::Object(told)
}
