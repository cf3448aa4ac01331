//! A streamed answer (<https://docs.anthropic.com/en/docs/build-with-claude/streaming>).
//!
//! Blocks are numbered in the order in which they begin. One ends before the next begins,
//! save for a call whose arguments are not all there: its block stays open.

use super::DIALECT;
use super::nesting::Nesting;
use super::word;
use crate::json::{self, Members, Merged};
use crate::opaque::{self, Origin};
use crate::{About, AnswerWriter};
use hotcell::types::{
    ChatRequest, Delta, Event, Failure, Finished, Native, NativeAt, Started, ToolCallStarted, Usage,
};
use std::collections::BTreeMap;

/// Writes a stream. The dialect has one choice: the first.
#[derive(Debug)]
pub struct StreamWriter {
    about: About,
    /// Whether the provider speaks this dialect: its words are the client's.
    own: bool,
    origin: Origin,
    started: Option<Started>,
    usage: Option<Usage>,
    /// Whether `message_start` is out.
    begun: bool,
    /// What stands in events beside what they are for, until they go out.
    beside_start: Vec<u8>,
    beside_redacted: Vec<u8>,
    beside_delta: Option<(Piece, Vec<u8>)>,
    beside_end: Merged,
    beside_stop: Vec<u8>,
    /// Deltas of blocks that only this dialect has, until the block is told.
    ahead: Vec<(u32, Vec<u8>)>,
    /// How many blocks there were.
    blocks: u64,
    /// The block that is being told.
    open: Option<Open>,
    /// Calls whose block has not ended, by their part.
    calls: BTreeMap<u32, Call>,
    finished: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Thinking,
    Redacted,
}

/// A delta of a type that is modelled: its word, and the member that holds what it adds.
type Piece = (&'static str, &'static str);

const TEXT: Piece = ("text_delta", "text");
const CITATION: Piece = ("citations_delta", "citation");
const THINKING: Piece = ("thinking_delta", "thinking");
const SIGNATURE: Piece = ("signature_delta", "signature");
const INPUT: Piece = ("input_json_delta", "partial_json");
const PIECES: [Piece; 5] = [TEXT, CITATION, THINKING, SIGNATURE, INPUT];

/// Deltas that wait for their block are no more than these; further ones are left out.
const AHEAD: usize = 1_000;
const AHEAD_BYTES: usize = 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Open {
    part: u32,
    kind: Kind,
    number: u64,
}

#[derive(Debug)]
struct Call {
    number: u64,
    arguments: Nesting,
}

impl StreamWriter {
    /// Of an answer to this request.
    pub fn new(_: &ChatRequest, about: About) -> Self {
        Self {
            about,
            own: false,
            origin: Origin::default(),
            started: None,
            usage: None,
            begun: false,
            beside_start: Vec::new(),
            beside_redacted: Vec::new(),
            beside_delta: None,
            beside_end: Merged::default(),
            beside_stop: Vec::new(),
            ahead: Vec::new(),
            blocks: 0,
            open: None,
            calls: BTreeMap::new(),
            finished: false,
        }
    }

    fn owns(&mut self, native: Option<&Native>) {
        self.own |= native.is_some_and(|native| native.dialect == DIALECT);
        self.origin.learn(native);
    }

    /// The shell of the answer, before the first that is told of it. Until then usage may
    /// come that belongs into it.
    fn begin(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        open_event("message_start", out);
        json::name("message", out);
        word::head(self.started.as_ref(), &self.about, out);
        out.extend_from_slice(b",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null");
        if let Some(members) = self.started.as_ref().and_then(word::beside) {
            members.write(out);
        }
        json::name("usage", out);
        word::usage(self.usage.as_ref(), out);
        out.push(b'}');
        beside(&mut self.beside_start, out);
        close_event(out);
    }

    /// Begins a block, of which `write` writes the members behind its type.
    fn start(&mut self, kind: &str, write: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) -> u64 {
        self.begin(out);
        self.close(None, out);
        let number = self.blocks;
        self.blocks += 1;
        open_event("content_block_start", out);
        json::count("index", number, out);
        json::name("content_block", out);
        out.push(b'{');
        json::text("type", kind, out);
        write(out);
        out.push(b'}');
        close_event(out);
        number
    }

