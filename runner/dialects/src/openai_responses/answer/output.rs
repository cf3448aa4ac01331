//! The output so far: which item is open, and what is added to it.

use super::citation;
use super::frames::{Frames, head};
use super::item::{Entry, Item, Kind, Sort};
use crate::opaque::{self, Opaque};
use crate::openai_responses::DIALECT;
use crate::written::{list, number, quoted, raw, text};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell::types::{Delta, Event, MediaKind, MediaPart, MediaSource, NativeAt, ToolCallStarted};
use serde::de::IgnoredAny;
use std::collections::HashMap;

/// What comes behind a piece of text that has no probabilities.
const NO_LOGPROBS: &[u8] = b"\"logprobs\":[],";

/// The items, and where the next event goes.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) items: Vec<Item>,
    /// The item that is added to.
    pub(super) current: Option<usize>,
    spot: Option<Spot>,
    /// Calls and the provider's own items that are not done, by their part.
    pub(super) open: HashMap<u32, usize>,
    /// The items that their provider has an id for.
    pub(super) ids: HashMap<String, usize>,
    /// The part that is reasoning itself, and not a summary of it.
    pub(super) plain: Option<u32>,
    /// Probabilities of the piece that comes next, as elements of a list.
    logprobs: String,
    /// What made ids end with.
    answer: String,
}

/// The entry that is open, which is the last of its item.
#[derive(Debug)]
struct Spot {
    item: usize,
    class: Class,
    part: u32,
    /// How a frame that adds to it begins.
    prefix: Vec<u8>,
}

/// Kinds of events that add text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Text,
    Refusal,
    Reasoning,
    Arguments,
}

impl Output {
    pub(super) fn new(answer: &str) -> Self {
        Self {
            items: Vec::new(),
            current: None,
            spot: None,
            open: HashMap::new(),
            ids: HashMap::new(),
            plain: None,
            logprobs: String::new(),
            answer: answer.to_owned(),
        }
    }

    /// Adds a piece to the entry that is open. False where the event is something else.
    pub(super) fn add(&mut self, event: &Event, frames: &mut Frames, out: &mut Vec<u8>) -> bool {
        let (class, delta) = match event {
            Event::Text(delta) => (Class::Text, delta),
            Event::Reasoning(delta) => (Class::Reasoning, delta),
            Event::Refusal(delta) => (Class::Refusal, delta),
            Event::ToolCallArguments(delta) => (Class::Arguments, delta),
            _ => return false,
        };
        match &self.spot {
            Some(spot) if spot.class == class && spot.part == delta.index && delta.choice == 0 => {
                self.piece(&delta.text, frames, out);
                true
            }
            _ => false,
        }
    }

    fn piece(&mut self, piece: &str, frames: &mut Frames, out: &mut Vec<u8>) {
        let Self { spot: Some(spot), items, logprobs, .. } = self else { return };
        let Some(entry) = items.get_mut(spot.item).and_then(|item| item.entries.last_mut()) else {
            return;
        };
        if spot.class != Class::Text {
            return frames.delta(out, &spot.prefix, piece, b"", &mut entry.text);
        }
        if logprobs.is_empty() {
            return frames.delta(out, &spot.prefix, piece, NO_LOGPROBS, &mut entry.text);
        }
        let told = format!("\"logprobs\":[{logprobs}],");
        logprobs.clear();
        frames.delta(out, &spot.prefix, piece, told.as_bytes(), &mut entry.text);
    }

    /// Takes in everything that is no piece of what is open. `origin` is the dialect of the
    /// answer.
    pub(super) fn take(
        &mut self,
        event: Event,
        origin: &str,
        frames: &mut Frames,
        out: &mut Vec<u8>,
    ) {
        match event {
            Event::Text(delta) => self.begin(Class::Text, &delta, frames, out),
            Event::Refusal(delta) => self.begin(Class::Refusal, &delta, frames, out),
            Event::Reasoning(delta) => self.begin(Class::Reasoning, &delta, frames, out),
            Event::Signature(delta) => {
                self.cipher(opaque::Kind::Signature, &delta, origin, frames, out);
            }
            Event::RedactedReasoning(delta) => {
                self.cipher(opaque::Kind::Redacted, &delta, origin, frames, out);
            }
            Event::ToolCallStarted(call) => self.call(call, origin, frames, out),
            Event::ToolCallArguments(delta) => self.arguments(&delta, frames, out),
            Event::Media(media) if media.choice == 0 => {
                self.media(media.index, &media.part, frames, out);
            }
            Event::Citation(at) if at.choice == 0 => self.citation(&at, frames, out),
            Event::Logprobs(at) if at.choice == 0 => self.take_logprobs(&at, frames, out),
            Event::Native(at) if at.choice == 0 && at.value.dialect == DIALECT => {
                self.native(at.index, &at.value.value, frames, out);
            }
            _ => {}
        }
    }

