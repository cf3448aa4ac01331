//! What `wit/` promises of an adapter. It is held to it before its caller sees
//! anything: JSON is JSON, an answer has a beginning and an end, and nothing is
//! larger than its limit.

use crate::adapter::Adapter;
use crate::failure::Error;
use crate::limits::{FAILURE_BYTES, Limits};
use crate::types::{
    EmbedResponse, Event, Failure, FailureKind, ImageResponse, MediaPart, MediaSource, Model,
    ModerationResponse, Native, RerankResponse, Span, StoredAnswer, TokenCount,
    TranscriptionResponse, Usage,
};
use std::collections::BTreeMap;

/// How far a chat answer has come.
#[derive(Debug, Default)]
pub(super) struct Progress {
    events: u64,
    bytes: u64,
    started: bool,
    /// The choices that have begun, and whether they have finished.
    choices: BTreeMap<u32, bool>,
}

impl Progress {
    /// Judges the next events of the answer.
    pub(super) fn advance(
        &mut self,
        events: &[Event],
        limits: &Limits,
        adapter: &Adapter,
    ) -> Result<(), Error> {
        if events.is_empty() {
            return Err(broken(adapter, "yielded no event where at least one is due"));
        }
        self.events += events.len() as u64;
        if self.events > limits.events {
            return Err(too_large(format!("the answer has more than {} events", limits.events)));
        }
        for event in events {
            let mut content = Content::default();
            content.event(event);
            self.bytes += (content.bytes + size_of::<Event>()) as u64;
            content.judge(self.bytes, limits, adapter)?;
            self.order(event).map_err(|what| broken(adapter, what))?;
        }
        Ok(())
    }

    /// The answer is at its end.
    pub(super) fn end(&self, adapter: &Adapter) -> Result<(), Error> {
        match !self.choices.is_empty() && self.choices.values().all(|finished| *finished) {
            true => Ok(()),
            false => Err(broken(adapter, "ended its answer without having finished it")),
        }
    }

    fn order(&mut self, event: &Event) -> Result<(), &'static str> {
        let choice = match event {
            Event::Started(_) if self.started => return Err("started its answer twice"),
            Event::Started(_) if !self.choices.is_empty() => {
                return Err("started its answer after parts of it");
            }
            Event::Started(_) => {
                self.started = true;
                return Ok(());
            }
            // What belongs to no choice in particular, or is the provider's own.
            Event::Warning(_) | Event::Usage(_) | Event::Native(_) => return Ok(()),
            Event::Finished(finished) => {
                return match self.choices.insert(finished.choice, true) {
                    Some(true) => Err("finished a choice twice"),
                    Some(false) | None => Ok(()),
                };
            }
            Event::Text(delta)
            | Event::Reasoning(delta)
            | Event::Refusal(delta)
            | Event::Signature(delta)
            | Event::RedactedReasoning(delta)
            | Event::ToolCallArguments(delta) => delta.choice,
            Event::ToolCallStarted(call) => call.choice,
            Event::Media(media) => media.choice,
            Event::Citation(at) | Event::Logprobs(at) => at.choice,
        };
        match self.choices.entry(choice).or_insert(false) {
            true => Err("went on with a choice that it had finished"),
            false => Ok(()),
        }
    }
}

/// Judges vectors before they are handed over.
pub(super) fn embed(
    response: &EmbedResponse,
    limits: &Limits,
    adapter: &Adapter,
) -> Result<(), Error> {
    let mut content = Content::default();
    content.optional(&response.model);
    content.usage(response.usage.as_ref());
    content.native(response.extra.as_ref());
    let vectors = response.vectors.iter().map(|vector| size_of_val(vector.as_slice()));
    content.bytes += vectors.map(|bytes| bytes + size_of::<Vec<f32>>()).sum::<usize>();
    content.judge(content.bytes as u64, limits, adapter)
}

