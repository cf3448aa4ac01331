//! One alternative of an answer, part by part.

use crate::json::{self, Members, Value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_sdk::{
    Delta, Event, Failure, FinishReason, Finished, MediaEvent, MediaKind, MediaPart, MediaSource,
    NativeAt, ToolCallStarted, warning,
};

/// A part to which more of its kind is added.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Text,
    Thought,
}

pub(crate) struct Candidate {
    pub(crate) choice: u32,
    /// The part that is being told, and how many there are.
    open: Option<Open>,
    parts: u32,
    called: bool,
    finish: Option<Value>,
    /// The candidate is complete, although it gives no reason.
    whole: bool,
    /// What came besides, each the last of its name.
    ending: Members,
}

impl Candidate {
    pub(crate) fn new(choice: u32) -> Self {
        let (open, parts, called) = (None, 0, false);
        Self { choice, open, parts, called, finish: None, whole: false, ending: Members::default() }
    }

    pub(crate) fn is_whole(&mut self) {
        self.whole = true;
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.whole || self.finish.is_some()
    }

    /// Takes in what a chunk says of it. `id` is that of the answer, `calls` how many
    /// calls there are.
    pub(crate) fn take(
        &mut self,
        mut members: Members,
        id: Option<&str>,
        calls: &mut usize,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        members.remove("index");
        if let Some(mut content) = members.take_object("content")
            && let Some(Value::Array(parts)) = content.remove("parts")
        {
            // Where the provider's own tools run, a reason comes before the end.
            if !parts.is_empty() {
                self.finish = None;
            }
            for part in parts {
                let Value::Object(part) = part else {
                    return Err(Failure::malformed("a part is no JSON object"));
                };
                self.part(part, id, calls, events)?;
            }
        }
        for (name, value) in members {
            match name.as_ref() {
                _ if value.is_null() => {}
                "finishReason" => {
                    // Said of an answer that goes on.
                    let word = |word: &str| !matches!(word, "" | "FINISH_REASON_UNSPECIFIED");
                    let number = value.as_u64().is_some_and(|number| number > 0);
                    if number || value.as_str().is_some_and(word) {
                        self.finish = Some(value);
                    }
                }
                "citationMetadata" | "groundingMetadata" => {
                    let index = self.parts.saturating_sub(1);
                    self.value(Event::Citation, index, name.into_owned(), value, events);
                }
                "logprobsResult" => {
                    let index = self.parts.saturating_sub(1);
                    self.value(Event::Logprobs, index, name.into_owned(), value, events);
                }
                _ => {
                    self.ending.insert(&name, value);
                }
            }
        }
        Ok(())
    }

    pub(crate) fn finish(self, events: &mut Vec<Event>) {
        let reason = self.finish.as_ref().map_or(FinishReason::Other, reason);
        let reason = match reason {
            FinishReason::Stop if self.called => FinishReason::ToolCalls,
            reason => reason,
        };
        let raw = self.finish.map(|finish| match finish {
            Value::String(word) => word,
            other => other.text(),
        });
        if matches!(reason, FinishReason::Other)
            && let Some(message) = self.ending.get("finishMessage").and_then(Value::as_str)
        {
            events.push(warning(format!("the answer broke off: {message}")));
        }
        let extra = self.ending.extra();
        events.push(Event::Finished(Finished { choice: self.choice, reason, raw, extra }));
    }

    fn part(
        &mut self,
        mut part: Members,
        id: Option<&str>,
        calls: &mut usize,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        if let Some(call) = part.take_object("functionCall") {
            return self.call(call, part, id, calls, events);
        }
        let thought = part.get("thought") == Some(&Value::Bool(true));
        let only_words = part
            .names()
            .all(|name| matches!(name, "text" | "thought" | "thoughtSignature" | "partMetadata"));
        if only_words {
            self.words(part, thought, events);
            return Ok(());
        }
        let index = self.next();
        // What was drawn while thinking is no part of the answer.
        if !thought && let Some(media) = media(&mut part)? {
            let part = MediaPart { extra: part.extra(), ..media };
            events.push(Event::Media(MediaEvent { choice: self.choice, index, part }));
            return Ok(());
        }
        let value = json::native(&part.into());
        events.push(Event::Native(NativeAt { choice: self.choice, index, value }));
        Ok(())
    }