    /// Closes everything. `status` is that of what was still being added to.
    pub(super) fn finish(&mut self, status: &str, frames: &mut Frames, out: &mut Vec<u8>) {
        self.close_current(status, frames, out);
        let mut left: Vec<usize> = self.open.drain().map(|(_, place)| place).collect();
        left.sort_unstable();
        for place in left {
            self.close(place, status, frames, out);
        }
    }

    // ---- items ---------------------------------------------------------------

    /// Begins an item; what is open before it is closed.
    pub(super) fn start(
        &mut self,
        mut item: Item,
        frames: &mut Frames,
        out: &mut Vec<u8>,
    ) -> usize {
        self.close_current("\"completed\"", frames, out);
        let place = self.items.len();
        item.place = place;
        frames.frame(out, "response.output_item.added", |out| {
            out.extend_from_slice(b"\"item\":");
            item.write_begun(out);
            out.extend_from_slice(b",\"output_index\":");
            number(out, place);
            out.push(b',');
        });
        self.items.push(item);
        self.current = Some(place);
        place
    }

    /// An id for an item that has none.
    pub(super) fn made(&self, kind: Kind) -> Item {
        let prefix = match kind {
            Kind::Message => "msg",
            Kind::Reasoning => "rs",
            Kind::Call => "fc",
            Kind::Whole => "ig",
        };
        Item::new(kind, format!("{prefix}_{}-{}", self.answer, self.items.len()), true)
    }

    /// Closes the item that is added to. A call whose arguments are not whole stays open.
    pub(super) fn close_current(&mut self, status: &str, frames: &mut Frames, out: &mut Vec<u8>) {
        self.close_entry(frames, out);
        let Some(place) = self.current.take() else { return };
        let Some(item) = self.items.get(place) else { return };
        match item.kind {
            Kind::Message | Kind::Reasoning => self.close(place, status, frames, out),
            Kind::Call if is_whole(item.entries.first()) => {
                let part = item.entries.first().map_or(0, |entry| entry.part);
                self.open.remove(&part);
                self.close(place, status, frames, out);
            }
            Kind::Call | Kind::Whole => {}
        }
    }

    pub(super) fn close(
        &mut self,
        place: usize,
        status: &str,
        frames: &mut Frames,
        out: &mut Vec<u8>,
    ) {
        let Some(item) = self.items.get_mut(place).filter(|item| item.open) else { return };
        item.open = false;
        if status != "\"completed\"" && item.status.is_none() {
            item.status = (item.kind != Kind::Reasoning).then(|| status.to_owned());
        }
        if item.kind == Kind::Call {
            frames.frame(out, "response.function_call_arguments.done", |out| {
                item.write_place(out);
                out.extend_from_slice(b"\"name\":");
                text(out, &item.name);
                out.extend_from_slice(b",\"arguments\":\"");
                out.extend_from_slice(item.arguments());
                out.extend_from_slice(b"\",");
            });
        }
        frames.frame(out, "response.output_item.done", |out| {
            out.extend_from_slice(b"\"item\":");
            item.write(out, status);
            out.extend_from_slice(b",\"output_index\":");
            number(out, place);
            out.push(b',');
        });
    }

    // ---- entries -------------------------------------------------------------

    /// Begins an entry with its first piece, in the item that is open where it fits.
    fn begin(&mut self, class: Class, delta: &Delta, frames: &mut Frames, out: &mut Vec<u8>) {
        if delta.choice != 0 {
            return;
        }
        let (kind, sort) = match class {
            Class::Text => (Kind::Message, Sort::Text),
            Class::Refusal => (Kind::Message, Sort::Refusal),
            _ if self.plain == Some(delta.index) => (Kind::Reasoning, Sort::Thought),
            _ => (Kind::Reasoning, Sort::Summary),
        };
        let place = self.item_for(kind, frames, out);
        self.begin_entry(place, sort, class, delta.index, frames, out);
        self.piece(&delta.text, frames, out);
    }

