//! What every provider checks of a request, and what a wrong adapter gets wrong.

use crate::script::Refusal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Refuses members that the provider does not have.
pub(crate) fn members(value: &Value, at: &str, known: &[&str]) -> Result<(), Refusal> {
    let Some(object) = value.as_object() else {
        return Err(Refusal::invalid(at, format!("`{at}` must be an object")));
    };
    match object.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => {
            let param = if at == "body" { name.clone() } else { format!("{at}.{name}") };
            Err(Refusal::invalid(&param, format!("Unknown name `{name}` in `{at}`")))
        }
        None => Ok(()),
    }
}

/// A list with something in it.
pub(crate) fn list<'a>(value: &'a Value, at: &str) -> Result<&'a Vec<Value>, Refusal> {
    value
        .as_array()
        .filter(|list| !list.is_empty())
        .ok_or_else(|| Refusal::invalid(at, format!("`{at}` must be a list with something in it")))
}

/// Text, be it empty.
pub(crate) fn text<'a>(value: &'a Value, at: &str) -> Result<&'a str, Refusal> {
    value.as_str().ok_or_else(|| Refusal::invalid(at, format!("`{at}` must be text")))
}

/// A list of texts, or one.
pub(crate) fn texts(value: &Value, at: &str) -> Result<Vec<String>, Refusal> {
    match value {
        Value::String(text) => Ok(vec![text.clone()]),
        _ => list(value, at)?.iter().map(|value| Ok(text(value, at)?.to_owned())).collect(),
    }
}

/// An image's bytes, which are what they are said to be.
pub(crate) fn image(kind: &str, base64: &Value, at: &str) -> Result<(), Refusal> {
    let bytes = STANDARD.decode(text(base64, at)?).unwrap_or_default();
    let starts: &[u8] = match kind.trim_start_matches("image/") {
        "png" => b"\x89PNG",
        "jpeg" | "jpg" => b"\xff\xd8",
        "gif" => b"GIF8",
        "webp" => b"RIFF",
        _ => return Err(Refusal::invalid(at, format!("`{kind}` is no kind of image"))),
    };
    match bytes.starts_with(starts) {
        true => Ok(()),
        false => Err(Refusal::invalid(at, format!("the image is not {kind}"))),
    }
}

/// The image of a `data:` URL.
pub(crate) fn data_url(url: &Value, at: &str) -> Result<(), Refusal> {
    let url = text(url, at)?;
    match url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) {
        Some((kind, bytes)) => image(kind, &bytes.into(), at),
        None if url.starts_with("https://") => Ok(()),
        None => Err(Refusal::invalid(at, "an image is a `data:` or an `https:` URL")),
    }
}

/// The calls that wait for a result. Every one gets one, and nothing else gets any.
#[derive(Default)]
pub(crate) struct Calls {
    open: Vec<String>,
}

impl Calls {
    pub(crate) fn called(&mut self, id: &Value, at: &str) -> Result<(), Refusal> {
        self.open.push(text(id, at)?.to_owned());
        Ok(())
    }

    pub(crate) fn answered(&mut self, id: &Value, at: &str) -> Result<(), Refusal> {
        let id = text(id, at)?;
        let Some(place) = self.open.iter().position(|open| open == id) else {
            let why = format!("`{id}` is the id of no call that waits for a result");
            return Err(Refusal::invalid(at, why));
        };
        self.open.remove(place);
        Ok(())
    }

    /// The conversation goes on with something else.
    pub(crate) fn none_open(&self, at: &str) -> Result<(), Refusal> {
        match self.open.first() {
            Some(id) => Err(Refusal::invalid(at, format!("the call `{id}` has no result"))),
            None => Ok(()),
        }
    }
}

/// A signature is the one that was given.
pub(crate) fn signature(value: &Value, given: &str, at: &str) -> Result<(), Refusal> {
    match value.as_str() == Some(given) {
        true => Ok(()),
        false => Err(Refusal::invalid(at, format!("Invalid `signature` at `{at}`"))),
    }
}
