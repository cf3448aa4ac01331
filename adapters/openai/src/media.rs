//! Pictures and sound in answers.

use crate::DIALECT;
use crate::wire;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_sdk::json::extra;
use hotcell_sdk::{Event, MediaEvent, MediaKind, MediaPart, MediaSource, Native, NativeAt};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// What the model says aloud, which comes in pieces: the sound as base64, and what is
/// said in it.
#[derive(Default)]
pub(crate) struct Audio {
    members: Map<String, Value>,
    bytes: Vec<u8>,
}

impl Audio {
    pub(crate) fn take(&mut self, raw: &RawValue) {
        let members: Map<String, Value> = serde_json::from_str(raw.get()).unwrap_or_default();
        for (name, value) in members {
            match (name.as_str(), value, self.members.get_mut(&name)) {
                // Each piece is base64 of its own.
                ("data", Value::String(data), _) => {
                    self.bytes.extend(STANDARD.decode(data).unwrap_or_default());
                }
                ("transcript", Value::String(more), Some(Value::String(text))) => {
                    text.push_str(&more);
                }
                (_, Value::Null, _) => {}
                (_, value, _) => _ = self.members.insert(name, value),
            }
        }
    }

    /// The sound as a whole; none where there was none. Its format is what the request
    /// asked for.
    pub(crate) fn part(&mut self) -> Option<MediaPart> {
        let members = std::mem::take(&mut self.members);
        (!members.is_empty() || !self.bytes.is_empty()).then(|| MediaPart {
            kind: MediaKind::Audio,
            mime: None,
            source: MediaSource::Bytes(std::mem::take(&mut self.bytes)),
            name: None,
            cache: None,
            extra: extra(members, DIALECT),
        })
    }
}

/// Pictures that the model painted: `images`, as routers give them.
pub(crate) fn images(choice: u32, parts: &mut u32, raw: &RawValue, events: &mut Vec<Event>) {
    let images: Vec<Value> = serde_json::from_str(raw.get()).unwrap_or_default();
    for image in images {
        let index = *parts;
        *parts += 1;
        let url = image.pointer("/image_url/url").or_else(|| image.get("image_url"));
        events.push(match url.and_then(Value::as_str) {
            Some(url) => Event::Media(MediaEvent { choice, index, part: painted(url) }),
            None => {
                let value = wire::join([("images", format!("[{image}]").as_str())]);
                let value = Native { dialect: DIALECT.to_owned(), value };
                Event::Native(NativeAt { choice, index, value })
            }
        });
    }
}

fn painted(url: &str) -> MediaPart {
    let data = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
    let bytes = data.and_then(|(mime, data)| Some((mime, STANDARD.decode(data).ok()?)));
    let (mime, source) = match bytes {
        Some((mime, bytes)) => (Some(mime.to_owned()), MediaSource::Bytes(bytes)),
        None => (None, MediaSource::Url(url.to_owned())),
    };
    MediaPart { kind: MediaKind::Image, mime, source, name: None, cache: None, extra: None }
}