    /// The open item of this kind, or a new one.
    fn item_for(&mut self, kind: Kind, frames: &mut Frames, out: &mut Vec<u8>) -> usize {
        let fits = |item: &&Item| item.kind == kind && item.cipher.is_none();
        let open = self.current.filter(|place| self.items.get(*place).as_ref().is_some_and(fits));
        match open {
            Some(place) => place,
            None => self.start(self.made(kind), frames, out),
        }
    }

    fn begin_entry(
        &mut self,
        place: usize,
        sort: Sort,
        class: Class,
        part: u32,
        frames: &mut Frames,
        out: &mut Vec<u8>,
    ) {
        self.close_entry(frames, out);
        let Some(item) = self.items.get_mut(place) else { return };
        let beside = |entry: &&Entry| (entry.sort == Sort::Summary) == (sort == Sort::Summary);
        let number = item.entries.iter().filter(beside).count();
        let entry = Entry::new(sort, part, number);
        if let Some(added) = events(sort).part_added {
            frames.frame(out, added, |out| write_part(out, item, &entry));
        }
        let mut prefix = Vec::with_capacity(160);
        head(&mut prefix, events(sort).delta);
        item.write_place(&mut prefix);
        entry.write_place(&mut prefix);
        prefix.extend_from_slice(b"\"delta\":");
        item.entries.push(entry);
        self.spot = Some(Spot { item: place, class, part, prefix });
    }

    /// All of what was added to, once more.
    fn close_entry(&mut self, frames: &mut Frames, out: &mut Vec<u8>) {
        self.logprobs.clear();
        let Some(spot) = self.spot.take().filter(|spot| spot.class != Class::Arguments) else {
            return;
        };
        let Some(item) = self.items.get(spot.item) else { return };
        let Some(entry) = item.entries.last() else { return };
        let names = events(entry.sort);
        frames.frame(out, names.done, |out| {
            item.write_place(out);
            entry.write_place(out);
            let name: &[u8] = match entry.sort {
                Sort::Refusal => b"\"refusal\":\"",
                _ => b"\"text\":\"",
            };
            out.extend_from_slice(name);
            out.extend_from_slice(&entry.text);
            out.extend_from_slice(b"\",");
            if entry.sort == Sort::Text {
                out.extend_from_slice(b"\"logprobs\":[");
                out.extend_from_slice(entry.logprobs.as_bytes());
                out.extend_from_slice(b"],");
            }
        });
        if let Some(done) = names.part_done {
            frames.frame(out, done, |out| write_part(out, item, entry));
        }
    }

    /// Content in the provider's words.
    pub(super) fn content(
        &mut self,
        part: u32,
        json: &str,
        frames: &mut Frames,
        out: &mut Vec<u8>,
    ) {
        let place = self.item_for(Kind::Message, frames, out);
        self.close_entry(frames, out);
        let Some(item) = self.items.get_mut(place) else { return };
        let mut entry = Entry::new(Sort::Raw, part, item.entries.len());
        raw(&mut entry.text, json);
        for kind in ["response.content_part.added", "response.content_part.done"] {
            frames.frame(out, kind, |out| write_part(out, item, &entry));
        }
        item.entries.push(entry);
    }

    // ---- the rest --------------------------------------------------------------

    /// A signature or a cipher: the end of the reasoning that is open, or an item without
    /// words. `origin` is empty or that of this dialect where it is the provider's own.
    fn cipher(
        &mut self,
        kind: opaque::Kind,
        delta: &Delta,
        origin: &str,
        frames: &mut Frames,
        out: &mut Vec<u8>,
    ) {
        if delta.choice != 0 {
            return;
        }
        let current = self.current.and_then(|place| self.items.get_mut(place));
        let current = current.filter(|item| item.kind == Kind::Reasoning);
        if let Some(item) = current {
            match &mut item.cipher {
                // More of it.
                Some((part, cipher)) if *part == delta.index => {
                    return cipher.push_str(&delta.text);
                }
                None if kind == opaque::Kind::Signature => {
                    item.cipher = Some((delta.index, sealed(kind, &delta.text, origin)));
                    return self.close_entry(frames, out);
                }
                _ => {}
            }
        }
        let place = self.start(self.made(Kind::Reasoning), frames, out);
        if let Some(item) = self.items.get_mut(place) {
            item.cipher = Some((delta.index, sealed(kind, &delta.text, origin)));
        }
    }

