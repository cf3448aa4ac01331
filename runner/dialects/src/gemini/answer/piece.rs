//! One part of an answer's content (<https://ai.google.dev/api/caching#Part>).

use crate::gemini::DIALECT;
use crate::json::{self, Kept};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell::types::{MediaPart, MediaSource, ToolCallStarted};
use serde_json::{Value, json};

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Words,
    Thought,
    /// A signature that comes by itself.
    Signature,
    Call,
    Other,
}

#[derive(Debug)]
pub(super) struct Piece {
    pub(super) sort: Sort,
    pub(super) index: u32,
    /// Words as JSON text without quotes; the arguments of a call; a whole part.
    pub(super) text: Vec<u8>,
    pub(super) signature: Option<String>,
    /// Of a call: what `functionCall` has besides its arguments.
    call: Kept,
    extra: Kept,
}

impl Piece {
    fn new(sort: Sort, index: u32) -> Self {
        let (call, extra) = (Kept::default(), Kept::default());
        Self { sort, index, text: Vec::new(), signature: None, call, extra }
    }

    pub(super) fn words(index: u32, words: &str, thought: bool) -> Self {
        let mut piece = Self::new(if thought { Sort::Thought } else { Sort::Words }, index);
        json::string(words, &mut piece.text);
        piece.text.remove(0);
        piece.text.pop();
        piece
    }

    /// A signature without words, of a thought or not.
    pub(super) fn signature(index: u32, signature: String, thought: bool) -> Self {
        let sort = if thought { Sort::Thought } else { Sort::Signature };
        Self { signature: Some(signature), ..Self::new(sort, index) }
    }

    /// A call without its arguments. Of an answer of this dialect the id may be one that its
    /// adapter made.
    pub(super) fn call(call: ToolCallStarted, own: bool) -> Self {
        let ToolCallStarted { index, id, name, signature, extra, .. } = call;
        let mut piece = Self { signature, ..Self::new(Sort::Call, index) };
        let extra = extra.filter(|extra| extra.dialect == DIALECT);
        piece.extra = extra.and_then(|extra| Kept::of(&extra.value)).unwrap_or_default();
        let said = piece.extra.take("functionCall");
        piece.call.set("name", json::quoted(&name));
        if !own {
            piece.call.set("id", json::quoted(&id));
        }
        if let Some(said) = said.as_deref().and_then(Kept::of) {
            piece.call.merge(said);
        }
        piece
    }

    /// None where the medium has no word here.
    pub(super) fn media(index: u32, media: &MediaPart) -> Option<Self> {
        let mime = media.mime.as_deref();
        let (name, mut value) = match &media.source {
            MediaSource::Bytes(bytes) => ("inlineData", json!({ "data": STANDARD.encode(bytes) })),
            MediaSource::Url(url) => ("fileData", json!({ "fileUri": url })),
            MediaSource::FileId(_) => return None,
        };
        if let (Some(mime), Value::Object(value)) = (mime, &mut value) {
            value.insert("mimeType".to_owned(), mime.into());
        }
        let extra = media.extra.as_ref().filter(|extra| extra.dialect == DIALECT);
        let mut members = extra.and_then(|extra| Kept::of(&extra.value)).unwrap_or_default();
        members.set(name, value.to_string());
        Some(Self { extra: members, ..Self::new(Sort::Other, index) })
    }

    /// A part in the provider's words, or what it says of words that were told.
    pub(super) fn native(index: u32, part: &str) -> Option<Self> {
        let members = Kept::of(part)?;
        let beside = members.get("event").and_then(Kept::of);
        let mut extra = beside.unwrap_or_else(|| members.clone());
        if members.get("event").is_some() && extra.get("text").is_none() {
            extra.set("text", "\"\"");
        }
        Some(Self { extra, ..Self::new(Sort::Other, index) })
    }

    /// Whether the arguments of a call are an object, as far as they have come.
    pub(super) fn is_whole(&self) -> bool {
        self.text.trim_ascii_start().starts_with(b"{")
            && serde_json::from_slice::<serde::de::IgnoredAny>(&self.text).is_ok()
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        match self.sort {
            Sort::Words | Sort::Thought | Sort::Signature => {
                out.extend_from_slice(b"{\"text\":\"");
                out.extend_from_slice(&self.text);
                out.push(b'"');
                if self.sort == Sort::Thought {
                    out.extend_from_slice(b",\"thought\":true");
                }
            }
            Sort::Call => {
                out.extend_from_slice(b"{\"functionCall\":{\"args\":");
                self.write_arguments(out);
                self.call.write_behind(out);
                out.push(b'}');
            }
            Sort::Other => {}
        }
        if let Some(signature) = &self.signature {
            out.extend_from_slice(b",\"thoughtSignature\":");
            json::string(signature, out);
        }
        self.extra.write_behind(out);
        match out.get_mut(start) {
            Some(first) => *first = b'{',
            None => out.push(b'{'),
        }
        out.push(b'}');
    }

    fn write_arguments(&self, out: &mut Vec<u8>) {
        let arguments = String::from_utf8_lossy(&self.text);
        match arguments.trim() {
            "" => out.extend_from_slice(b"{}"),
            arguments if self.is_whole() => json::splice(arguments, out),
            arguments => {
                out.extend_from_slice(b"{\"INVALID_JSON\":");
                json::string(arguments, out);
                out.push(b'}');
            }
        }
    }
}
