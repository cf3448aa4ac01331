//! A streamed answer: frames of `chat.completion.chunk`, and `[DONE]`.

mod head;
mod value;

pub(crate) use head::{head, settle};

use super::DIALECT;
use super::piece::{self, CallKind, CallMembers, Spelling};
use crate::json::{self, Members};
use crate::opaque::{Kind, Origin};
use crate::{About, AnswerWriter};
use hotcell::types::{
    ChatRequest, Delta, Event, Failure, Finished, MediaEvent, Native, Started, ToolCallStarted,
    Usage,
};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Writes a stream.
#[derive(Debug)]
pub struct StreamWriter {
    about: About,
    /// Whether the client asked for a chunk with the usage.
    wants_usage: bool,
    /// Whether the provider speaks this dialect: its words are the client's.
    own: bool,
    origin: Origin,
    /// What every frame begins with, up to the members of the chunk that it alone has.
    head: Vec<u8>,
    /// Members of the answer that go with the first frame.
    lead: Vec<u8>,
    usage: Option<Usage>,
    /// Nearly every answer has one, and a map makes room for eleven at once.
    choices: BTreeMap<u32, Box<Choice>>,
}

#[derive(Debug, Default)]
struct Choice {
    /// What a frame with text begins and ends with, once there was one.
    text: Vec<u8>,
    /// How many characters of text there were.
    told: usize,
    refused: bool,
    spelling: Spelling,
    thoughts: BTreeMap<u32, Thought>,
    /// How many `thinking_blocks` there are.
    blocks: usize,
    calls: BTreeMap<u32, Call>,
    /// Sources, which come with the end: a client adds lists up by their numbers, and
    /// these have none.
    annotations: Vec<String>,
    images: usize,
    /// Sound went out as it came, so that the whole of it is nothing new.
    heard: bool,
}

#[derive(Debug, Default)]
struct Thought {
    /// What the last of the `reasoning_details` said of itself.
    about: Option<String>,
    /// What was told until it is signed.
    text: String,
}

#[derive(Debug)]
struct Call {
    number: usize,
    kind: CallKind,
    silent: bool,
}

/// What a frame with text ends with, and most others.
const TAIL: &[u8] = b"},\"finish_reason\":null}]}\n\n";

impl StreamWriter {
    /// Of an answer to this request.
    pub fn new(request: &ChatRequest, about: About) -> Self {
        Self {
            wants_usage: wants_usage(request),
            own: false,
            origin: Origin::default(),
            head: head("chat.completion.chunk", "chatcmpl-", None, &about),
            about,
            lead: Vec::new(),
            usage: None,
            choices: BTreeMap::new(),
        }
    }

    fn started(&mut self, started: &Started) {
        self.owns(started.extra.as_ref());
        self.head = head("chat.completion.chunk", "chatcmpl-", Some(started), &self.about);
        if let Some(mut members) = piece::beside(started) {
            settle(&mut members, &mut self.head);
            members.write(&mut self.lead);
        }
    }

    fn owns(&mut self, native: Option<&Native>) {
        self.own |= native.is_some_and(|native| native.dialect == DIALECT);
        self.origin.learn(native);
    }

    /// Opens a frame, up to the `choices`.
    fn open(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
        if !self.lead.is_empty() {
            out.push(b',');
            out.append(&mut self.lead);
        }
    }

    /// Opens a frame up to the members of a choice's delta. A choice begins with its role.
    fn delta(&mut self, choice: u32, out: &mut Vec<u8>) {
        self.begin(choice, out);
        self.open_delta(choice, out);
    }

    /// The role of a choice, if it has not begun.
    fn begin(&mut self, choice: u32, out: &mut Vec<u8>) {
        if let Entry::Vacant(vacant) = self.choices.entry(choice) {
            vacant.insert(Box::default());
            self.open_delta(choice, out);
            out.extend_from_slice(b"\"role\":\"assistant\",\"content\":null");
            out.extend_from_slice(TAIL);
        }
    }

    fn open_delta(&mut self, choice: u32, out: &mut Vec<u8>) {
        self.open(out);
        out.extend_from_slice(b",\"choices\":[{\"index\":");
        json::number(choice, out);
        out.extend_from_slice(b",\"delta\":{");
    }

    fn choice(&mut self, number: u32) -> &mut Choice {
        self.choices.entry(number).or_default()
    }

