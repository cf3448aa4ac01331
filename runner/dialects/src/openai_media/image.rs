//! Texts into images, and images into others.

use super::DIALECT;
use crate::DialectError;
use crate::form::{Field, Form};
use crate::object::{Object, members, native};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell::types::{Image, ImageRequest, ImageResponse, MediaKind, MediaPart, MediaSource};
use serde_json::{Map, Value, json};

/// Reads a client's request for new images.
///
/// # Errors
/// Where the request cannot be one of this dialect, with the place and what is expected there.
pub fn read_image_request(body: &[u8]) -> Result<ImageRequest, DialectError> {
    let mut object = Object::parse(body, DIALECT)?;
    // OpenAI has a default, which an operator would have to guess.
    let model = object.required("model")?;
    let prompt = object.required("prompt")?;
    Ok(ImageRequest {
        model,
        prompt,
        sources: Vec::new(),
        mask: None,
        count: object.count("n"),
        size: object.text("size"),
        quality: object.text("quality"),
        format: object.text("output_format"),
        extra: Some(object.always_extra()),
    })
}

/// Reads a client's request for images made of others.
///
/// # Errors
/// As [`read_image_request`].
pub fn read_image_edit(mut form: Form) -> Result<ImageRequest, DialectError> {
    let sources: Vec<_> = form.files("image").into_iter().map(source).collect();
    if sources.is_empty() {
        return Err(DialectError::new("image", "the file is missing"));
    }
    let mask = form.files("mask").into_iter().map(source).next();
    Ok(ImageRequest {
        model: form.required("model")?,
        prompt: form.required("prompt")?,
        sources,
        mask,
        count: form.number("n")?,
        size: form.text("size")?,
        quality: form.text("quality")?,
        format: form.text("output_format")?,
        extra: Some(native(&form.rest()?, DIALECT)),
    })
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
        let raw = members(usage.raw.as_ref(), DIALECT);
        let counted = match raw.is_empty() {
            true => {
                let (input, output) = (usage.input.unwrap_or(0), usage.output.unwrap_or(0));
                json!({
                    "input_tokens": input, "output_tokens": output, "total_tokens": input + output,
                })
            }
            false => Value::Object(raw),
        };
        answer.insert("usage".to_owned(), counted);
    }
    answer.extend(members(response.extra.as_ref(), DIALECT));
    Value::Object(answer).to_string().into_bytes()
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