/// Judges a list of models before it is handed over.
pub(super) fn list_models(
    models: &[Model],
    limits: &Limits,
    adapter: &Adapter,
) -> Result<(), Error> {
    let mut content = Content::default();
    for model in models {
        content.text(&model.id);
        content.optional(&model.name);
        content.optional(&model.owned_by);
        content.json(model.raw.as_deref());
    }
    content.bytes += size_of_val(models);
    content.judge(content.bytes as u64, limits, adapter)
}

/// Judges a ranking before it is handed over.
pub(super) fn rerank(
    response: &RerankResponse,
    limits: &Limits,
    adapter: &Adapter,
) -> Result<(), Error> {
    let mut content = Content::default();
    content.optional(&response.id);
    content.optional(&response.model);
    content.usage(response.usage.as_ref());
    content.native(response.extra.as_ref());
    content.bytes += size_of_val(response.ranking.as_slice());
    content.judge(content.bytes as u64, limits, adapter)
}

/// Judges a count before it is handed over.
pub(super) fn count_tokens(
    count: &TokenCount,
    limits: &Limits,
    adapter: &Adapter,
) -> Result<(), Error> {
    let mut content = Content::default();
    content.native(count.extra.as_ref());
    content.judge(content.bytes as u64, limits, adapter)
}

/// Judges images before they are handed over.
pub(super) fn generate_images(
    response: &ImageResponse,
    limits: &Limits,
    adapter: &Adapter,
) -> Result<(), Error> {
    let mut content = Content::default();
    content.usage(response.usage.as_ref());
    content.native(response.extra.as_ref());
    for image in &response.images {
        content.media(&image.part);
        content.optional(&image.prompt);
    }
    content.bytes += size_of_val(response.images.as_slice());
    content.judge(content.bytes as u64, limits, adapter)
}

/// Judges a transcription before it is handed over.
pub(super) fn transcribe(
    response: &TranscriptionResponse,
    limits: &Limits,
    adapter: &Adapter,
) -> Result<(), Error> {
    let mut content = Content::default();
    content.text(&response.text);
    content.optional(&response.language);
    content.usage(response.usage.as_ref());
    content.native(response.extra.as_ref());
    for span in response.words.iter().chain(&response.segments) {
        content.text(&span.text);
        content.optional(&span.speaker);
        content.json(span.raw.as_deref());
        content.bytes += size_of::<Span>();
    }
    content.judge(content.bytes as u64, limits, adapter)
}

/// Judges verdicts before they are handed over.
pub(super) fn moderate(
    response: &ModerationResponse,
    limits: &Limits,
    adapter: &Adapter,
) -> Result<(), Error> {
    let mut content = Content::default();
    content.optional(&response.id);
    content.optional(&response.model);
    content.usage(response.usage.as_ref());
    content.native(response.extra.as_ref());
    for verdict in &response.verdicts {
        content.native(verdict.extra.as_ref());
        verdict.categories.iter().for_each(|category| content.text(&category.name));
        content.bytes += size_of_val(verdict) + size_of_val(verdict.categories.as_slice());
    }
    content.judge(content.bytes as u64, limits, adapter)
}

/// Judges what is said of an answer that is kept before it is handed over.
pub(super) fn act(answer: &StoredAnswer, limits: &Limits, adapter: &Adapter) -> Result<(), Error> {
    let mut content = Content::default();
    content.native(Some(&answer.value));
    content.optional(&answer.model);
    content.usage(answer.usage.as_ref());
    content.judge(content.bytes as u64, limits, adapter)
}

/// Judges a media type, which may become a header of somebody's.
pub(super) fn mime(mime: Option<&str>, adapter: &Adapter) -> Result<(), Error> {
    let plain = |mime: &str| mime.len() <= 256 && mime.bytes().all(|b| (b' '..=b'~').contains(&b));
    match mime.is_none_or(plain) {
        true => Ok(()),
        false => Err(broken(adapter, "yielded something as a media type that is none")),
    }
}

