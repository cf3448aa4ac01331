//! The parts of a message's content.

use crate::request::{Writer, Written, is_own};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_sdk::{Failure, MediaKind, MediaPart, MediaSource, TextPart, setting};

impl Writer {
    pub(crate) fn text(&mut self, text: &TextPart) -> Written {
        let extra = self.extra(text.extra.as_ref())?;
        self.json.open(b'{').name("type").text("text");
        self.json.name("text").text(&text.text);
        self.cache(text.cache, is_own(text.extra.as_ref()));
        self.rest(&extra);
        self.json.close(b'}');
        Ok(())
    }

    /// A part with text that is not the client's.
    pub(crate) fn words(&mut self, text: &str) {
        self.json.open(b'{').name("type").text("text");
        self.json.name("text").text(text);
        self.json.close(b'}');
    }

    /// A medium. An `extra` with a `type` is the whole part in the client's own words.
    pub(crate) fn media(&mut self, media: &MediaPart) -> Written {
        let extra = self.extra(media.extra.as_ref())?;
        self.json.open(b'{');
        if extra.has("type") {
            self.rest(&extra);
        } else {
            let kind = kind(media)?;
            self.json.name("type").text(kind);
            self.json.name(kind);
            // Mistral's documents are the only medium that is no object.
            if kind == "document_url" {
                self.url(media, "application/pdf")?;
            } else {
                self.json.open(b'{');
                self.inner(kind, media)?;
                self.rest(&extra);
                self.json.close(b'}');
            }
            self.cache(media.cache, is_own(media.extra.as_ref()));
        }
        self.json.close(b'}');
        Ok(())
    }

    fn inner(&mut self, kind: &str, media: &MediaPart) -> Written {
        match (kind, &media.source) {
            ("file", MediaSource::FileId(id)) => self.json.name("file_id").text(id),
            ("file", _) => {
                // The protocol demands a name.
                let name = media.name.as_deref().unwrap_or("document.pdf");
                self.json.name("filename").text(name);
                self.json.name("file_data");
                self.url(media, "application/pdf")?;
            }
            ("input_audio", MediaSource::Bytes(bytes)) => {
                self.json.name("data").plain(&[&STANDARD.encode(bytes)]);
                let format = audio_format(media.mime.as_deref().unwrap_or("audio/wav"));
                self.json.name("format").text(format);
            }
            // Here bytes go without the head of a data URL.
            ("file_url", MediaSource::Bytes(bytes)) => {
                self.json.name("url").plain(&[&STANDARD.encode(bytes)]);
            }
            (kind, _) => {
                self.json.name("url");
                self.url(media, if kind == "video_url" { "video/mp4" } else { "image/png" })?;
            }
        }
        Ok(())
    }

    /// An address as it is, or bytes as a data URL.
    fn url(&mut self, media: &MediaPart, mime: &str) -> Written {
        match &media.source {
            MediaSource::Url(url) => self.json.text(url),
            MediaSource::Bytes(bytes) => {
                let mime = media.mime.as_deref().unwrap_or(mime);
                self.json.text(&format!("data:{mime};base64,{}", STANDARD.encode(bytes)));
            }
            MediaSource::FileId(_) => {
                let why = "only documents can be given by the id of a file here";
                return Err(Failure::unsupported(why).into());
            }
        }
        Ok(())
    }
}

/// The type of a part and its member of the same name.
fn kind(media: &MediaPart) -> Result<&'static str, Box<Failure>> {
    let no_address = |what: &str| {
        Err(Failure::unsupported(format!("{what} cannot be given by its address here")).into())
    };
    Ok(match (media.kind, &media.source) {
        (MediaKind::Image, _) => "image_url",
        (MediaKind::Video, _) => "video_url",
        (MediaKind::Audio, MediaSource::Bytes(_)) => "input_audio",
        (MediaKind::Audio, _) => return no_address("audio"),
        (MediaKind::Document, MediaSource::FileId(_)) => "file",
        (MediaKind::Document, source) => match (setting("documents").as_deref(), source) {
            (Some("document_url"), _) => "document_url",
            (Some("file_url"), _) => "file_url",
            (Some("file-or-url"), _) | (_, MediaSource::Bytes(_)) => "file",
            _ => return no_address("a document"),
        },
    })
}

fn audio_format(mime: &str) -> &str {
    match mime {
        "audio/mpeg" | "audio/mp3" => "mp3",
        "audio/x-wav" | "audio/wav" | "audio/wave" | "audio/vnd.wave" => "wav",
        other => other.strip_prefix("audio/").unwrap_or(other),
    }
}
