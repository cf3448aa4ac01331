//! The parts of a message's content.

use crate::conversation::Piece;
use crate::writer::{Writer, Written, is_own, unsupported};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_openai_chat::json::Members;
use hotcell_sdk::media::image_type;
use hotcell_sdk::{MediaKind, MediaPart, MediaSource, Part, Role};

/// Whether a medium is an image that an earlier answer painted, and so an item of its own.
pub(crate) fn is_painted(media: &MediaPart) -> bool {
    let extra = media.extra.as_ref().filter(|extra| is_own(Some(extra)));
    let members = extra.and_then(|extra| Members::checked(&extra.value));
    members.is_some_and(|members| members.text("type").as_deref() == Some("image_generation_call"))
}

impl Writer {
    /// A piece of the content of a message.
    pub(crate) fn piece(&mut self, role: Role, piece: &Piece<'_>) -> Written {
        let said = role == Role::Assistant;
        let kind = if said { "output_text" } else { "input_text" };
        match piece {
            Piece::Raw(part) => self.json.raw(part),
            Piece::Part(Part::Text(text)) => {
                let extra = self.extra(text.extra.as_ref(), CACHED)?;
                self.json.open(b'{');
                self.text("type", kind, &extra);
                self.text("text", &text.text, &extra);
                self.rest(&extra);
                self.json.close(b'}');
            }
            Piece::Part(Part::Refusal(text)) if said => {
                self.json.open(b'{').name("type").text("refusal");
                self.json.name("refusal").text(text);
                self.json.close(b'}');
            }
            Piece::Part(Part::Refusal(text)) => self.words(kind, text),
            Piece::Part(Part::Media(media)) => {
                if said && !is_own(media.extra.as_ref()) {
                    return Err(unsupported(
                        "media in an earlier answer cannot be said in this protocol",
                    ));
                }
                self.media(media)?;
            }
            Piece::Part(_) => {}
        }
        Ok(())
    }

    /// A part that is text and nothing else.
    pub(crate) fn words(&mut self, kind: &str, text: &str) {
        self.json.open(b'{').name("type").text(kind);
        self.json.name("text").text(text);
        self.json.close(b'}');
    }

    /// A medium. An `extra` with a `type` is the whole part in the client's own words.
    pub(crate) fn media(&mut self, media: &MediaPart) -> Written {
        let extra = self.extra(media.extra.as_ref(), HELD)?;
        if let Some(context) = context(media) {
            self.words("input_text", &context);
        }
        self.json.open(b'{');
        if !extra.has("type") {
            match media.kind {
                MediaKind::Image => self.image(media),
                MediaKind::Document => self.document(media),
                MediaKind::Audio => self.audio(media)?,
                MediaKind::Video => {
                    return Err(unsupported("video cannot be said in this protocol"));
                }
            }
            match detail(media) {
                Some(detail) => self.json.name("detail").raw(detail),
                // The protocol demands it, though its provider does not.
                None if media.kind == MediaKind::Image && !self.exact => {
                    self.text("detail", "auto", &extra);
                }
                None => {}
            }
        }
        self.rest(&extra);
        self.json.close(b'}');
        Ok(())
    }

    fn image(&mut self, media: &MediaPart) {
        self.json.name("type").text("input_image");
        match &media.source {
            MediaSource::FileId(id) => self.json.name("file_id").text(id),
            MediaSource::Url(url) => self.json.name("image_url").text(url),
            MediaSource::Bytes(bytes) => {
                self.json.name("image_url");
                let mime = media.mime.as_deref().or_else(|| image_type(bytes));
                self.data(mime.unwrap_or("image/png"), bytes);
            }
        }
    }