    fn call(
        &mut self,
        call: ToolCallStarted,
        origin: &str,
        frames: &mut Frames,
        out: &mut Vec<u8>,
    ) {
        if call.choice != 0 {
            return;
        }
        let ToolCallStarted { index, id, name, signature, extra, .. } = call;
        if let Some(text) = signature {
            let delta = Delta { choice: 0, index, text };
            self.close_current("\"completed\"", frames, out);
            self.cipher(opaque::Kind::Call, &delta, origin, frames, out);
        }
        let extra = extra.filter(|extra| extra.dialect == DIALECT);
        let about = extra.and_then(|extra| crate::written::Members::parse(&extra.value));
        let mut item = self.made(Kind::Call);
        if let Some(about) = about {
            if let Some(own) = about.text("id") {
                (item.id, item.made) = (own, false);
            }
            item.learn(about);
        }
        (item.call_id, item.name) = (id, name);
        item.entries.push(Entry::new(Sort::Arguments, index, 0));
        let place = self.start(item, frames, out);
        if let Some(before) = self.open.insert(index, place) {
            self.close(before, "\"completed\"", frames, out);
        }
        self.listen(place, index);
    }

    /// More arguments of a call that is not the last.
    fn arguments(&mut self, delta: &Delta, frames: &mut Frames, out: &mut Vec<u8>) {
        let place = self.open.get(&delta.index).copied().filter(|_| delta.choice == 0);
        let Some(place) = place else { return };
        if self.items.get(place).is_some_and(|item| item.kind == Kind::Call) {
            // What is open stays so, for its item; its next piece begins an entry.
            self.close_entry(frames, out);
            self.listen(place, delta.index);
            self.piece(&delta.text, frames, out);
        }
    }

    /// Adds the next pieces to the arguments of a call.
    fn listen(&mut self, place: usize, part: u32) {
        let Some(item) = self.items.get(place) else { return };
        let mut prefix = Vec::with_capacity(160);
        head(&mut prefix, events(Sort::Arguments).delta);
        item.write_place(&mut prefix);
        prefix.extend_from_slice(b"\"delta\":");
        self.spot = Some(Spot { item: place, class: Class::Arguments, part, prefix });
    }

    /// An image is an item; other media have no word.
    fn media(&mut self, part: u32, media: &MediaPart, frames: &mut Frames, out: &mut Vec<u8>) {
        let MediaSource::Bytes(bytes) = &media.source else { return };
        if media.kind != MediaKind::Image {
            return;
        }
        let extra = media.extra.as_ref().filter(|extra| extra.dialect == DIALECT);
        let about = extra.and_then(|extra| crate::written::Members::parse(&extra.value));
        let mut json = match about {
            Some(about) => {
                let mut json = Vec::new();
                about.write_behind(&mut json);
                if let Some(comma) = json.first_mut() {
                    *comma = b'{';
                }
                json
            }
            None => {
                let id = self.made(Kind::Whole).id;
                let mut json = format!(
                    "{{\"id\":{},\"type\":\"image_generation_call\",\"status\":\"completed\"",
                    quoted(&id)
                );
                let format = media.mime.as_deref().and_then(|mime| mime.strip_prefix("image/"));
                if let Some(format) = format {
                    json.push_str(&format!(",\"output_format\":{}", quoted(format)));
                }
                json.into_bytes()
            }
        };
        if json.is_empty() {
            json.push(b'{');
        } else {
            json.push(b',');
        }
        json.extend_from_slice(b"\"result\":\"");
        json.extend_from_slice(STANDARD.encode(bytes).as_bytes());
        json.extend_from_slice(b"\"}");
        self.whole(part, &String::from_utf8(json).unwrap_or_default(), frames, out);
    }

    fn citation(&mut self, at: &NativeAt, frames: &mut Frames, out: &mut Vec<u8>) {
        let item = self.current.and_then(|place| self.items.get_mut(place));
        let Some(item) = item.filter(|item| item.kind == Kind::Message) else { return };
        let texts = || item.entries.iter().filter(|entry| entry.sort == Sort::Text);
        let number = texts().rev().find(|entry| entry.part == at.index).or(texts().next_back());
        let Some(number) = number.map(|entry| entry.number) else { return };
        let Some(entry) = item.entries.get_mut(number) else { return };
        for annotation in citation::annotations(&at.value, &entry.text) {
            let count = entry.annotations.len();
            entry.annotations.push(annotation);
            let (entry, annotation) = (&*entry, entry.annotations.last());
            let (id, place) = (&item.id, item.place);
            frames.frame(out, "response.output_text.annotation.added", |out| {
                out.extend_from_slice(b"\"item_id\":");
                text(out, id);
                out.extend_from_slice(b",\"output_index\":");
                self::number(out, place);
                out.push(b',');
                entry.write_place(out);
                out.extend_from_slice(b"\"annotation_index\":");
                self::number(out, count);
                out.extend_from_slice(b",\"annotation\":");
                raw(out, annotation.map_or("null", String::as_str));
                out.push(b',');
            });
        }
    }