    /// Words or thoughts, and a signature that closes them. That of words is told as one of
    /// a thought without words, since it belongs to no thought that was told.
    fn words(&mut self, mut part: Members, thought: bool, events: &mut Vec<Event>) {
        let mut take = |name: &str| part.take_text(name).filter(|text| !text.is_empty());
        let (text, signature) = (take("text"), take("thoughtSignature"));
        let (kind, event): (_, fn(Delta) -> Event) = match thought {
            true => (Open::Thought, Event::Reasoning),
            false => (Open::Text, Event::Text),
        };
        let mut tell = |this: &mut Self, event: fn(Delta) -> Event, text: String| {
            let (choice, index) = (this.choice, this.parts - 1);
            events.push(event(Delta { choice, index, text }));
        };
        if let Some(text) = text {
            if self.open != Some(kind) {
                self.next();
                self.open = Some(kind);
            }
            tell(self, event, text);
        }
        if let Some(signature) = signature {
            if !thought || self.open != Some(kind) {
                self.next();
            }
            tell(self, Event::Signature, signature);
            self.open = None;
        }
        part.remove("thought");
        if !part.is_empty() {
            let index = self.parts.saturating_sub(1);
            self.value(Event::Native, index, "event".to_owned(), part.into(), events);
        }
    }

    fn call(
        &mut self,
        mut call: Members,
        mut part: Members,
        id: Option<&str>,
        calls: &mut usize,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let (choice, index) = (self.choice, self.next());
        self.called = true;
        *calls += 1;
        let name = call.take_text("name").filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| Failure::malformed("a call without a name"))?;
        let arguments = match call.remove("args") {
            None | Some(Value::Null) => None,
            Some(Value::Object(arguments)) if arguments.is_empty() => None,
            Some(arguments) => Some(arguments.text()),
        };
        let signature = part.take_text("thoughtSignature");
        let given = call.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        // Made of its place in the answer, or in the conversation.
        let id = match (given, id.filter(|id| id.len() <= 32)) {
            (Some(id), _) => id.to_owned(),
            (None, Some(answer)) => format!("{answer}-{calls}"),
            (None, None) => format!("call-{calls}"),
        };
        // What else the provider says of it, to be sent back.
        if !call.is_empty() {
            part.insert("functionCall", call);
        }
        let extra = part.extra();
        let started = ToolCallStarted { choice, index, id, name, signature, extra };
        events.push(Event::ToolCallStarted(started));
        if let Some(text) = arguments {
            events.push(Event::ToolCallArguments(Delta { choice, index, text }));
        }
        Ok(())
    }

    /// Begins a part that nothing is added to.
    fn next(&mut self) -> u32 {
        self.open = None;
        self.parts += 1;
        self.parts - 1
    }

    /// A value under its name, in the provider's words.
    fn value(
        &self,
        event: fn(NativeAt) -> Event,
        index: u32,
        name: String,
        value: Value,
        events: &mut Vec<Event>,
    ) {
        let value = json::native(&json::object(&name, value).into());
        events.push(event(NativeAt { choice: self.choice, index, value }));
    }
}

/// Takes a medium out of a part; none where it has no data that can be read.
fn media(part: &mut Members) -> Result<Option<MediaPart>, Failure> {
    let text = |blob: &Value, name: &str| blob.get(name).as_str().map(str::to_owned);
    let (mime, source) = if let Some(blob) = part.get("inlineData") {
        let Some(data) = blob.get("data").as_str() else { return Ok(None) };
        let bytes = STANDARD.decode(data);
        let bytes = bytes.map_err(|error| Failure::malformed(format!("a medium: {error}")))?;
        (text(blob, "mimeType"), MediaSource::Bytes(bytes))
    } else if let Some(file) = part.get("fileData") {
        let Some(uri) = text(file, "fileUri") else { return Ok(None) };
        (text(file, "mimeType"), MediaSource::Url(uri))
    } else {
        return Ok(None);
    };
    part.remove("inlineData");
    part.remove("fileData");
    let kind = match mime.as_deref().and_then(|mime| mime.split('/').next()) {
        Some("image") => MediaKind::Image,
        Some("audio") => MediaKind::Audio,
        Some("video") => MediaKind::Video,
        _ => MediaKind::Document,
    };
    Ok(Some(MediaPart { kind, mime, source, name: None, cache: None, extra: None }))
}

/// The meaning of a `finishReason`. Vertex AI writes numbers where it is asked to.
fn reason(finish: &Value) -> FinishReason {
    let word = match finish.as_u64() {
        Some(number) => match number {
            1 => "STOP",
            2 => "MAX_TOKENS",
            // Numbers above five differ from platform to platform, up to eight not in kind.
            3 | 4 | 6..=8 => "SAFETY",
            _ => "OTHER",
        },
        None => finish.as_str().unwrap_or_default(),
    };
    match word {
        "STOP" => FinishReason::Stop,
        "MAX_TOKENS" | "CONTINUATION" => FinishReason::Length,
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION"
        | "MODEL_ARMOR"
        | "ESCALATION"
        | "PUP_LIMITED_DISABLED" => FinishReason::ContentFilter,
        // MALFORMED_FUNCTION_CALL, UNEXPECTED_TOOL_CALL, TOO_MANY_TOOL_CALLS, NO_IMAGE …
        _ => FinishReason::Other,
    }
}