/// Judges the next bytes of sound, of which there are so many with them.
pub(super) fn sound(
    bytes: &[u8],
    all: u64,
    limits: &Limits,
    adapter: &Adapter,
) -> Result<(), Error> {
    if bytes.is_empty() {
        return Err(broken(adapter, "yielded no byte where at least one is due"));
    }
    Content::default().judge(all, limits, adapter)
}

/// Judges what an adapter says went wrong.
pub(super) fn failure(failure: Failure, limits: &Limits, adapter: &Adapter) -> Error {
    let mut content = Content::default();
    content.native(failure.raw.as_ref());
    content.text(&failure.message);
    content.optional(&failure.code);
    content.optional(&failure.param);
    content.optional(&failure.request_id);
    if content.bytes > FAILURE_BYTES {
        return too_large(format!("the words of a failure have more than {FAILURE_BYTES} bytes"));
    }
    match content.judge(content.bytes as u64, limits, adapter) {
        Ok(()) => failure.into(),
        Err(error) => error,
    }
}

/// What an event or an answer holds: its size, and what has to be JSON.
#[derive(Default)]
struct Content<'a> {
    bytes: usize,
    json: Vec<&'a str>,
}

impl<'a> Content<'a> {
    fn event(&mut self, event: &'a Event) {
        match event {
            Event::Started(started) => {
                self.optional(&started.id);
                self.optional(&started.model);
                self.native(started.extra.as_ref());
            }
            Event::Warning(text) => self.text(text),
            Event::Text(delta)
            | Event::Reasoning(delta)
            | Event::Refusal(delta)
            | Event::Signature(delta)
            | Event::RedactedReasoning(delta)
            | Event::ToolCallArguments(delta) => self.text(&delta.text),
            Event::ToolCallStarted(call) => {
                self.text(&call.name);
                self.text(&call.id);
                self.optional(&call.signature);
                self.native(call.extra.as_ref());
            }
            Event::Media(media) => self.media(&media.part),
            Event::Citation(at) | Event::Logprobs(at) | Event::Native(at) => {
                self.native(Some(&at.value));
            }
            Event::Usage(usage) => self.usage(Some(usage)),
            Event::Finished(finished) => {
                self.optional(&finished.raw);
                self.native(finished.extra.as_ref());
            }
        }
    }

    fn media(&mut self, part: &'a MediaPart) {
        self.bytes += match &part.source {
            MediaSource::Bytes(bytes) => bytes.len(),
            MediaSource::Url(text) | MediaSource::FileId(text) => text.len(),
        };
        self.optional(&part.mime);
        self.optional(&part.name);
        self.native(part.extra.as_ref());
    }

    fn usage(&mut self, usage: Option<&'a Usage>) {
        self.native(usage.and_then(|usage| usage.raw.as_ref()));
    }

    fn native(&mut self, native: Option<&'a Native>) {
        if let Some(native) = native {
            self.text(&native.dialect);
            self.json(Some(&native.value));
        }
    }

    fn json(&mut self, json: Option<&'a str>) {
        self.bytes += json.map_or(0, str::len);
        self.json.extend(json);
    }

    fn text(&mut self, text: &str) {
        self.bytes += text.len();
    }

    fn optional(&mut self, text: &Option<String>) {
        self.bytes += text.as_ref().map_or(0, String::len);
    }

    fn judge(&self, bytes: u64, limits: &Limits, adapter: &Adapter) -> Result<(), Error> {
        if bytes > limits.event_bytes {
            let most = limits.event_bytes;
            return Err(too_large(format!("the answer has more than {most} bytes")));
        }
        let is_json = |text: &&str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        match self.json.iter().all(is_json) {
            true => Ok(()),
            false => Err(broken(adapter, "yielded something as JSON that is not JSON")),
        }
    }
}

fn broken(adapter: &Adapter, what: &str) -> Error {
    Error::new(FailureKind::Internal, format!("the adapter `{}` {what}", adapter.name()))
}

fn too_large(what: String) -> Error {
    Error::new(FailureKind::TooLarge, what)
}
