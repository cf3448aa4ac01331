//! One item of an answer: from what is told of it to events.

use crate::call::Call;
use crate::slot::{Slot, Step};
use crate::tell::{Teller, native};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_openai_chat::json::{Members, list, object, present, text};
use hotcell_sdk::{Event, MediaEvent, MediaKind, MediaPart, MediaSource};

/// How many entries of one item are told apart. What comes after belongs to the last.
const ENTRIES: usize = 4096;

/// An item so far.
pub(crate) struct Item {
    /// Where it stands in the provider's output.
    pub(crate) number: u32,
    kind: Kind,
    entries: Vec<Entry>,
    /// What has been told natively about it.
    about: Vec<(String, String)>,
    closed: bool,
    /// The part of an item that has only one.
    part: Option<u32>,
    call: Call,
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Message,
    Reasoning,
    Function,
    /// Something that the caller has to answer, in words of the provider's own.
    Waiting,
    Other,
}

struct Entry {
    slot: Slot,
    part: u32,
    told: bool,
    citations: usize,
    logprobs: bool,
    /// What has been told natively about it, as an object.
    about: String,
}

/// Members of an entry that have a word in our events.
const ENTRY: &[&str] = &["annotations", "logprobs", "refusal", "text", "type"];

/// Members of an event that adds to an entry, as far as they have a word in our events or are
/// counted anew for the client.
const PIECE: &[&str] = &[
    "annotation",
    "annotation_index",
    "content_index",
    "delta",
    "item_id",
    "logprobs",
    "output_index",
    "sequence_number",
    "summary_index",
    "type",
];

impl Kind {
    pub(crate) fn of(item: &Members<'_>) -> Self {
        match item.text("type").as_deref() {
            Some("message") => Self::Message,
            Some("reasoning") => Self::Reasoning,
            Some("function_call") => Self::Function,
            Some(
                "apply_patch_call"
                | "computer_call"
                | "custom_tool_call"
                | "local_shell_call"
                | "mcp_approval_request"
                | "shell_call",
            ) => Self::Waiting,
            _ => Self::Other,
        }
    }
}

impl Item {
    pub(crate) fn new(number: u32, kind: Kind) -> Self {
        let (entries, about, call) = (Vec::new(), Vec::new(), Call::default());
        Self { number, kind, entries, about, closed: false, part: None, call }
    }

    /// Whether an entry of this kind has said anything.
    pub(crate) fn has(&self, kind: fn(Slot) -> bool) -> bool {
        self.entries.iter().any(|entry| entry.told && kind(entry.slot))
    }

    /// The part that is about this item, as far as there is one.
    pub(crate) fn part(&self) -> u32 {
        self.part.or(self.entries.last().map(|entry| entry.part)).unwrap_or(0)
    }

    /// Whether the caller has to do something about it.
    pub(crate) fn waits(&self) -> bool {
        matches!(self.kind, Kind::Function | Kind::Waiting)
    }

    /// Whether it is the outcome of another item, which the provider saw to itself.
    pub(crate) fn answers(&self, other: &Self) -> bool {
        self.kind == Kind::Other && !other.call.id.is_empty() && self.call.id == other.call.id
    }

    /// The item begins. True where it has no word of its own, so that its beginning is told
    /// as it was sent.
    pub(crate) fn open(&mut self, item: &Members<'_>, teller: &mut Teller<'_>) -> bool {
        match self.kind {
            Kind::Message | Kind::Reasoning => self.tell_about(item, teller),
            Kind::Function => {
                let part = self.own_part(teller);
                self.call.start(part, item, teller);
            }
            Kind::Waiting | Kind::Other => {
                // Its number is for those who tell of it before it is done.
                self.own_part(teller);
                return true;
            }
        }
        false
    }