    /// The number of the block that a piece of a part goes to.
    fn block(
        &mut self,
        part: u32,
        kind: Kind,
        rest: Option<&Members<'_>>,
        out: &mut Vec<u8>,
    ) -> u64 {
        if let Some(open) = self.open.filter(|open| (open.part, open.kind) == (part, kind)) {
            return open.number;
        }
        let (word, members): (_, &[&str]) = match kind {
            Kind::Text => ("text", &["text"]),
            Kind::Thinking => ("thinking", &["thinking", "signature"]),
            Kind::Redacted => ("redacted_thinking", &[]),
        };
        let write = |out: &mut Vec<u8>| {
            members.iter().for_each(|member| json::text(member, "", out));
            if let Some(rest) = rest {
                rest.write(out);
            }
        };
        let number = self.start(word, write, out);
        self.open = Some(Open { part, kind, number });
        number
    }

    /// Ends what is told, and calls whose arguments are all there.
    fn close(&mut self, rest: Option<&Members<'_>>, out: &mut Vec<u8>) {
        if let Some(open) = self.open.take() {
            let waiting = self.beside_delta.as_ref().map(|(piece, _)| *piece);
            if let Some(piece) = waiting.filter(|piece| *piece != CITATION) {
                self.piece(open.number, piece, "", out);
            }
            stop(open.number, rest, out);
        }
        self.calls.retain(|_, call| {
            let whole = call.arguments.is_whole();
            if whole {
                stop(call.number, rest, out);
            }
            !whole
        });
    }

    fn delta(&mut self, delta: &Delta, kind: Kind, piece: Piece, out: &mut Vec<u8>) {
        if delta.choice != 0 {
            return;
        }
        let number = self.block(delta.index, kind, None, out);
        if !delta.text.is_empty() {
            self.piece(number, piece, &delta.text, out);
        }
    }

    fn piece(&mut self, number: u64, piece: Piece, text: &str, out: &mut Vec<u8>) {
        let (word, member) = piece;
        open_delta(number, word, out);
        json::text(member, text, out);
        self.end_delta(piece, out);
    }

    /// Ends a delta, with what stands beside what it says.
    fn end_delta(&mut self, piece: Piece, out: &mut Vec<u8>) {
        if let Some((_, mut rest)) = self.beside_delta.take_if(|(of, _)| *of == piece) {
            beside(&mut rest, out);
        }
        out.push(b'}');
        close_event(out);
    }

    fn redacted(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        let mut rest = std::mem::take(&mut self.beside_redacted);
        let sealed = self.origin.seal(opaque::Kind::Redacted, &delta.text).into_owned();
        let write = |out: &mut Vec<u8>| {
            json::text("data", &sealed, out);
            beside(&mut rest, out);
        };
        let number = self.start("redacted_thinking", write, out);
        self.open = Some(Open { part: delta.index, kind: Kind::Redacted, number });
    }

    fn call(&mut self, call: &ToolCallStarted, out: &mut Vec<u8>) {
        self.owns(call.extra.as_ref());
        // There is no place for it in the call's own block.
        if let Some(signature) = &call.signature {
            let text = self.origin.seal(opaque::Kind::Call, signature).into_owned();
            let delta = Delta { choice: 0, index: call.index, text };
            self.delta(&delta, Kind::Thinking, SIGNATURE, out);
        }
        let write = |out: &mut Vec<u8>| {
            json::text("id", &call.id, out);
            json::text("name", &call.name, out);
            json::raw("input", "{}", out);
            let rest = word::own(call.extra.as_ref()).unwrap_or_default();
            rest.without(&["type", "id", "name", "input"]).write(out);
        };
        let number = self.start("tool_use", write, out);
        let started = Call { number, arguments: Nesting::default() };
        if let Some(before) = self.calls.insert(call.index, started) {
            stop(before.number, None, out);
        }
    }

    fn arguments(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        let call = self.calls.get_mut(&delta.index).filter(|_| delta.choice == 0);
        if let Some(call) = call.filter(|_| !delta.text.is_empty()) {
            call.arguments.read(&delta.text);
            let number = call.number;
            self.piece(number, INPUT, &delta.text, out);
        }
    }

