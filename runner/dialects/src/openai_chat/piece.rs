//! What an answer has that only this dialect has a word for, in the forms in which its
//! adapters tell it, and the words that both ways of writing an answer share.

use super::DIALECT;
use crate::About;
use crate::json::{self, Members};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell::types::{
    FinishReason, Finished, MediaKind, MediaPart, MediaSource, Native, Started, ToolCallStarted,
    Usage,
};

/// A native value, by its form.
pub(crate) enum Piece<'a> {
    /// A piece of a chunk that only tells something: it has an `object`.
    Chunk(Members<'a>),
    /// A part of a message's content: it has a `type`.
    Content(&'a str),
    /// Members of a message.
    Message(Members<'a>),
}

impl<'a> Piece<'a> {
    /// None of another dialect's.
    pub(crate) fn of(native: &'a Native) -> Option<Self> {
        if native.dialect != DIALECT {
            return None;
        }
        let members = Members::of(&native.value);
        Some(match members {
            Some(members) if members.get("object").is_some() => {
                Self::Chunk(members.without(&["object"]))
            }
            Some(members) if members.get("type").is_none() => Self::Message(members),
            _ => Self::Content(&native.value),
        })
    }
}

/// The choices that a piece of a chunk speaks of.
pub(crate) fn choices<'a>(chunk: &mut Members<'a>) -> Vec<Members<'a>> {
    let choices = chunk.take("choices").and_then(json::elements).unwrap_or_default();
    choices.into_iter().filter_map(Members::of).collect()
}

/// Which members tell what the model thought as plain text. Providers differ, and most
/// clients know one of them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spelling {
    reasoning: bool,
    content: bool,
}

impl Spelling {
    /// Takes the mark out of a piece of a delta: members that are there and empty.
    pub(crate) fn read(&mut self, delta: &mut Members<'_>) {
        let mut marked = |name| {
            let marked = delta.get(name) == Some("\"\"");
            if marked {
                delta.take(name);
            }
            marked
        };
        let (reasoning, content) = (marked("reasoning"), marked("reasoning_content"));
        self.reasoning |= reasoning;
        self.content |= content;
    }

    pub(crate) fn names(self) -> &'static [&'static str] {
        match (self.reasoning, self.content) {
            (true, true) => &["reasoning", "reasoning_content"],
            (true, false) => &["reasoning"],
            (false, _) => &["reasoning_content"],
        }
    }
}

/// Members of one of the `reasoning_details` that hold what it tells.
const TOLD: [&str; 4] = ["text", "summary", "data", "signature"];

/// Whether one of the `reasoning_details` tells something itself, and is not only about
/// what follows.
pub(crate) fn tells(detail: &Members<'_>) -> bool {
    TOLD.iter().any(|name| detail.get(name).is_some())
}

/// The member of one of the `reasoning_details` that its text is in.
pub(crate) fn text_of(about: &str) -> &'static str {
    let kind = Members::of(about).and_then(|about| Some(about.text("type")?.into_owned()));
    if kind.as_deref() == Some("reasoning.summary") { "summary" } else { "text" }
}

/// The members that an answer begins with: its id, what it is, when it began, its model.
/// The object is left open.
pub(crate) fn head(
    object: &str,
    prefix: &str,
    started: Option<&Started>,
    about: &About,
    out: &mut Vec<u8>,
) {
    out.push(b'{');
    match started.and_then(|started| started.id.as_ref()) {
        Some(id) => json::text("id", id, out),
        None => json::text("id", &format!("{prefix}{}", about.id), out),
    }
    json::text("object", object, out);
    let created = started.and_then(|started| started.created).unwrap_or(about.created);
    json::count("created", created, out);
    let model = started.and_then(|started| started.model.as_ref()).unwrap_or(&about.model);
    json::text("model", model, out);
}

/// The members of a value that is of this dialect.
pub(crate) fn own(native: Option<&Native>) -> Option<Members<'_>> {
    native.filter(|native| native.dialect == DIALECT).and_then(|native| Members::of(&native.value))
}

/// The members that an answer began with, beside those of [`head`].
pub(crate) fn beside(started: &Started) -> Option<Members<'_>> {
    let known = ["id", "object", "created", "model", "choices", "usage", "error"];
    Some(own(started.extra.as_ref())?.without(&known))
}

/// What kind of call it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallKind {
    Function,
    Custom,
    /// The only call there was, before there was a list of them.
    Only,
    /// One that nobody here knows: its members are all that there is of it.
    Unknown,
}

impl CallKind {
    /// The member that a call is told in, and the one in it for what goes into the tool.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Custom => ("custom", "input"),
            Self::Function | Self::Only | Self::Unknown => ("function", "arguments"),
        }
    }
}

/// What is said of a call beside its id, its name and its arguments.
pub(crate) struct CallMembers<'a> {
    pub(crate) kind: CallKind,
    /// Beside its function.
    pub(crate) call: Members<'a>,
    /// In its function.
    pub(crate) function: Members<'a>,
}