    fn document(&mut self, media: &MediaPart) {
        self.json.name("type").text("input_file");
        match &media.source {
            MediaSource::FileId(id) => self.json.name("file_id").text(id),
            MediaSource::Url(url) if !url.starts_with("data:") => {
                self.json.name("file_url").text(url);
            }
            inline => {
                // The protocol demands a name, whose ending it goes by.
                let mime = media.mime.as_deref().unwrap_or("application/pdf");
                let usual = file_name(mime);
                match &media.name {
                    Some(name) if self.exact || name.contains('.') => {
                        self.json.name("filename").text(name);
                    }
                    // Mostly a title.
                    Some(name) => {
                        let ending = usual.trim_start_matches("document");
                        self.json.name("filename").text(&[name.as_str(), ending].concat());
                    }
                    None => self.json.name("filename").text(usual),
                }
                self.json.name("file_data");
                match inline {
                    MediaSource::Bytes(bytes) => self.data(mime, bytes),
                    MediaSource::Url(text) | MediaSource::FileId(text) => self.json.text(text),
                }
            }
        }
    }

    /// The provider has no audio in messages; other servers may, and their clients say it.
    fn audio(&mut self, media: &MediaPart) -> Written {
        if !self.exact {
            return Err(unsupported("audio cannot be said in this protocol"));
        }
        let MediaSource::Bytes(bytes) = &media.source else {
            return Err(unsupported("audio can only be given by its bytes in this protocol"));
        };
        let format = match media.mime.as_deref() {
            Some("audio/mpeg" | "audio/mp3") => "mp3",
            None | Some("audio/wav" | "audio/x-wav" | "audio/wave" | "audio/vnd.wave") => "wav",
            Some(other) => other.strip_prefix("audio/").unwrap_or(other),
        };
        self.json.name("type").text("input_audio");
        self.json.name("input_audio").open(b'{').name("data");
        self.json.plain(&[&STANDARD.encode(bytes)]);
        self.json.name("format").text(format);
        self.json.close(b'}');
        Ok(())
    }

    /// The image of an item that painted it.
    pub(crate) fn image_result(&mut self, media: &MediaPart) {
        if let MediaSource::Bytes(bytes) = &media.source {
            self.json.name("result").plain(&[&STANDARD.encode(bytes)]);
        }
    }

    /// Bytes as a data URL.
    fn data(&mut self, mime: &str, bytes: &[u8]) {
        self.json.text(&format!("data:{mime};base64,{}", STANDARD.encode(bytes)));
    }
}

/// What other dialects write beside a text: its type, and the wish to cache up to here,
/// which the provider does by itself.
pub(crate) const CACHED: &[&str] = &["cache_control", "type"];

/// Members of media of other dialects that the types hold as well.
const HELD: &[&str] = &[
    "audio_url",
    "cache_control",
    "context",
    "detail",
    "document_name",
    "document_url",
    "file",
    "file_url",
    "image_url",
    "input_audio",
    "source",
    "type",
    "video_url",
];

/// What clients of Anthropic say about a document. It goes in front.
fn context(media: &MediaPart) -> Option<String> {
    let extra = media.extra.as_ref().filter(|extra| extra.dialect == "anthropic-messages")?;
    let context = Members::checked(&extra.value)?.text("context")?.into_owned();
    (media.kind == MediaKind::Document).then_some(context)
}

/// How closely to look, as a client of chat completions says it: beside the address of
/// an image, or in the whole part.
fn detail(media: &MediaPart) -> Option<&str> {
    let extra = media.extra.as_ref().filter(|extra| extra.dialect == "openai-chat")?;
    let members = Members::checked(&extra.value)?;
    let inner = members.inner("image_url").unwrap_or_default();
    inner.get("detail").or(members.get("detail")).filter(|detail| *detail != "null")
}

fn file_name(mime: &str) -> &'static str {
    match mime.split(';').next().unwrap_or_default().trim() {
        "text/plain" => "document.txt",
        "text/markdown" => "document.md",
        "text/html" => "document.html",
        "text/csv" => "document.csv",
        "application/json" => "document.json",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => {
            "document.docx"
        }
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "document.xlsx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation" => {
            "document.pptx"
        }
        _ => "document.pdf",
    }
}
