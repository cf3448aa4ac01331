//! The output so far: which item is open, and what is added to it.

use super::call::is_whole;
use super::frames::{Frames, head};
use super::item::{Entry, Item, Kind, Sort};
use super::names::events;
use crate::json::{self, Kept};
use crate::opaque;
use crate::openai_responses::DIALECT;
use hotcell::types::{Delta, Event};
use std::collections::HashMap;

/// What comes behind a piece of text that has no probabilities.
const NO_LOGPROBS: &[u8] = b"\"logprobs\":[],";

/// The items, and where the next event goes.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) items: Vec<Item>,
    /// The item that is added to.
    pub(super) current: Option<usize>,
    pub(super) spot: Option<Spot>,
    /// Calls and the provider's own items that are not done, by their part.
    pub(super) open: HashMap<u32, usize>,
    /// The items that their provider has an id for.
    pub(super) ids: HashMap<String, usize>,
    /// The part that is reasoning itself, and not a summary of it.
    pub(super) plain: Option<u32>,
    /// Probabilities of the piece that comes next, as elements of a list.
    pub(super) logprobs: String,
    /// What its provider says in the frame of the piece that comes next.
    pub(super) beside: Kept,
    /// What its provider says of the entry that begins next.
    pub(super) about: Kept,
    /// What made ids end with.
    answer: String,
}

/// The entry that is open, which is the last of its item.
#[derive(Debug)]
pub(super) struct Spot {
    pub(super) item: usize,
    pub(super) class: Class,
    pub(super) part: u32,
    /// How a frame that adds to it begins.
    pub(super) prefix: Vec<u8>,
}

/// Kinds of events that add text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
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
            beside: Kept::default(),
            about: Kept::default(),
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

    pub(super) fn piece(&mut self, piece: &str, frames: &mut Frames, out: &mut Vec<u8>) {
        let Self { spot: Some(spot), items, logprobs, beside, .. } = self else { return };
        let Some(entry) = items.get_mut(spot.item).and_then(|item| item.entries.last_mut()) else {
            return;
        };
        let usual: &[u8] = if spot.class == Class::Text { NO_LOGPROBS } else { b"" };
        if logprobs.is_empty() && beside.is_empty() {
            return frames.delta(out, &spot.prefix, piece, usual, &mut entry.text);
        }
        let mut told = match logprobs.is_empty() {
            true => usual.to_vec(),
            false => format!("\"logprobs\":[{logprobs}],").into_bytes(),
        };
        logprobs.clear();
        std::mem::take(beside).write_before(&mut told);
        frames.delta(out, &spot.prefix, piece, &told, &mut entry.text);
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
            json::number(place, out);
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
                json::string(&item.name, out);
                out.extend_from_slice(b",\"arguments\":\"");
                out.extend_from_slice(item.arguments());
                out.extend_from_slice(b"\",");
            });
        }
        frames.frame(out, "response.output_item.done", |out| {
            out.extend_from_slice(b"\"item\":");
            item.write(out, status);
            out.extend_from_slice(b",\"output_index\":");
            json::number(place, out);
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
    pub(super) fn item_for(&mut self, kind: Kind, frames: &mut Frames, out: &mut Vec<u8>) -> usize {
        let fits = |item: &&Item| item.kind == kind && item.cipher.is_none();
        let open = self.current.filter(|place| self.items.get(*place).as_ref().is_some_and(fits));
        match open {
            Some(place) => place,
            None => self.start(self.made(kind), frames, out),
        }
    }

    pub(super) fn begin_entry(
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
        let mut entry = Entry::new(sort, part, number);
        entry.about = std::mem::take(&mut self.about);
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
    pub(super) fn close_entry(&mut self, frames: &mut Frames, out: &mut Vec<u8>) {
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
        json::splice(json, &mut entry.text);
        for kind in ["response.content_part.added", "response.content_part.done"] {
            frames.frame(out, kind, |out| write_part(out, item, &entry));
        }
        item.entries.push(entry);
    }
}

fn write_part(out: &mut Vec<u8>, item: &Item, entry: &Entry) {
    item.write_place(out);
    entry.write_place(out);
    out.extend_from_slice(b"\"part\":");
    entry.write(out);
    out.push(b',');
}