    /// Probabilities: of this dialect before their piece, of chat completions behind it.
    fn take_logprobs(&mut self, at: &NativeAt, frames: &mut Frames, out: &mut Vec<u8>) {
        let own = at.value.dialect == DIALECT;
        let lists = match own {
            true => Some(at.value.value.clone()),
            false => crate::written::Members::parse(&at.value.value)
                .filter(|_| at.value.dialect == crate::openai_chat::DIALECT)
                .and_then(|members| members.get("content").map(str::to_owned)),
        };
        let Some(elements) = lists.as_deref().and_then(list) else { return };
        let open = matches!(&self.spot, Some(spot) if spot.class == Class::Text);
        if own && !matches!(&self.spot, Some(spot) if open && spot.part == at.index) {
            let place = self.item_for(Kind::Message, frames, out);
            self.begin_entry(place, Sort::Text, Class::Text, at.index, frames, out);
        } else if !open {
            return;
        }
        let mut joined = Vec::new();
        for (place, element) in elements.iter().enumerate() {
            if place > 0 {
                joined.push(b',');
            }
            raw(&mut joined, element);
        }
        let joined = String::from_utf8(joined).unwrap_or_default();
        let item = self.spot.as_ref().and_then(|spot| self.items.get_mut(spot.item));
        let Some(entry) = item.and_then(|item| item.entries.last_mut()) else { return };
        for kept in [&mut entry.logprobs].into_iter().chain(own.then_some(&mut self.logprobs)) {
            if !kept.is_empty() && !joined.is_empty() {
                kept.push(',');
            }
            kept.push_str(&joined);
        }
    }
}

/// A signature as it goes to the client.
fn sealed(kind: opaque::Kind, data: &str, origin: &str) -> String {
    match origin == DIALECT {
        true => data.to_owned(),
        false => Opaque { dialect: origin.to_owned(), kind, data: data.to_owned() }.write(),
    }
}

/// Whether arguments are complete, as far as they tell.
fn is_whole(entry: Option<&Entry>) -> bool {
    let Some(entry) = entry.filter(|entry| !entry.text.is_empty()) else { return false };
    let mut json = Vec::with_capacity(entry.text.len() + 2);
    entry.write(&mut json);
    let arguments: Option<String> = serde_json::from_slice(&json).ok();
    arguments.is_some_and(|text| serde_json::from_str::<IgnoredAny>(&text).is_ok())
}

fn write_part(out: &mut Vec<u8>, item: &Item, entry: &Entry) {
    item.write_place(out);
    entry.write_place(out);
    out.extend_from_slice(b"\"part\":");
    entry.write(out);
    out.push(b',');
}

/// The events of an entry.
struct Names {
    part_added: Option<&'static str>,
    delta: &'static str,
    done: &'static str,
    part_done: Option<&'static str>,
}

const fn events(sort: Sort) -> Names {
    let (part_added, part_done) =
        (Some("response.content_part.added"), Some("response.content_part.done"));
    match sort {
        Sort::Text | Sort::Raw => Names {
            part_added,
            delta: "response.output_text.delta",
            done: "response.output_text.done",
            part_done,
        },
        Sort::Refusal => Names {
            part_added,
            delta: "response.refusal.delta",
            done: "response.refusal.done",
            part_done,
        },
        Sort::Thought => Names {
            part_added,
            delta: "response.reasoning_text.delta",
            done: "response.reasoning_text.done",
            part_done,
        },
        Sort::Summary => Names {
            part_added: Some("response.reasoning_summary_part.added"),
            delta: "response.reasoning_summary_text.delta",
            done: "response.reasoning_summary_text.done",
            part_done: Some("response.reasoning_summary_part.done"),
        },
        Sort::Arguments => Names {
            part_added: None,
            delta: "response.function_call_arguments.delta",
            done: "response.function_call_arguments.done",
            part_done: None,
        },
    }
}
