//! A whole answer: `chat.completion`.

mod message;

use super::piece::{self, Piece, Spelling};
use super::{DIALECT, logprobs};
use crate::About;
use crate::json::{self, Members, Merged};
use crate::opaque::Origin;
use hotcell::types::{
    ChatRequest, Delta, Event, Finished, MediaEvent, MediaPart, Native, NativeAt, Started,
    ToolCallStarted, Usage,
};
use std::collections::BTreeMap;

/// Writes a whole answer.
pub fn write_answer(_: &ChatRequest, about: About, events: Vec<Event>) -> Vec<u8> {
    let mut answer = Answer::default();
    events.into_iter().for_each(|event| answer.add(event));
    answer.write(&about)
}

/// An answer so far.
#[derive(Default)]
struct Answer {
    /// Whether the provider speaks this dialect: its words are the client's.
    own: bool,
    origin: Origin,
    started: Option<Started>,
    usage: Option<Usage>,
    /// Members that came after the beginning.
    late: Merged,
    choices: BTreeMap<u32, Choice>,
}

#[derive(Default)]
struct Choice {
    text: Option<String>,
    /// Parts of the content that are no text: then all of it is a list, text among it.
    content: Vec<String>,
    reasoning: String,
    spelling: Spelling,
    thoughts: Vec<Thought>,
    /// The places of parts in `thoughts`.
    places: BTreeMap<u32, usize>,
    refusal: String,
    calls: Vec<Call>,
    calls_at: BTreeMap<u32, usize>,
    annotations: Vec<String>,
    logprobs: Vec<String>,
    images: Vec<String>,
    audio: Option<Box<MediaPart>>,
    message: Merged,
    about: Merged,
    finished: Option<Finished>,
}

/// A thought that goes back as it came.
#[derive(Default)]
struct Thought {
    /// What one of the `reasoning_details` says of itself; none where the provider has
    /// another dialect.
    about: Option<String>,
    /// All of one of them.
    whole: Option<String>,
    text: String,
    signature: String,
    redacted: String,
}

struct Call {
    started: ToolCallStarted,
    arguments: String,
    /// What was told of it later, and of its function.
    late: Merged,
    late_function: Merged,
}

impl Answer {
    fn add(&mut self, event: Event) {
        match event {
            Event::Started(started) => {
                self.owns(started.extra.as_ref());
                self.started = Some(started);
            }
            Event::Usage(usage) => {
                self.owns(usage.raw.as_ref());
                self.usage = Some(usage);
            }
            Event::Text(Delta { choice, text, .. }) => {
                self.choice(choice).text.get_or_insert_default().push_str(&text);
            }
            Event::Reasoning(delta) => self.choice(delta.choice).reasoning(&delta),
            Event::Signature(Delta { choice, index, text }) => {
                self.choice(choice).thought(index).signature.push_str(&text);
            }
            Event::RedactedReasoning(Delta { choice, index, text }) => {
                self.choice(choice).thought(index).redacted.push_str(&text);
            }
            Event::Refusal(Delta { choice, text, .. }) => {
                self.choice(choice).refusal.push_str(&text);
            }
            Event::ToolCallStarted(call) => {
                self.owns(call.extra.as_ref());
                self.choice(call.choice).call(call);
            }
            Event::ToolCallArguments(delta) => self.choice(delta.choice).arguments(&delta),
            Event::Media(media) => self.media(&media),
            Event::Citation(at) => self.citation(at),
            Event::Logprobs(at) => {
                if let Some(logprobs) = logprobs::of(&at.value) {
                    self.choice(at.choice).logprobs.push(logprobs.into_owned());
                }
            }
            Event::Native(at) => self.native(&at),
            Event::Finished(finished) => {
                self.owns(finished.extra.as_ref());
                let choice = self.choice(finished.choice);
                choice.finished = Some(finished);
            }
            Event::Warning(_) => {}
        }
    }

    fn owns(&mut self, native: Option<&Native>) {
        self.own |= native.is_some_and(|native| native.dialect == DIALECT);
        self.origin.learn(native);
    }

    fn choice(&mut self, number: u32) -> &mut Choice {
        self.choices.entry(number).or_default()
    }

    fn media(&mut self, media: &MediaEvent) {
        let choice = self.choices.entry(media.choice).or_default();
        let mut image = Vec::new();
        if piece::image(&media.part, &mut image) {
            choice.images.push(text_of(image));
        } else {
            choice.audio = Some(Box::new(media.part.clone()));
        }
    }

    fn citation(&mut self, at: NativeAt) {
        if at.value.dialect == DIALECT {
            self.own = true;
            self.choice(at.choice).annotations.push(at.value.value);
        } else {
            let choice = self.choice(at.choice);
            let end = choice.text.as_deref().unwrap_or_default().chars().count();
            choice.annotations.extend(super::citation::write(&at.value, end));
        }
    }