    fn text(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        let known = self.choices.get_mut(&delta.choice);
        if let Some(choice) = known.filter(|choice| !choice.text.is_empty()) {
            if !delta.text.is_empty() {
                choice.told += delta.text.len();
                out.extend_from_slice(&choice.text);
                json::string(&delta.text, out);
                out.extend_from_slice(TAIL);
            }
            return;
        }
        let mut text = self.head.clone();
        text.extend_from_slice(b",\"choices\":[{\"index\":");
        json::number(delta.choice, &mut text);
        text.extend_from_slice(b",\"delta\":{\"content\":");
        if !self.choices.contains_key(&delta.choice) {
            // The role and an empty text, as the provider of the dialect begins.
            self.choice(delta.choice);
            self.open_delta(delta.choice, out);
            out.extend_from_slice(b"\"role\":\"assistant\",\"content\":\"\"");
            out.extend_from_slice(TAIL);
        } else if delta.text.is_empty() {
            return;
        }
        self.choice(delta.choice).text = text;
        self.text(delta, out);
    }

    fn reasoning(&mut self, delta: Delta, out: &mut Vec<u8>) {
        self.delta(delta.choice, out);
        let choice = self.choice(delta.choice);
        for name in choice.spelling.names() {
            json::text(name, &delta.text, out);
        }
        let thought = choice.thoughts.entry(delta.index).or_default();
        match &thought.about {
            Some(about) => detail(about, piece::text_of(about), &delta.text, out),
            None => thought.text.push_str(&delta.text),
        }
        out.extend_from_slice(TAIL);
    }

    /// A signature, or a thought in cipher.
    fn opaque(&mut self, delta: &Delta, kind: Kind, out: &mut Vec<u8>) {
        self.delta(delta.choice, out);
        let member = if kind == Kind::Redacted { "data" } else { "signature" };
        let sealed = self.origin.seal(kind, &delta.text);
        let choice = self.choices.entry(delta.choice).or_default();
        let thought = choice.thoughts.entry(delta.index).or_default();
        if let Some(about) = &thought.about {
            detail(about, member, &delta.text, out);
        } else {
            let text = std::mem::take(&mut thought.text);
            let (signature, redacted) = match kind {
                Kind::Redacted => ("", &*sealed),
                Kind::Signature | Kind::Call => (&*sealed, ""),
            };
            json::name("thinking_blocks", out);
            out.push(b'[');
            piece::thinking_block(Some(choice.blocks), &text, signature, redacted, out);
            out.push(b']');
            choice.blocks += 1;
        }
        out.extend_from_slice(TAIL);
    }

    fn refusal(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        self.delta(delta.choice, out);
        self.choice(delta.choice).refused = true;
        json::text("refusal", &delta.text, out);
        out.extend_from_slice(TAIL);
    }

    fn call(&mut self, call: &ToolCallStarted, out: &mut Vec<u8>) {
        self.owns(call.extra.as_ref());
        self.delta(call.choice, out);
        let choice = self.choice(call.choice);
        let number = choice.calls.len();
        let CallMembers { kind, call: members, function } = piece::call(call);
        choice.calls.insert(call.index, Call { number, kind, silent: true });
        if kind == CallKind::Only {
            json::name("function_call", out);
            out.push(b'{');
            json::text("name", &call.name, out);
            json::text("arguments", "", out);
            function.write(out);
            out.push(b'}');
        } else {
            open_call(number, out);
            json::text("id", &call.id, out);
            if kind != CallKind::Unknown {
                let (kind, input) = kind.words();
                json::text("type", kind, out);
                json::name(kind, out);
                out.push(b'{');
                json::text("name", &call.name, out);
                json::text(input, "", out);
                function.write(out);
                out.push(b'}');
            }
            members.write(out);
            piece::sign(call, &members, out);
            out.extend_from_slice(b"}]");
        }
        out.extend_from_slice(TAIL);
    }

    fn arguments(&mut self, number: u32, index: u32, text: &str, out: &mut Vec<u8>) {
        let choice = self.choices.get_mut(&number);
        let call = choice.and_then(|choice| choice.calls.get_mut(&index));
        let told = |call: &&mut Call| !text.is_empty() && call.kind != CallKind::Unknown;
        let Some(call) = call.filter(told) else { return };
        call.silent = false;
        let Call { number: place, kind, .. } = *call;
        self.delta(number, out);
        let (kind_word, input) = kind.words();
        if kind == CallKind::Only {
            json::name("function_call", out);
            out.push(b'{');
            json::text("arguments", text, out);
            out.push(b'}');
        } else {
            open_call(place, out);
            json::name(kind_word, out);
            out.push(b'{');
            json::text(input, text, out);
            out.extend_from_slice(b"}}]");
        }
        out.extend_from_slice(TAIL);
    }

