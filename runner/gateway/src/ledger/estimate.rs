//! What a request will use, before anybody knows, and what came of an answer that nobody
//! counted.
//!
//! A token is taken to be four bytes of text, which is near the truth for English and too
//! much for most other things.

use hotcell::Heard;
use hotcell::types::{
    ChatRequest, Event, MediaKind, MediaPart, MediaSource, Message, OutputFormat, Part, Tool,
    ToolResultPart, Usage,
};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes of text that are one token.
const BYTES: u64 = 4;
/// Tokens of an image, a sound or a page.
const MEDIUM: u64 = 1_500;
/// Bytes of a document that are a page.
const PAGE: usize = 50_000;
/// Tokens of a message's own.
const MESSAGE: u64 = 4;
/// Tokens of an answer to a request that does not say how long it may be.
const ANSWER: u64 = 4_096;

/// The tokens that a request is taken to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Estimate {
    pub(crate) input: u64,
    pub(crate) output: u64,
}

impl Estimate {
    /// Of a request of so many bytes, whose answer is no text.
    pub(crate) fn of_bytes(bytes: usize) -> Self {
        Self { input: tokens(bytes), output: 0 }
    }

    /// Of a request for a chat answer.
    pub(crate) fn of_chat(request: &ChatRequest) -> Self {
        let messages: u64 = request.messages.iter().map(message).sum();
        let tools: u64 = request.tools.iter().map(tool).sum();
        let form = match &request.output {
            Some(OutputFormat::JsonSchema(form)) => tokens(form.schema.len()),
            _ => 0,
        };
        let longest = request.sampling.max_output_tokens.map_or(ANSWER, u64::from);
        let choices = u64::from(request.sampling.choices.unwrap_or(1).max(1));
        Self { input: messages + tools + form, output: longest.saturating_mul(choices) }
    }
}

fn message(message: &Message) -> u64 {
    MESSAGE + message.parts.iter().map(part).sum::<u64>()
}

fn part(part: &Part) -> u64 {
    match part {
        Part::Text(text) => tokens(text.text.len()),
        Part::Media(part) => medium(part),
        Part::Reasoning(it) => tokens(it.text.len() + it.redacted.as_ref().map_or(0, String::len)),
        Part::ToolCall(call) => tokens(call.name.len() + call.arguments.len()),
        Part::ToolResult(result) => result.content.iter().map(result_part).sum(),
        Part::Refusal(text) => tokens(text.len()),
        Part::Native(native) => tokens(native.value.len()).min(MEDIUM),
    }
}

fn result_part(part: &ToolResultPart) -> u64 {
    match part {
        ToolResultPart::Text(text) => tokens(text.len()),
        ToolResultPart::Media(part) => medium(part),
        ToolResultPart::Native(native) => tokens(native.value.len()).min(MEDIUM),
    }
}

fn medium(part: &MediaPart) -> u64 {
    match &part.source {
        MediaSource::Bytes(bytes) if part.kind == MediaKind::Document => {
            let mime = part.mime.as_deref().unwrap_or_default();
            match mime.starts_with("text/") || mime == "application/json" {
                true => tokens(bytes.len()),
                false => MEDIUM * bytes.len().div_ceil(PAGE).max(1) as u64,
            }
        }
        _ => MEDIUM,
    }
}

fn tool(tool: &Tool) -> u64 {
    match tool {
        Tool::Function(function) => {
            let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
            let texts = length(&function.description) + length(&function.parameters);
            tokens(function.name.len() + texts)
        }
        Tool::Native(native) => tokens(native.value.len()),
    }
}

fn tokens(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(BYTES)
}

/// What is known of what one attempt used, whoever sees it end: what the provider told, and how
/// much of an answer came, in whatever form, for where nobody says how many tokens it had.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    bytes: AtomicU64,
    media: AtomicU64,
    told: Mutex<Option<Usage>>,
    is_left: AtomicBool,
    /// What it told beside its answer.
    pub(crate) heard: Heard,
}

impl Tally {
    /// Counts one event.
    pub(crate) fn note(&self, event: &Event) {
        let bytes = match event {
            Event::Text(delta)
            | Event::Reasoning(delta)
            | Event::Refusal(delta)
            | Event::RedactedReasoning(delta)
            | Event::ToolCallArguments(delta) => delta.text.len(),
            Event::ToolCallStarted(call) => call.name.len(),
            Event::Media(_) => {
                self.media.fetch_add(1, Ordering::Relaxed);
                return;
            }
            // The last report counts.
            Event::Usage(usage) => {
                *self.lock() = Some(Usage { raw: None, ..*usage });
                return;
            }
            _ => return,
        };
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// What the provider told last.
    pub(crate) fn told(&self) -> Option<Usage> {
        self.lock().clone()
    }

    /// The provider is left while it answers: it has the prompt, and nobody hears what it makes
    /// of it.
    pub(crate) fn leave(&self) {
        self.is_left.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_left(&self) -> bool {
        self.is_left.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Usage>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tokens that this is taken for.
    pub(crate) fn tokens(&self) -> u64 {
        let media = self.media.load(Ordering::Relaxed).saturating_mul(MEDIUM);
        self.bytes.load(Ordering::Relaxed).div_ceil(BYTES).saturating_add(media)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotcell::types::Delta;

    #[test]
    fn an_answer_is_as_long_as_it_may_be() {
        let mut request = ChatRequest::user("12345678");
        assert_eq!(Estimate::of_chat(&request), Estimate { input: 4 + 2, output: 4_096 });
        request.sampling.max_output_tokens = Some(10);
        request.sampling.choices = Some(3);
        assert_eq!(Estimate::of_chat(&request).output, 30);
        request.sampling.choices = Some(0);
        assert_eq!(Estimate::of_chat(&request).output, 10);
    }

    #[test]
    fn what_came_is_counted_in_every_form() {
        let tally = Tally::default();
        let delta = |text: &str| Delta { choice: 0, index: 0, text: text.to_owned() };
        tally.note(&Event::Reasoning(delta("1234")));
        tally.note(&Event::Text(delta("12345")));
        tally.note(&Event::Warning("not of the answer".to_owned()));
        assert_eq!(tally.tokens(), 3);
    }
}