    /// The item is complete. What was not told before is told now.
    pub(crate) fn close(&mut self, item: &Members<'_>, raw: &str, teller: &mut Teller<'_>) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        match self.kind {
            Kind::Message => {
                self.tell_about(item, teller);
                self.contents(item, teller);
            }
            Kind::Reasoning => {
                self.tell_about(item, teller);
                for (name, slot) in
                    [("summary", Slot::Summary as fn(u32) -> Slot), ("content", Slot::Thought)]
                {
                    let entries = item.get(name).and_then(list).unwrap_or_default();
                    for (at, entry) in (0_u32..).zip(entries) {
                        let entry = Members::of(entry).unwrap_or_default();
                        self.tell_of_entry(slot(at), &entry, teller);
                        self.all(slot(at), entry.get("text"), teller);
                    }
                }
                if let Some(cipher) = item.text("encrypted_content") {
                    let last = self.entries.last().map(|entry| entry.part);
                    let part = last.unwrap_or_else(|| self.own_part(teller));
                    teller.text(Event::Signature, part, cipher);
                }
            }
            Kind::Function => {
                let part = self.own_part(teller);
                self.call.start(part, item, teller);
                self.call.arguments(part, item.get("arguments"), true, teller);
                self.call.force(part, teller);
            }
            Kind::Waiting | Kind::Other => {
                let part = self.own_part(teller);
                self.call.id = item.text("call_id").unwrap_or_default().into_owned();
                match painted(item) {
                    Some(media) => {
                        teller.tell(Event::Media(MediaEvent {
                            choice: 0,
                            index: part,
                            part: media,
                        }));
                    }
                    None if item.has("type") => teller.value(Event::Native, part, raw),
                    // It could not go back.
                    None => teller.value(Event::Native, part, object([("event", raw)])),
                }
            }
        }
    }

    /// A piece of an entry.
    pub(crate) fn piece(
        &mut self,
        slot: Slot,
        step: Step,
        event: &Members<'_>,
        teller: &mut Teller<'_>,
    ) {
        if step != Step::Done {
            self.tell_beside(slot, event, teller);
        }
        match (slot, step) {
            (Slot::Arguments, step) => {
                let whole = step != Step::Delta;
                let raw = event.get(if whole { "arguments" } else { "delta" });
                let part = self.own_part(teller);
                self.call.arguments(part, raw, whole, teller);
            }
            (_, Step::Delta) => {
                // Before the piece that they are of, so that both can be said at once.
                self.logprobs(slot, event.get("logprobs"), false, teller);
                self.add(slot, event.get("delta"), teller);
            }
            (_, Step::Done) => {
                self.all(slot, event.get("text").or(event.get("refusal")), teller);
            }
            (_, Step::Annotation) => {
                if let Some(annotation) = present(event.get("annotation")) {
                    let entry = self.entry(slot, teller);
                    entry.citations += 1;
                    let part = entry.part;
                    teller.value(Event::Citation, part, annotation);
                }
            }
        }
    }

    /// The entries of a message, as a whole.
    fn contents(&mut self, item: &Members<'_>, teller: &mut Teller<'_>) {
        let contents = item.get("content").and_then(list).unwrap_or_default();
        for (at, raw) in (0_u32..).zip(contents) {
            let content = Members::of(raw).unwrap_or_default();
            match content.text("type").as_deref() {
                Some("output_text" | "text") => {
                    let slot = Slot::Text(at);
                    self.tell_of_entry(slot, &content, teller);
                    self.logprobs(slot, content.get("logprobs"), true, teller);
                    self.all(slot, content.get("text"), teller);
                    let citations = content.get("annotations").and_then(list).unwrap_or_default();
                    if !citations.is_empty() {
                        let entry = self.entry(slot, teller);
                        let (part, told) = (entry.part, entry.citations);
                        for citation in citations.into_iter().skip(told) {
                            teller.value(Event::Citation, part, citation);
                        }
                    }
                }
                Some("refusal") => {
                    self.tell_of_entry(Slot::Refusal(at), &content, teller);
                    self.all(Slot::Refusal(at), content.get("refusal"), teller);
                }
                _ => {
                    let part = teller.next_part();
                    teller.value(Event::Native, part, format!("{{\"content\":[{raw}]}}"));
                }
            }
        }
    }

    fn entry(&mut self, slot: Slot, teller: &mut Teller<'_>) -> &mut Entry {
        let known = self.entries.iter().rposition(|entry| entry.slot == slot);
        let full = self.entries.len() >= ENTRIES;
        let position = known.unwrap_or_else(|| match full {
            true => ENTRIES - 1,
            false => {
                let part = teller.next_part();
                if matches!(slot, Slot::Thought(_)) {
                    teller.value(Event::Native, part, r#"{"part":{"type":"reasoning_text"}}"#);
                }
                let (told, citations, logprobs, about) = Default::default();
                self.entries.push(Entry { slot, part, told, citations, logprobs, about });
                self.entries.len() - 1
            }
        });
        &mut self.entries[position]
    }

    /// More of an entry.
    fn add(&mut self, slot: Slot, raw: Option<&str>, teller: &mut Teller<'_>) {
        if let Some(text) = text(raw) {
            let entry = self.entry(slot, teller);
            entry.told = true;
            let part = entry.part;
            teller.text(slot.event(), part, text);
        }
    }

    /// All of an entry, which is told unless its pieces were.
    fn all(&mut self, slot: Slot, raw: Option<&str>, teller: &mut Teller<'_>) {
        let told = self.entries.iter().any(|entry| entry.slot == slot && entry.told);
        if !told {
            self.add(slot, raw, teller);
        }
    }

    /// Probabilities, which come with the pieces or with the whole.
    fn logprobs(&mut self, slot: Slot, raw: Option<&str>, whole: bool, teller: &mut Teller<'_>) {
        if let Some(logprobs) = present(raw) {
            let entry = self.entry(slot, teller);
            if !(whole && entry.logprobs) {
                entry.logprobs = true;
                let part = entry.part;
                teller.value(Event::Logprobs, part, logprobs);
            }
        }
    }

    /// Tells what of an entry its text does not, as soon as there is any of it.
    pub(crate) fn tell_of_entry(
        &mut self,
        slot: Slot,
        entry: &Members<'_>,
        teller: &mut Teller<'_>,
    ) {
        let about = unknown(entry, ENTRY);
        if about.0.is_empty() {
            return;
        }
        let about = object([("type", slot.part_type())].into_iter().chain(about.pairs()));
        let entry = self.entry(slot, teller);
        if entry.about != about {
            entry.about.clone_from(&about);
            let part = entry.part;
            teller.value(Event::Native, part, object([("part", about.as_str())]));
        }
    }

    /// Tells what else stands in an event that adds to an entry, such as the padding that hides
    /// how long a piece is.
    fn tell_beside(&mut self, slot: Slot, event: &Members<'_>, teller: &mut Teller<'_>) {
        let beside = if teller.exact { unknown(event, PIECE) } else { Members::default() };
        if !beside.0.is_empty() {
            let part = match slot {
                Slot::Arguments => self.own_part(teller),
                slot => self.entry(slot, teller).part,
            };
            let beside = object(beside.pairs());
            teller.value(Event::Native, part, object([("beside", beside.as_str())]));
        }
    }

    /// Tells what of a message or of reasoning its parts do not: id, phase and the like.
    fn tell_about(&mut self, item: &Members<'_>, teller: &mut Teller<'_>) {
        let mut news = Vec::new();
        for (name, value) in item.pairs() {
            let usual = match name {
                "content" | "summary" | "encrypted_content" | "type" => true,
                // Not every provider says it of reasoning.
                "status" if self.kind == Kind::Reasoning => value == "\"in_progress\"",
                "status" => matches!(value, "\"completed\"" | "\"in_progress\""),
                "role" => value == "\"assistant\"",
                _ => value == "null",
            };
            let known = |(known, told): &(String, String)| known == name && told == value;
            if !usual && !self.about.iter().any(known) {
                self.about.retain(|(known, _)| known != name);
                self.about.push((name.to_owned(), value.to_owned()));
                news.push((name, value));
            }
        }
        if news.is_empty() {
            return;
        }
        // What comes late names the item again.
        let id = self.about.iter().find(|(name, _)| name == "id").map(|(_, id)| id.as_str());
        let id = id.filter(|_| !news.iter().any(|(name, _)| *name == "id"));
        let kind = item.get("type").unwrap_or("null");
        let head = [("type", kind)].into_iter().chain(id.map(|id| ("id", id)));
        let about = object([("item", object(head.chain(news)).as_str())]);
        let part = self.entries.last().map_or(*teller.parts, |entry| entry.part);
        teller.value(Event::Native, part, about);
    }

    fn own_part(&mut self, teller: &mut Teller<'_>) -> u32 {
        *self.part.get_or_insert_with(|| teller.next_part())
    }
}

/// The members that nobody here knows, unless they say nothing.
fn unknown<'a>(members: &Members<'a>, known: &[&str]) -> Members<'a> {
    let mut rest = members.clone();
    rest.0.retain(|(name, value)| !known.contains(&name.as_ref()) && *value != "null");
    rest
}

/// The image of an item that painted one. What makes the same item again goes with it.
fn painted(item: &Members<'_>) -> Option<MediaPart> {
    if item.text("type")? != "image_generation_call" {
        return None;
    }
    let data = item.text("result")?;
    let bytes = STANDARD.decode(data.as_ref()).ok()?;
    if STANDARD.encode(&bytes) != data {
        return None;
    }
    let format = item.text("output_format");
    let mime = match format.as_deref() {
        None => "image/png".to_owned(),
        Some("svg") => "image/svg+xml".to_owned(),
        Some(format) => format!("image/{format}"),
    };
    let about = item.pairs().filter(|(name, _)| *name != "result");
    Some(MediaPart {
        kind: MediaKind::Image,
        mime: Some(mime),
        source: MediaSource::Bytes(bytes),
        name: None,
        cache: None,
        extra: Some(native(object(about))),
    })
}
