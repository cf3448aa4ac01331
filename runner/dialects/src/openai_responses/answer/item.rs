//! One item of the output, as JSON.

use crate::json::{self, Kept};

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Message,
    Reasoning,
    Call,
    /// Written by its provider, or at once.
    Whole,
}

/// What an entry is: content of a message, a piece of reasoning, or the arguments of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Text,
    Refusal,
    Summary,
    Thought,
    Arguments,
    /// Content in the provider's words.
    Raw,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) sort: Sort,
    /// The part that it is of.
    pub(super) part: u32,
    /// Its place among those of its sort.
    pub(super) number: usize,
    /// The text as JSON without its quotes, or JSON.
    pub(super) text: Vec<u8>,
    pub(super) annotations: Vec<String>,
    /// What its provider says of it besides.
    pub(super) about: Kept,
    /// The elements of lists, joined by commas.
    pub(super) logprobs: String,
}

#[derive(Debug)]
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) id: String,
    /// Whether the id is made here.
    pub(super) made: bool,
    /// Its place in the output.
    pub(super) place: usize,
    pub(super) open: bool,
    /// What its provider says of it besides, and how it ended.
    pub(super) about: Kept,
    pub(super) status: Option<String>,
    pub(super) entries: Vec<Entry>,
    /// The part that the cipher is of, and the cipher.
    pub(super) cipher: Option<(u32, String)>,
    /// Of a call: what its result has to name, and its function.
    pub(super) call_id: String,
    pub(super) name: String,
    /// The JSON of a whole one.
    pub(super) whole: String,
}

impl Item {
    pub(super) fn new(kind: Kind, id: String, made: bool) -> Self {
        Self {
            kind,
            id,
            made,
            place: 0,
            open: true,
            about: Kept::default(),
            status: None,
            entries: Vec::new(),
            cipher: None,
            call_id: String::new(),
            name: String::new(),
            whole: String::new(),
        }
    }

    /// Adds what its provider says of it.
    pub(super) fn learn(&mut self, about: Kept) {
        // What stands in its own place. An id that was told stays.
        let mut about = about.without(&[
            "type",
            "id",
            "content",
            "summary",
            "encrypted_content",
            "arguments",
            "call_id",
            "name",
        ]);
        if let Some(status) = about.take("status") {
            self.status = Some(status);
        }
        self.about.merge(about);
    }

    /// The arguments of a call, as JSON text without quotes.
    pub(super) fn arguments(&self) -> &[u8] {
        match self.entries.first() {
            Some(entry) if !entry.text.is_empty() => &entry.text,
            _ => b"{}",
        }
    }

    /// Writes it as it is when it begins: empty.
    pub(super) fn write_begun(&self, out: &mut Vec<u8>) {
        let status = (self.kind != Kind::Reasoning).then_some("\"in_progress\"");
        self.write_as(out, status, true);
    }

    /// Writes it as it is when it is done. `usual` is its status where nobody said one.
    pub(super) fn write(&self, out: &mut Vec<u8>, usual: &str) {
        let usual = (self.kind != Kind::Reasoning).then_some(usual);
        self.write_as(out, self.status.as_deref().or(usual), false);
    }

    fn write_as(&self, out: &mut Vec<u8>, status: Option<&str>, empty: bool) {
        let kind = match self.kind {
            Kind::Whole => return json::splice(&self.whole, out),
            Kind::Message => "message",
            Kind::Reasoning => "reasoning",
            Kind::Call => "function_call",
        };
        out.extend_from_slice(b"{\"id\":");
        json::string(&self.id, out);
        out.extend_from_slice(b",\"type\":\"");
        out.extend_from_slice(kind.as_bytes());
        out.push(b'"');
        if let Some(status) = status {
            out.extend_from_slice(b",\"status\":");
            json::splice(status, out);
        }
        match self.kind {
            Kind::Message => {
                out.extend_from_slice(b",\"content\":[");
                self.write_entries(out, |_| !empty);
                out.push(b']');
                if self.about.get("role").is_none() {
                    out.extend_from_slice(b",\"role\":\"assistant\"");
                }
            }
            Kind::Reasoning => {
                out.extend_from_slice(b",\"summary\":[");
                self.write_entries(out, |sort| !empty && sort == Sort::Summary);
                out.push(b']');
                if !empty && self.entries.iter().any(|entry| entry.sort == Sort::Thought) {
                    out.extend_from_slice(b",\"content\":[");
                    self.write_entries(out, |sort| sort == Sort::Thought);
                    out.push(b']');
                }
                if let Some((_, cipher)) = self.cipher.as_ref().filter(|_| !empty) {
                    out.extend_from_slice(b",\"encrypted_content\":");
                    json::string(cipher, out);
                }
            }
            _ => {
                out.extend_from_slice(b",\"arguments\":\"");
                out.extend_from_slice(if empty { b"" } else { self.arguments() });
                out.extend_from_slice(b"\",\"call_id\":");
                json::string(&self.call_id, out);
                out.extend_from_slice(b",\"name\":");
                json::string(&self.name, out);
            }
        }
        self.about.write_behind(out);
        out.push(b'}');
    }

    fn write_entries(&self, out: &mut Vec<u8>, wanted: impl Fn(Sort) -> bool) {
        let mut first = true;
        for entry in self.entries.iter().filter(|entry| wanted(entry.sort)) {
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            entry.write(out);
        }
    }

    /// Where an event is: members with a comma behind them.
    pub(super) fn write_place(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\"item_id\":");
        json::string(&self.id, out);
        out.extend_from_slice(b",\"output_index\":");
        json::number(self.place, out);
        out.push(b',');
    }
}

impl Entry {
    pub(super) fn new(sort: Sort, part: u32, number: usize) -> Self {
        let (text, annotations, about, logprobs) = Default::default();
        Self { sort, part, number, text, annotations, about, logprobs }
    }

    /// Writes it as an object.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self.sort {
            Sort::Raw => return out.extend_from_slice(&self.text),
            Sort::Text => {
                out.extend_from_slice(b"{\"type\":\"output_text\",\"annotations\":[");
                for (place, annotation) in self.annotations.iter().enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    json::splice(annotation, out);
                }
                out.extend_from_slice(b"],\"logprobs\":[");
                out.extend_from_slice(self.logprobs.as_bytes());
                out.extend_from_slice(b"],\"text\":\"");
            }
            Sort::Refusal => out.extend_from_slice(b"{\"type\":\"refusal\",\"refusal\":\""),
            Sort::Summary => out.extend_from_slice(b"{\"type\":\"summary_text\",\"text\":\""),
            Sort::Thought => out.extend_from_slice(b"{\"type\":\"reasoning_text\",\"text\":\""),
            Sort::Arguments => out.push(b'"'),
        }
        out.extend_from_slice(&self.text);
        out.push(b'"');
        if self.sort != Sort::Arguments {
            self.about.write_behind(out);
            out.push(b'}');
        }
    }

    /// Its place in its item: a member with a comma behind it.
    pub(super) fn write_place(&self, out: &mut Vec<u8>) {
        let name: &[u8] = match self.sort {
            Sort::Arguments => return,
            Sort::Summary => b"\"summary_index\":",
            _ => b"\"content_index\":",
        };
        out.extend_from_slice(name);
        json::number(self.number, out);
        out.push(b',');
    }
}
