//! Content blocks of a stream that are still coming, and the events that they give.

use crate::json::{Members, elements, is_json, native, object_text, plain, quoted};
use crate::media::image_type;
use crate::naming::Names;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_sdk::{
    Delta, Event, Failure, MediaEvent, MediaKind, MediaPart, MediaSource, NativeAt, ToolCallStarted,
};

/// What has to be remembered of a block until it ends.
pub(crate) struct Open {
    pub(crate) index: u32,
    kind: Kind,
    /// As long as no event tells that the block is there.
    silent: bool,
}

enum Kind {
    Text,
    Reasoning,
    /// Thoughts in cipher. They may come in pieces, each of which is base64 of its own.
    Redacted(Vec<u8>),
    /// A source; what it backs may stand in the same block or in the one before.
    Citation,
    /// A call of something of the caller's.
    Call,
    Image {
        format: String,
        bytes: Vec<u8>,
    },
    /// A block that only this dialect has: given out whole, once it is.
    Whole {
        name: String,
        /// Its members so far, of which the last is still coming.
        members: Vec<(String, String)>,
        /// The input of a call of the provider's own, in pieces.
        input: String,
        /// The elements of a list, one or more at a time.
        content: String,
    },
}

impl Open {
    /// A block that has no start of its own: its first delta shows what it is.
    pub(crate) fn silent(index: u32, delta: &str) -> Result<Self, Failure> {
        let kind = match delta {
            "reasoningContent" => Kind::Reasoning,
            "citation" => Kind::Citation,
            "toolUse" | "toolResult" | "image" => {
                return Err(Failure::malformed(format!(
                    "a piece of block {index} (`{delta}`), which has not begun"
                )));
            }
            _ => Kind::Text,
        };
        // A block of text is there although it may say nothing.
        Ok(Self { index, silent: matches!(delta, "text" | "reasoningContent"), kind })
    }

    /// Begins a block that says what it is.
    pub(crate) fn start(
        index: u32,
        name: &str,
        value: &str,
        names: &Names,
        events: &mut Vec<Event>,
    ) -> Result<Self, Failure> {
        let members = Members::of(value, "the start of a block")?;
        let open = |kind| Ok(Self { index, kind, silent: false });
        match name {
            "toolUse" if is_callers(&members) => {
                events.push(Event::ToolCallStarted(call(index, &members, names)?));
                open(Kind::Call)
            }
            "image" => {
                let format = members.text("format")?.unwrap_or_default().into_owned();
                open(Kind::Image { format, bytes: Vec::new() })
            }
            _ => {
                let (name, members) = (name.to_owned(), members.told());
                let (input, content) = (String::new(), String::new());
                open(Kind::Whole { name, members, input, content })
            }
        }
    }

    pub(crate) fn is_call(&self) -> bool {
        matches!(self.kind, Kind::Call)
    }

    /// Takes a delta in. What does not belong here goes out as it is.
    pub(crate) fn delta(
        &mut self,
        name: &str,
        value: &str,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let index = self.index;
        match (name, &mut self.kind) {
            ("text", Kind::Text | Kind::Citation) => {
                self.tell(Event::Text, text(value, "a piece of text")?, events);
            }
            ("citation", _) => {
                self.silent = false;
                events.push(Event::Citation(NativeAt { choice: 0, index, value: native(value) }));
            }
            ("reasoningContent", Kind::Reasoning | Kind::Redacted(_)) => {
                for (name, value) in Members::of(value, "a piece of reasoning")?.0 {
                    self.reasoning(&name, value, events)?;
                }
            }
            ("toolUse", Kind::Call) => {
                let piece = Members::of(value, "a piece of a call")?;
                let input = piece.text("input")?.unwrap_or_default().into_owned();
                self.tell(Event::ToolCallArguments, input, events);
            }
            ("toolUse", Kind::Whole { input, .. }) => {
                let piece = Members::of(value, "a piece of a call")?;
                input.push_str(&piece.text("input")?.unwrap_or_default());
            }
            ("toolResult", Kind::Whole { content, .. }) => {
                let pieces = elements(value)
                    .ok_or_else(|| Failure::malformed("a piece of a result is no list"))?;
                for piece in pieces {
                    content.push_str(if content.is_empty() { "" } else { "," });
                    content.push_str(piece);
                }
            }
            ("image", Kind::Image { bytes, .. }) => {
                let piece = Members::of(value, "a piece of an image")?;
                let source = piece.get("source").map(|raw| Members::of(raw, "a source"));
                match source.transpose()?.unwrap_or_default().text("bytes")? {
                    Some(base64) => bytes.extend(decoded(&base64)?),
                    None => events.push(stray(index, name, value)),
                }
            }
            _ => events.push(stray(index, name, value)),
        }
        Ok(())
    }

