//! Texts into images, and images into others.

use super::{Asked, DIALECT, counted};
use crate::DialectError;
use crate::form::{Field, Form};
use crate::object::{Object, members, native};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell::types::{
    Failure, FailureKind, Image, ImageRequest, ImageResponse, MediaKind, MediaPart, MediaSource,
};
use serde_json::{Map, Value, json};

/// Reads a client's request for new images.
///
/// # Errors
/// Where the request cannot be one of this dialect, with the place and what is expected there.
pub fn read_image_request(body: &[u8]) -> Result<Asked<ImageRequest>, DialectError> {
    let mut object = Object::parse(body, DIALECT)?;
    let stream = object.stream()?;
    object.value("stream");
    if stream {
        object.value("partial_images");
        // An event has an image's bytes, and no address.
        if object.value("response_format").is_some_and(|format| !format.is_null()) {
            object.put_back("response_format", json!("b64_json"));
        }
    }
    // OpenAI has a default, which an operator would have to guess.
    let model = object.required("model")?;
    let prompt = object.required("prompt")?;
    let request = ImageRequest {
        model,
        prompt,
        sources: Vec::new(),
        mask: None,
        count: object.count("n"),
        size: object.text("size"),
        quality: object.text("quality"),
        format: object.text("output_format"),
        extra: Some(object.always_extra()),
    };
    Ok(Asked { request, stream })
}

/// Reads a client's request for images made of others.
///
/// # Errors
/// As [`read_image_request`].
pub fn read_image_edit(mut form: Form) -> Result<Asked<ImageRequest>, DialectError> {
    let stream = form.stream()?;
    let mut format = None;
    if stream {
        form.text("partial_images")?;
        format = form.text("response_format")?.map(|_| "b64_json");
    }
    let sources: Vec<_> = form.files("image").into_iter().map(source).collect();
    if sources.is_empty() {
        return Err(DialectError::new("image", "the file is missing"));
    }
    let mask = form.files("mask").into_iter().map(source).next();
    let mut request = ImageRequest {
        model: form.required("model")?,
        prompt: form.required("prompt")?,
        sources,
        mask,
        count: form.number("n")?,
        size: form.text("size")?,
        quality: form.text("quality")?,
        format: form.text("output_format")?,
        extra: None,
    };
    let mut rest = form.rest()?;
    if let Some(format) = format {
        rest["response_format"] = json!(format);
    }
    request.extra = Some(native(&rest, DIALECT));
    Ok(Asked { request, stream })
}

fn source(field: Field) -> MediaPart {
    let (mime, name) = (field.mime, field.file);
    let source = MediaSource::Bytes(field.bytes);
    MediaPart { kind: MediaKind::Image, mime, source, name, cache: None, extra: None }
}

/// Writes the images that came. `created` is for providers that do not say when.
pub fn write_images(created: u64, response: &ImageResponse) -> Vec<u8> {
    let mut answer = Map::new();
    answer.insert("created".to_owned(), json!(response.created.unwrap_or(created)));
    answer.insert("data".to_owned(), response.images.iter().map(image).collect());
    if let Some(usage) = &response.usage {
        answer.insert("usage".to_owned(), Value::Object(counted(usage)));
    }
    answer.extend(members(response.extra.as_ref(), DIALECT));
    Value::Object(answer).to_string().into_bytes()
}

/// The events of a stream that tells the images that came, of which each is written when it is
/// taken. `created` is as with [`write_images`]. What all of them used is told with the last one.
///
/// # Errors
/// `unsupported`, where the provider gave an image's address only: an event has its bytes.
pub fn image_events(
    created: u64,
    request: &ImageRequest,
    response: ImageResponse,
) -> Result<impl Iterator<Item = Vec<u8>> + Send + use<>, Failure> {
    let mut images = Vec::with_capacity(response.images.len());
    for Image { part, .. } in response.images {
        let MediaSource::Bytes(bytes) = part.source else {
            return Err(Failure::new(
                FailureKind::Unsupported,
                "the provider gave an image's address, and a stream has its bytes: ask for \
                 `response_format` `b64_json` where the model knows it, or without `stream`",
            ));
        };
        images.push((bytes, part.mime));
    }
    let kind = if request.sources.is_empty() { "image_generation" } else { "image_edit" };
    let kind = format!("{kind}.completed");
    let asked = members(request.extra.as_ref(), DIALECT);
    let said = members(response.extra.as_ref(), DIALECT);
    let word = |name: &str, asked: Option<&str>| {
        let said = said.get(name).and_then(Value::as_str).or(asked);
        json!(said.unwrap_or("auto"))
    };
    let mut common = Map::new();
    common.insert("type".to_owned(), json!(kind));
    common.insert("created_at".to_owned(), json!(response.created.unwrap_or(created)));
    let background = asked.get("background").and_then(Value::as_str);
    for (name, asked) in [
        ("background", background),
        ("quality", request.quality.as_deref()),
        ("size", request.size.as_deref()),
    ] {
        common.insert(name.to_owned(), word(name, asked));
    }
    let said = said.get("output_format").and_then(Value::as_str).map(str::to_owned);
    let asked = request.format.clone();
    let usage = response.usage.map(|usage| Value::Object(counted(&usage)));
    let last = images.len().saturating_sub(1);
    Ok(images.into_iter().enumerate().map(move |(at, (bytes, mime))| {
        let mut event = common.clone();
        let told = mime.as_deref().and_then(|mime| mime.strip_prefix("image/"));
        let format = said.as_deref().or(told).or(asked.as_deref()).unwrap_or("png");
        event.insert("output_format".to_owned(), json!(format));
        if let Some(usage) = &usage {
            // Whoever adds the events up counts nothing twice.
            let usage = if at == last { usage.clone() } else { nothing_of(usage) };
            event.insert("usage".to_owned(), usage);
        }
        event.insert("b64_json".to_owned(), Value::String(STANDARD.encode(bytes)));
        format!("event: {kind}\ndata: {}\n\n", Value::Object(event)).into_bytes()
    }))
}

/// The same counts, all of them zero.
fn nothing_of(usage: &Value) -> Value {
    match usage {
        Value::Number(_) => json!(0),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), nothing_of(value))).collect()
        }
        other => other.clone(),
    }
}

fn image(image: &Image) -> Value {
    let mut members = members(image.part.extra.as_ref(), DIALECT);
    match &image.part.source {
        MediaSource::Bytes(bytes) => {
            members.insert("b64_json".to_owned(), json!(STANDARD.encode(bytes)));
        }
        MediaSource::Url(url) | MediaSource::FileId(url) => {
            members.insert("url".to_owned(), json!(url));
        }
    }
    if let Some(prompt) = &image.prompt {
        members.insert("revised_prompt".to_owned(), json!(prompt));
    }
    Value::Object(members)
}
