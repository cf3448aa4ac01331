//! Pictures and sound in answers.

use crate::DIALECT;
use crate::json::{self, Members};
use crate::tell::Teller;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_sdk::media::data_url;
use hotcell_sdk::{Event, MediaEvent, MediaKind, MediaPart, MediaSource, Native};

/// What the model says aloud, which comes in pieces: the sound as base64, and what is
/// said in it.
#[derive(Default)]
pub(crate) struct Audio {
    any: bool,
    bytes: Vec<u8>,
    transcript: String,
    /// The id, by which the sound can go back, and the like.
    about: Vec<(String, String)>,
}

impl Audio {
    pub(crate) fn take(&mut self, raw: &str) {
        let members = Members::of(raw).unwrap_or_default();
        self.any = true;
        for (name, value) in &members.0 {
            match (name.as_ref(), json::text(Some(*value))) {
                // Each piece is base64 of its own.
                ("data", data) => {
                    let data = data.unwrap_or_default();
                    self.bytes.extend(STANDARD.decode(data.as_ref()).unwrap_or_default());
                }
                ("transcript", text) => self.transcript.push_str(&text.unwrap_or_default()),
                (name, _) if *value != "null" => {
                    self.about.retain(|(known, _)| known != name);
                    self.about.push((name.to_owned(), (*value).to_owned()));
                }
                _ => {}
            }
        }
    }

    /// The sound as a whole; none where there was none. Its format is what the request
    /// asked for.
    pub(crate) fn part(&mut self) -> Option<MediaPart> {
        let Self { any, bytes, mut transcript, about } = std::mem::take(self);
        if !transcript.is_empty() {
            transcript = json::string(&transcript);
        }
        let said = (!transcript.is_empty()).then_some(("transcript", transcript.as_str()));
        let about = about.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let value = json::object(about.chain(said));
        any.then(|| MediaPart {
            kind: MediaKind::Audio,
            mime: None,
            source: MediaSource::Bytes(bytes),
            name: None,
            cache: None,
            extra: Some(Native { dialect: DIALECT.to_owned(), value }),
        })
    }
}

/// Pictures that the model painted: `images`, as routers give them.
pub(crate) fn images(raw: &str, teller: &mut Teller<'_>) {
    for image in json::list(raw).unwrap_or_default() {
        let (choice, index) = (teller.choice, teller.next_part());
        let inner = Members::of(image).and_then(|image| image.get("image_url"));
        let url = json::text(inner).or_else(|| Members::of(inner?)?.text("url"));
        match url {
            Some(url) => {
                let part = painted(&url);
                teller.tell(Event::Media(MediaEvent { choice, index, part }));
            }
            None => teller.value(Event::Native, index, format!("{{\"images\":[{}]}}", image)),
        }
    }
}

fn painted(url: &str) -> MediaPart {
    let bytes = data_url(url).and_then(|(mime, data)| Some((mime, STANDARD.decode(data).ok()?)));
    let (mime, source) = match bytes {
        Some((mime, bytes)) => (Some(mime.to_owned()), MediaSource::Bytes(bytes)),
        None => (None, MediaSource::Url(url.to_owned())),
    };
    MediaPart { kind: MediaKind::Image, mime, source, name: None, cache: None, extra: None }
}