/// The kind of a call, and its own members. A signature goes where Google has it in this
/// dialect.
pub(crate) fn call(call: &ToolCallStarted) -> CallMembers<'_> {
    let mut members = own(call.extra.as_ref()).unwrap_or_default();
    let kind = match members.text("type").as_deref() {
        Some("custom") => CallKind::Custom,
        Some("function_call") => CallKind::Only,
        None | Some("function") => CallKind::Function,
        Some(_) => CallKind::Unknown,
    };
    if kind != CallKind::Unknown {
        members.take("type");
    }
    let function = members.inner(kind.words().0).unwrap_or_default();
    let function = function.without(&["name", kind.words().1]);
    CallMembers { kind, call: members.without(&["index", "id", "function", "custom"]), function }
}

/// Where a call's signature goes: as Google has it in this dialect.
pub(crate) fn sign(call: &ToolCallStarted, members: &Members<'_>, out: &mut Vec<u8>) {
    if let Some(signature) = &call.signature
        && members.get("extra_content").is_none()
    {
        json::name("extra_content", out);
        out.extend_from_slice(b"{\"google\":{");
        json::text("thought_signature", signature, out);
        out.extend_from_slice(b"}}");
    }
}

/// Why a choice ended. The provider's own word is written where it is of this dialect.
pub(crate) fn finish_word(finished: &Finished, own: bool, refused: bool) -> &str {
    let word = match finished.reason {
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter => "content_filter",
        // The words of a refusal say enough.
        FinishReason::Refusal if refused => "stop",
        FinishReason::Refusal => "content_filter",
        FinishReason::Stop | FinishReason::Pause | FinishReason::Other => "stop",
    };
    finished.raw.as_deref().filter(|_| own).unwrap_or(word)
}

/// Writes token counts: the provider's own where they are of this dialect.
pub(crate) fn usage(usage: &Usage, out: &mut Vec<u8>) {
    if let Some(raw) = usage.raw.as_ref().filter(|raw| raw.dialect == DIALECT) {
        json::splice(&raw.value, out);
        return;
    }
    let (input, output) = (usage.input.unwrap_or(0), usage.output.unwrap_or(0));
    out.push(b'{');
    json::count("prompt_tokens", input, out);
    json::count("completion_tokens", output, out);
    json::count("total_tokens", input.saturating_add(output), out);
    if usage.cache_read.is_some() || usage.cache_write.is_some() {
        json::name("prompt_tokens_details", out);
        out.push(b'{');
        json::count("cached_tokens", usage.cache_read.unwrap_or(0), out);
        if let Some(written) = usage.cache_write {
            json::count("cache_write_tokens", written, out);
        }
        out.push(b'}');
    }
    if let Some(reasoning) = usage.reasoning {
        json::name("completion_tokens_details", out);
        out.push(b'{');
        json::count("reasoning_tokens", reasoning, out);
        out.push(b'}');
    }
    out.push(b'}');
}

/// Writes a picture as one of a message's `images`; false where a medium is none.
pub(crate) fn image(part: &MediaPart, out: &mut Vec<u8>) -> bool {
    if part.kind != MediaKind::Image {
        return false;
    }
    let url = match &part.source {
        MediaSource::Url(url) | MediaSource::FileId(url) => url.clone(),
        MediaSource::Bytes(bytes) => {
            let mime = part.mime.as_deref().unwrap_or("image/png");
            format!("data:{mime};base64,{}", STANDARD.encode(bytes))
        }
    };
    out.extend_from_slice(b"{\"type\":\"image_url\",\"image_url\":{");
    json::text("url", &url, out);
    out.extend_from_slice(b"}}");
    true
}

/// Writes sound as a message's `audio`; false where a medium is none.
pub(crate) fn audio(part: &MediaPart, about: &About, out: &mut Vec<u8>) -> bool {
    let MediaSource::Bytes(bytes) = &part.source else { return false };
    if part.kind != MediaKind::Audio {
        return false;
    }
    let members = own(part.extra.as_ref());
    out.push(b'{');
    match &members {
        Some(members) => members.clone().without(&["data"]).write(out),
        // The form demands all of them.
        None => {
            json::text("id", &format!("audio-{}", about.id), out);
            json::count("expires_at", about.created, out);
            json::text("transcript", "", out);
        }
    }
    json::text("data", &STANDARD.encode(bytes), out);
    out.push(b'}');
    true
}

/// Writes one of the `thinking_blocks`, in which gateways hand on what a model of another
/// dialect signed or ciphered. In a stream it has a number.
pub(crate) fn thinking_block(
    number: Option<usize>,
    text: &str,
    signature: &str,
    redacted: &str,
    out: &mut Vec<u8>,
) {
    out.push(b'{');
    if let Some(number) = number {
        json::count("index", number as u64, out);
    }
    if redacted.is_empty() {
        json::text("type", "thinking", out);
        json::text("thinking", text, out);
        json::text("signature", signature, out);
    } else {
        json::text("type", "redacted_thinking", out);
        json::text("data", redacted, out);
    }
    out.push(b'}');
}