    fn reasoning(
        &mut self,
        name: &str,
        value: &str,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        if value == "null" {
            return Ok(());
        }
        match (name, &mut self.kind) {
            ("text", _) => self.tell(Event::Reasoning, text(value, "a thought")?, events),
            ("signature", _) => self.tell(Event::Signature, text(value, "a signature")?, events),
            ("redactedContent", Kind::Redacted(bytes)) => {
                bytes.extend(decoded(&text(value, "a cipher")?)?);
            }
            ("redactedContent", kind) => {
                *kind = Kind::Redacted(decoded(&text(value, "a cipher")?)?);
            }
            _ => {
                let delta = object_text(&[(name, value)]);
                events.push(stray(self.index, "reasoningContent", &delta));
            }
        }
        Ok(())
    }

    /// A piece of something, if it is not empty.
    fn tell(&mut self, event: fn(Delta) -> Event, text: String, events: &mut Vec<Event>) {
        if !text.is_empty() {
            self.silent = false;
            events.push(event(Delta { choice: 0, index: self.index, text }));
        }
    }

    /// Ends a block: what was waited for is given out.
    pub(crate) fn close(self, events: &mut Vec<Event>) -> Result<(), Failure> {
        let index = self.index;
        let delta = |text: String| Delta { choice: 0, index, text };
        match self.kind {
            Kind::Text if self.silent => events.push(Event::Text(delta(String::new()))),
            Kind::Reasoning if self.silent => events.push(Event::Reasoning(delta(String::new()))),
            Kind::Redacted(bytes) => {
                events.push(Event::RedactedReasoning(delta(STANDARD.encode(bytes))));
            }
            Kind::Image { format, bytes } if !bytes.is_empty() => {
                events.push(image(index, &format, bytes));
            }
            Kind::Whole { name, mut members, input, content } => {
                let input = match (is_json(&input), input.as_str(), name.as_str()) {
                    (true, ..) => Some(input),
                    (false, "", "toolUse") => Some("{}".to_owned()),
                    (false, "", _) => None,
                    // The model was stopped within it: kept, although it is no JSON.
                    (false, ..) => Some(quoted(&input)),
                };
                members.extend(input.map(|input| ("input".to_owned(), input)));
                if name == "toolResult" {
                    let content = format!("[{content}]");
                    members.push(("content".to_owned(), content));
                }
                let block = object_text(&[(name, object_text(&members))]);
                let value = native(block);
                events.push(Event::Native(NativeAt { choice: 0, index, value }));
            }
            Kind::Text | Kind::Reasoning | Kind::Citation | Kind::Call | Kind::Image { .. } => {}
        }
        Ok(())
    }
}

/// Whether a call is for the caller. The provider's own are carried out by itself.
pub(crate) fn is_callers(call: &Members<'_>) -> bool {
    call.get("type").is_none_or(|kind| kind == r#""tool_use""#)
}

/// The beginning of a call.
#[inline(never)]
pub(crate) fn call(
    index: u32,
    call: &Members<'_>,
    names: &Names,
) -> Result<ToolCallStarted, Failure> {
    let missing = || Failure::malformed("a tool call without an id or a name");
    let id = call.text("toolUseId")?.ok_or_else(missing)?.into_owned();
    let name = call.text("name")?.ok_or_else(missing)?;
    let name = names.given(&name).to_owned();
    let known = ["toolUseId", "name", "input", "type"];
    let mut rest = call.told();
    rest.retain(|(name, _)| !known.contains(&name.as_str()));
    let extra = crate::json::extra(&rest);
    Ok(ToolCallStarted { choice: 0, index, id, name, signature: None, extra })
}

/// An image that the model made.
#[inline(never)]
pub(crate) fn image(index: u32, format: &str, bytes: Vec<u8>) -> Event {
    let part = MediaPart {
        kind: MediaKind::Image,
        mime: Some(image_type(format).map_or_else(|| format!("image/{format}"), str::to_owned)),
        source: MediaSource::Bytes(bytes),
        name: None,
        cache: None,
        extra: None,
    };
    Event::Media(MediaEvent { choice: 0, index, part })
}

/// Base64 of the provider's.
#[inline(never)]
pub(crate) fn decoded(base64: &str) -> Result<Vec<u8>, Failure> {
    STANDARD
        .decode(base64)
        .map_err(|error| Failure::malformed(format!("bytes that are not base64: {error}")))
}

/// An event of the stream that has no word here.
#[inline(never)]
pub(crate) fn stream_event(index: u32, kind: &str, payload: &str) -> Event {
    let event = object_text(&[(kind, payload)]);
    let value = native(object_text(&[("event", event.as_str())]));
    Event::Native(NativeAt { choice: 0, index, value })
}

/// A delta that has no word here.
#[inline(never)]
fn stray(index: u32, name: &str, value: &str) -> Event {
    let delta = object_text(&[(name, value)]);
    let number = index.to_string();
    let payload = object_text(&[("contentBlockIndex", number.as_str()), ("delta", delta.as_str())]);
    stream_event(index, "contentBlockDelta", &payload)
}

#[inline(never)]
fn text(raw: &str, what: &str) -> Result<String, Failure> {
    plain(raw).ok_or_else(|| Failure::malformed(format!("{what} is not a string of Unicode")))
}