    fn native(&mut self, at: &NativeAt) {
        self.origin.learn(Some(&at.value));
        let Some(piece) = Piece::of(&at.value) else { return };
        self.own = true;
        match piece {
            Piece::Chunk(mut chunk) => {
                for choice in piece::choices(&mut chunk) {
                    self.choice(at.choice).about(choice);
                }
                self.late.add(chunk);
            }
            Piece::Content(part) => self.choice(at.choice).part(part),
            Piece::Message(members) => self.choice(at.choice).members(at.index, members),
        }
    }

    fn write(self, about: &About) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        piece::head("chat.completion", "chatcmpl-", self.started.as_ref(), about, &mut out);
        json::name("choices", &mut out);
        out.push(b'[');
        for (number, choice) in self.choices {
            json::comma(&mut out);
            choice.write(number, self.own, &self.origin, about, &mut out);
        }
        out.push(b']');
        if let Some(usage) = &self.usage {
            json::name("usage", &mut out);
            piece::usage(usage, &mut out);
        }
        let mut members = Merged::default();
        members.add(self.started.as_ref().and_then(piece::beside).unwrap_or_default());
        members.merge(self.late);
        members.write(&mut out);
        out.push(b'}');
        out
    }
}

impl Choice {
    fn thought(&mut self, index: u32) -> &mut Thought {
        let place = *self.places.entry(index).or_insert_with(|| {
            self.thoughts.push(Thought::default());
            self.thoughts.len() - 1
        });
        &mut self.thoughts[place]
    }

    fn reasoning(&mut self, delta: &Delta) {
        self.reasoning.push_str(&delta.text);
        self.thought(delta.index).text.push_str(&delta.text);
    }

    fn call(&mut self, started: ToolCallStarted) {
        self.calls_at.insert(started.index, self.calls.len());
        let (arguments, late, late_function) = Default::default();
        self.calls.push(Call { started, arguments, late, late_function });
    }

    fn arguments(&mut self, delta: &Delta) {
        let call = self.calls_at.get(&delta.index).and_then(|place| self.calls.get_mut(*place));
        if let Some(call) = call {
            call.arguments.push_str(&delta.text);
        }
    }

    /// What a piece of a chunk says of the choice.
    fn about(&mut self, mut choice: Members<'_>) {
        let mut delta = choice.take("delta").and_then(Members::of).unwrap_or_default();
        self.spelling.read(&mut delta);
        // Sound comes once more as a whole.
        delta.take("audio");
        // An empty text is not the same as none.
        if delta.get("content") == Some("\"\"") {
            delta.take("content");
            self.text.get_or_insert_default();
        }
        for mut call in delta
            .take("tool_calls")
            .and_then(json::elements)
            .into_iter()
            .flatten()
            .filter_map(Members::of)
        {
            let place = call.take("index").and_then(|index| index.parse::<usize>().ok());
            let function = ["function", "custom"].map(|member| call.take(member));
            let functions = function.into_iter().flatten().filter_map(Members::of);
            if let Some(known) = self.calls.get_mut(place.unwrap_or(0)) {
                functions.for_each(|function| known.late_function.add(function));
                known.late.add(call);
            }
        }
        if let Some(function) = delta.take("function_call").and_then(Members::of)
            && let Some(known) = self.calls.first_mut()
        {
            known.late_function.add(function);
        }
        self.message.add(delta);
        self.about.add(choice.without(&["index", "finish_reason", "message", "logprobs"]));
    }

    fn part(&mut self, part: &str) {
        if let Some(text) = self.text.take().filter(|text| !text.is_empty()) {
            self.content.push(text_part(&text));
        }
        self.content.push(part.to_owned());
    }

    fn members(&mut self, index: u32, mut members: Members<'_>) {
        for image in members.take("images").and_then(json::elements).into_iter().flatten() {
            self.images.push(image.to_owned());
        }
        let details = members.take("reasoning_details").and_then(json::elements);
        for detail in details.into_iter().flatten() {
            if Members::of(detail).is_some_and(|detail| piece::tells(&detail)) {
                let whole = Some(detail.to_owned());
                self.thoughts.push(Thought { whole, ..Thought::default() });
            } else {
                self.thought(index).about = Some(detail.to_owned());
            }
        }
        self.message.add(members);
    }
}

pub(super) fn text_part(text: &str) -> String {
    let mut out = b"{\"type\":\"text\"".to_vec();
    json::text("text", text, &mut out);
    out.push(b'}');
    text_of(out)
}

/// What was written is text.
fn text_of(written: Vec<u8>) -> String {
    String::from_utf8(written).unwrap_or_default()
}
