//! One alternative of an answer.

use super::piece::{Piece, Sort};
use super::{OF_CANDIDATE, write_finish};
use crate::gemini::DIALECT;
use crate::json::{self, Kept};
use crate::opaque::{Kind, Opaque};
use hotcell::types::Finished;
use serde_json::json;

#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) choice: u32,
    pub(super) origin: String,
    /// The sort and the part of what was told last.
    last: Option<(Sort, u32)>,
    /// Calls whose arguments may go on.
    calls: Vec<Piece>,
    /// A signature that may go on: its part, what it is and its text.
    opaque: Option<(u32, Kind, String)>,
    /// The reasoning that a signature would be of.
    thought: (u32, String),
    /// The parts of an answer that is written whole.
    parts: Vec<Piece>,
    /// What else such an answer says of it.
    pub(super) members: Kept,
    pub(super) finished: Option<Finished>,
}

impl Candidate {
    pub(super) fn new(choice: u32) -> Self {
        Self {
            choice,
            origin: String::new(),
            last: None,
            calls: Vec::new(),
            opaque: None,
            thought: (0, String::new()),
            parts: Vec::new(),
            members: Kept::default(),
            finished: None,
        }
    }

    /// Whether more of the same was told last, and nothing waits.
    pub(super) fn goes_on(&self, index: u32, thought: bool) -> bool {
        let sort = if thought { Sort::Thought } else { Sort::Words };
        self.last == Some((sort, index)) && self.calls.is_empty() && self.opaque.is_none()
    }

    /// Remembers reasoning of another dialect.
    pub(super) fn think(&mut self, index: u32, words: &str) {
        if self.thought.0 != index {
            self.thought = (index, String::new());
        }
        self.thought.1.push_str(words);
    }

    /// A signature: of this dialect at once, of another when it is complete.
    pub(super) fn signature(&mut self, index: u32, text: String, own: bool) -> Option<Piece> {
        if own {
            let thought = self.last == Some((Sort::Thought, index));
            return Some(Piece::signature(index, text, thought));
        }
        self.seal(index, Kind::Signature, text)
    }

    pub(super) fn redacted(&mut self, index: u32, text: String) -> Option<Piece> {
        self.seal(index, Kind::Redacted, text)
    }

    /// Keeps something opaque; gives what was kept before.
    fn seal(&mut self, index: u32, kind: Kind, text: String) -> Option<Piece> {
        match &mut self.opaque {
            Some((known, same, data)) if *known == index && *same == kind => {
                data.push_str(&text);
                None
            }
            _ => {
                let before = self.sealed();
                self.opaque = Some((index, kind, text));
                before
            }
        }
    }

    /// What is opaque as a part, with the reasoning that it belongs to.
    fn sealed(&mut self) -> Option<Piece> {
        let (index, kind, data) = self.opaque.take()?;
        let data = match kind {
            Kind::Redacted => data,
            _ if self.thought.0 == index => {
                json!([data, std::mem::take(&mut self.thought.1)]).to_string()
            }
            _ => json!([data, ""]).to_string(),
        };
        let opaque = Opaque { dialect: self.origin.clone(), kind, data };
        Some(Piece::signature(index, opaque.write_base64(), true))
    }

    /// More arguments of a call that waits for them.
    pub(super) fn arguments(&mut self, index: u32, text: &str) {
        if let Some(call) = self.calls.iter_mut().rfind(|call| call.index == index) {
            call.text.extend_from_slice(text.as_bytes());
        }
    }

    /// What of the parts that wait comes before this one.
    pub(super) fn ready(&mut self, piece: Option<&Piece>) -> Vec<Piece> {
        let mut ready: Vec<Piece> = match piece {
            Some(piece) if piece.sort == Sort::Call || self.calls.is_empty() => Vec::new(),
            _ => {
                let (whole, open) = self.calls.drain(..).partition(|call| {
                    call.is_whole() || (call.text.is_empty() && self.origin == DIALECT)
                });
                self.calls = open;
                whole
            }
        };
        if piece.is_some_and(|piece| piece.signature.is_none() || piece.sort == Sort::Call) {
            ready.extend(self.sealed());
        }
        if let Some(piece) = piece {
            self.last = Some((piece.sort, piece.index));
        }
        ready
    }

    /// Lets a call wait.
    pub(super) fn wait(&mut self, call: Piece) {
        self.calls.push(call);
    }

    /// All that waits, at the end.
    pub(super) fn rest(&mut self) -> Vec<Piece> {
        let mut rest: Vec<Piece> = self.calls.drain(..).collect();
        rest.extend(self.sealed());
        rest
    }

    /// Keeps a part of an answer that is written whole: pieces of a text become one, and a
    /// signature stands beside its words.
    pub(super) fn keep(&mut self, piece: Piece) {
        let last = self.parts.last_mut().filter(|last| last.signature.is_none());
        match (last, piece.sort) {
            (Some(last), Sort::Words | Sort::Thought) if last.sort == piece.sort => {
                last.text.extend_from_slice(&piece.text);
                last.signature = piece.signature;
            }
            (Some(last), Sort::Signature) if last.sort == Sort::Words => {
                last.signature = piece.signature;
            }
            _ => self.parts.push(piece),
        }
    }

    /// Why the prompt was not answered, in the provider's words.
    pub(super) fn blocked(&self) -> Option<String> {
        let extra = self.finished.as_ref()?.extra.as_ref()?;
        let own = extra.dialect == DIALECT;
        Kept::of(&extra.value).filter(|_| own)?.take("promptFeedback")
    }

    /// Writes it at the end of the answer.
    pub(super) fn write(&self, out: &mut Vec<u8>, whole: bool) {
        out.extend_from_slice(b"{\"content\":{");
        if !whole {
            out.extend_from_slice(b"\"parts\":[{\"text\":\"\"}],");
        } else if !self.parts.is_empty() {
            out.extend_from_slice(b"\"parts\":[");
            for (place, part) in self.parts.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                part.write(out);
            }
            out.extend_from_slice(b"],");
        }
        out.extend_from_slice(b"\"role\":\"model\"}");
        if let Some(finished) = &self.finished {
            write_finish(out, finished, self.origin == DIALECT, whole);
            let extra = finished.extra.as_ref().filter(|extra| extra.dialect == DIALECT);
            if let Some(extra) = extra.and_then(|extra| Kept::of(&extra.value)) {
                extra.without(OF_CANDIDATE).write_behind(out);
            }
        }
        self.members.write_behind(out);
        out.extend_from_slice(b",\"index\":");
        json::number(self.choice, out);
        out.push(b'}');
    }
}