    fn citation(&mut self, at: &NativeAt, out: &mut Vec<u8>) {
        if at.choice != 0 || at.value.dialect != DIALECT {
            return;
        }
        self.own = true;
        let number = self.block(at.index, Kind::Text, None, out);
        open_delta(number, CITATION.0, out);
        json::raw(CITATION.1, &at.value.value, out);
        self.end_delta(CITATION, out);
    }

    /// A block that only this dialect has, which is there as a whole: told as it would have come,
    /// so that a client finds what it waits for.
    fn whole_block(&mut self, part: u32, block: &Members<'_>, out: &mut Vec<u8>) {
        let Some(kind) = block.text("type") else { return };
        let (member, empty, word) = match kind.as_ref() {
            "compaction" => ("content", "null", "compaction_delta"),
            kind if kind.ends_with("tool_use") => ("input", "{}", INPUT.0),
            _ => ("", "", ""),
        };
        let value = block.get(member).filter(|value| *value != empty);
        let rest = block.clone().without(&["type"]);
        let write = |out: &mut Vec<u8>| {
            for (name, raw) in &rest.0 {
                json::raw(name, if name == member && value.is_some() { empty } else { raw }, out);
            }
        };
        let number = self.start(&kind, write, out);
        if let Some(value) = value {
            open_delta(number, word, out);
            match word == INPUT.0 {
                true => json::text(INPUT.1, value, out),
                false => json::raw(member, value, out),
            }
            out.push(b'}');
            close_event(out);
        }
        for (_, mut rest) in self.ahead.extract_if(.., |(of, _)| *of == part) {
            open_event("content_block_delta", out);
            json::count("index", number, out);
            beside(&mut rest, out);
            close_event(out);
        }
        stop(number, None, out);
    }

    /// A delta of a stream, as it was sent or without what it says.
    fn native_delta(&mut self, part: u32, event: &Members<'_>, out: &mut Vec<u8>) {
        let delta = event.inner("delta").unwrap_or_default();
        let word = delta.text("type").unwrap_or_default();
        let piece = PIECES.into_iter().find(|(known, _)| *known == word);
        if let Some(piece) = piece.filter(|(_, member)| delta.get(member).is_none()) {
            let mut rest = Vec::new();
            delta.without(&["type"]).write(&mut rest);
            self.beside_delta = Some((piece, rest));
            return;
        }
        let open = self.open.filter(|open| open.part == part).map(|open| open.number);
        let call = self.calls.get(&part).map(|call| call.number);
        let number = match piece {
            Some(TEXT | CITATION) if call.is_none() => {
                Some(self.block(part, Kind::Text, None, out))
            }
            Some(THINKING | SIGNATURE) if call.is_none() => {
                Some(self.block(part, Kind::Thinking, None, out))
            }
            _ => open.or(call),
        };
        let rest = event.clone().without(&["type", "index"]);
        match number {
            Some(number) => {
                open_event("content_block_delta", out);
                json::count("index", number, out);
                rest.write(out);
                close_event(out);
            }
            None if self.ahead.len() < AHEAD => {
                let mut ahead = Vec::new();
                rest.write(&mut ahead);
                let bytes: usize = self.ahead.iter().map(|(_, ahead)| ahead.len()).sum();
                if bytes + ahead.len() <= AHEAD_BYTES {
                    self.ahead.push((part, ahead));
                }
            }
            None => {}
        }
    }

    fn native(&mut self, at: &NativeAt, out: &mut Vec<u8>) {
        self.origin.learn(Some(&at.value));
        if at.choice != 0 || at.value.dialect != DIALECT {
            return;
        }
        self.own = true;
        let Some(event) = word::stream_event(&at.value) else {
            let block = word::own(Some(&at.value)).unwrap_or_default();
            return self.whole_block(at.index, &block, out);
        };
        let kind = event.text("type").unwrap_or_default().into_owned();
        let rest = event.clone().without(&["type", "index"]);
        match kind.as_str() {
            "message_start" if !self.begun => rest.write(&mut self.beside_start),
            "message_stop" => rest.write(&mut self.beside_stop),
            "message_start" => {}
            "content_block_start" => {
                let block = event.inner("content_block").unwrap_or_default();
                let rest = block.clone().without(&["type"]);
                match block.text("type").as_deref() {
                    Some("text") => _ = self.block(at.index, Kind::Text, Some(&rest), out),
                    Some("thinking") => _ = self.block(at.index, Kind::Thinking, Some(&rest), out),
                    Some("redacted_thinking") => rest.write(&mut self.beside_redacted),
                    _ => {}
                }
            }
            "content_block_stop" => self.close(Some(&rest), out),
            "content_block_delta" => self.native_delta(at.index, &event, out),
            "message_delta" => self.beside_end.add(rest),
            _ => {
                self.begin(out);
                open_event(&kind, out);
                event.without(&["type"]).write(out);
                close_event(out);
            }
        }
    }