    fn media(&mut self, media: &MediaEvent, out: &mut Vec<u8>) {
        let mut written = Vec::new();
        if piece::image(&media.part, &mut written) {
            self.delta(media.choice, out);
            let choice = self.choice(media.choice);
            json::name("images", out);
            out.extend_from_slice(b"[{");
            // A client adds lists up by their numbers.
            json::count("index", choice.images as u64, out);
            choice.images += 1;
            out.push(b',');
            out.extend_from_slice(written.get(1..).unwrap_or_default());
            out.push(b']');
            out.extend_from_slice(TAIL);
        } else if !self.choice_that_began(media.choice).is_some_and(|choice| choice.heard)
            && piece::audio(&media.part, &self.about, &mut written)
        {
            self.delta(media.choice, out);
            json::name("audio", out);
            out.append(&mut written);
            out.extend_from_slice(TAIL);
        }
    }

    fn finished(&mut self, finished: &Finished, out: &mut Vec<u8>) {
        self.owns(finished.extra.as_ref());
        let number = finished.choice;
        let choice = self.choice_that_began(number);
        let calls = choice.iter().flat_map(|choice| &choice.calls);
        let silent = calls.filter(|(_, call)| call.silent && call.kind != CallKind::Custom);
        let silent: Vec<u32> = silent.map(|(index, _)| *index).collect();
        for index in silent {
            self.arguments(number, index, "{}", out);
        }
        self.delta(number, out);
        let own = self.own;
        let choice = self.choice(number);
        let annotations = std::mem::take(&mut choice.annotations);
        let refused = choice.refused;
        if !annotations.is_empty() {
            json::list("annotations", annotations.iter().map(String::as_str), out);
            out.extend_from_slice(TAIL);
            self.delta(number, out);
        }
        out.push(b'}');
        json::text("finish_reason", piece::finish_word(finished, own, refused), out);
        let known = ["index", "delta", "message", "finish_reason", "logprobs"];
        let members = piece::own(finished.extra.as_ref()).unwrap_or_default();
        members.without(&known).write(out);
        out.extend_from_slice(b"}]}\n\n");
    }
}

impl AnswerWriter for StreamWriter {
    fn event(&mut self, event: Event, out: &mut Vec<u8>) {
        match event {
            Event::Text(delta) => self.text(&delta, out),
            Event::Reasoning(delta) => self.reasoning(delta, out),
            Event::ToolCallArguments(delta) => {
                self.arguments(delta.choice, delta.index, &delta.text, out);
            }
            Event::Started(started) => self.started(&started),
            Event::Refusal(delta) => self.refusal(&delta, out),
            Event::Signature(delta) => self.opaque(&delta, Kind::Signature, out),
            Event::RedactedReasoning(delta) => self.opaque(&delta, Kind::Redacted, out),
            Event::ToolCallStarted(call) => self.call(&call, out),
            Event::Media(media) => self.media(&media, out),
            Event::Citation(at) => self.citation(at),
            Event::Logprobs(at) => self.logprobs(&at, out),
            Event::Native(at) => self.native(&at, out),
            Event::Usage(usage) => {
                self.owns(usage.raw.as_ref());
                self.usage = Some(usage);
            }
            Event::Finished(finished) => self.finished(&finished, out),
            Event::Warning(_) => {}
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        let usage = self.usage.take().filter(|_| self.wants_usage);
        if usage.is_some() || !self.lead.is_empty() {
            self.open(out);
            out.extend_from_slice(b",\"choices\":[]");
            if let Some(usage) = usage {
                json::name("usage", out);
                piece::usage(&usage, out);
            }
            out.extend_from_slice(b"}\n\n");
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    fn fail(&mut self, failure: &Failure, out: &mut Vec<u8>) {
        out.extend_from_slice(b"data: ");
        super::refusal::write(failure, out);
        out.extend_from_slice(b"\n\n");
    }
}

/// Whether the client wants to know the usage of a stream: as OpenAI has it, or as
/// OpenRouter.
pub(crate) fn wants_usage(request: &ChatRequest) -> bool {
    let extra = request.extra.as_ref().and_then(|extra| Members::of(&extra.value));
    let wants = |(option, included): (&str, &str)| {
        let option = extra.as_ref()?.inner(option)?;
        Some(option.get(included)? == "true")
    };
    [("stream_options", "include_usage"), ("usage", "include")]
        .into_iter()
        .any(|words| wants(words) == Some(true))
}

fn open_call(number: usize, out: &mut Vec<u8>) {
    json::name("tool_calls", out);
    out.extend_from_slice(b"[{");
    json::count("index", number as u64, out);
}

/// A piece of one of the `reasoning_details`.
fn detail(about: &str, member: &str, text: &str, out: &mut Vec<u8>) {
    json::name("reasoning_details", out);
    out.extend_from_slice(b"[{");
    Members::of(about).unwrap_or_default().write(out);
    json::text(member, text, out);
    out.extend_from_slice(b"}]");
}