    /// What comes with the end is told with the end: usage may still come.
    fn finished(&mut self, finished: &Finished, out: &mut Vec<u8>) {
        self.owns(finished.extra.as_ref());
        self.begin(out);
        self.close(None, out);
        for (_, call) in std::mem::take(&mut self.calls) {
            stop(call.number, None, out);
        }
        self.finished = true;
        let ending = word::own(finished.extra.as_ref()).unwrap_or_default();
        let (beside, within): (Vec<_>, Vec<_>) =
            ending.0.into_iter().partition(|(name, _)| name == "context_management");
        open_event("message_delta", out);
        json::name("delta", out);
        out.push(b'{');
        json::text("stop_reason", word::stop_reason(finished, self.own), out);
        let within = Members(within).without(&["stop_reason", "usage"]);
        if within.get("stop_sequence").is_none() {
            json::raw("stop_sequence", "null", out);
        }
        within.write(out);
        out.push(b'}');
        Members(beside).write(out);
        json::name("usage", out);
        word::usage(self.usage.as_ref(), out);
        self.beside_end.write(out);
        close_event(out);
    }
}

impl AnswerWriter for StreamWriter {
    fn event(&mut self, event: Event, out: &mut Vec<u8>) {
        match event {
            Event::Text(delta) | Event::Refusal(delta) => {
                self.delta(&delta, Kind::Text, TEXT, out);
            }
            Event::Reasoning(delta) => {
                self.delta(&delta, Kind::Thinking, THINKING, out);
            }
            Event::Signature(mut delta) => {
                let sealed = self.origin.seal(opaque::Kind::Signature, &delta.text);
                delta.text = sealed.into_owned();
                self.delta(&delta, Kind::Thinking, SIGNATURE, out);
            }
            Event::RedactedReasoning(delta) if delta.choice == 0 => self.redacted(&delta, out),
            Event::ToolCallStarted(call) if call.choice == 0 => self.call(&call, out),
            Event::ToolCallArguments(delta) => self.arguments(&delta, out),
            Event::Citation(at) => self.citation(&at, out),
            Event::Native(at) => self.native(&at, out),
            Event::Started(started) => {
                self.owns(started.extra.as_ref());
                self.started = Some(started);
            }
            Event::Usage(usage) => {
                self.owns(usage.raw.as_ref());
                self.usage = Some(usage);
            }
            Event::Finished(finished) if finished.choice == 0 => self.finished(&finished, out),
            _ => {}
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        open_event("message_stop", out);
        beside(&mut self.beside_stop, out);
        close_event(out);
    }

    fn fail(&mut self, failure: &Failure, out: &mut Vec<u8>) {
        out.extend_from_slice(b"event: error\ndata: ");
        super::refusal::write(failure, out);
        out.extend_from_slice(b"\n\n");
    }
}

fn open_event(kind: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"event: ");
    // A provider's own word could be anything.
    out.extend(kind.bytes().filter(|byte| !byte.is_ascii_control()));
    out.extend_from_slice(b"\ndata: {");
    json::text("type", kind, out);
}

fn close_event(out: &mut Vec<u8>) {
    out.extend_from_slice(b"}\n\n");
}

fn beside(members: &mut Vec<u8>, out: &mut Vec<u8>) {
    if !members.is_empty() {
        out.push(b',');
        out.append(members);
    }
}

fn stop(number: u64, rest: Option<&Members<'_>>, out: &mut Vec<u8>) {
    open_event("content_block_stop", out);
    json::count("index", number, out);
    if let Some(rest) = rest {
        rest.write(out);
    }
    close_event(out);
}

fn open_delta(number: u64, kind: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(
        b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":",
    );
    json::number(number, out);
    out.extend_from_slice(b",\"delta\":{");
    json::text("type", kind, out);
}
