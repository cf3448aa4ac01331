//! What providers say in words of their own: probabilities, sources, pieces of chunks.

use super::super::piece::{self, Piece};
use super::super::{DIALECT, citation, logprobs};
use super::{Choice, StreamWriter, TAIL, settle};
use crate::json::{self, Members};
use hotcell::types::NativeAt;

impl StreamWriter {
    pub(super) fn logprobs(&mut self, at: &NativeAt, out: &mut Vec<u8>) {
        let Some(logprobs) = logprobs::of(&at.value) else { return };
        self.own |= at.value.dialect == DIALECT;
        self.delta(at.choice, out);
        out.push(b'}');
        json::raw("logprobs", &logprobs, out);
        out.extend_from_slice(&TAIL[1..]);
    }

    pub(super) fn citation(&mut self, at: NativeAt) {
        let own = at.value.dialect == DIALECT;
        self.own |= own;
        let choice = self.choice_that_began(at.choice);
        let Some(choice) = choice else { return };
        match own {
            true => choice.annotations.push(at.value.value),
            false => {
                let written = citation::write(&at.value, choice.told);
                choice.annotations.extend(written);
            }
        }
    }

    pub(super) fn choice_that_began(&mut self, number: u32) -> Option<&mut Choice> {
        self.choices.get_mut(&number).map(Box::as_mut)
    }

    pub(super) fn native(&mut self, at: &NativeAt, out: &mut Vec<u8>) {
        self.origin.learn(Some(&at.value));
        let Some(piece) = Piece::of(&at.value) else { return };
        self.own = true;
        match piece {
            Piece::Chunk(chunk) => self.chunk(at.choice, chunk, out),
            Piece::Content(part) => {
                self.delta(at.choice, out);
                json::list("content", [part], out);
                out.extend_from_slice(TAIL);
            }
            Piece::Message(members) => self.message(at, members, out),
        }
    }

    /// A piece of a chunk: what it says of its choice, and what beside it.
    fn chunk(&mut self, number: u32, mut chunk: Members<'_>, out: &mut Vec<u8>) {
        let mut choice = piece::choices(&mut chunk).into_iter().next().unwrap_or_default();
        let mut delta = choice.take("delta").and_then(Members::of).unwrap_or_default();
        let choice = choice.without(&["index", "finish_reason", "message"]);
        if settle(&mut chunk, &mut self.head) {
            self.choices.values_mut().for_each(|choice| choice.text.clear());
        }
        self.spelling(number, &mut delta, out);
        if chunk.0.is_empty() && choice.0.is_empty() && delta.0.is_empty() {
            return;
        }
        // What stands beside the choices goes into the head of the frame that it comes with.
        chunk.write(&mut self.lead);
        if !self.choices.contains_key(&number) && choice.0.is_empty() && delta.0.is_empty() {
            return;
        }
        self.delta(number, out);
        self.choice(number).heard |= delta.get("audio").is_some();
        delta.write(out);
        out.push(b'}');
        choice.write(out);
        out.extend_from_slice(&TAIL[1..]);
    }

    fn spelling(&mut self, number: u32, delta: &mut Members<'_>, out: &mut Vec<u8>) {
        let mut spelling = self.choices.get(&number).map(|choice| choice.spelling);
        let before = delta.0.len();
        spelling.get_or_insert_default().read(delta);
        if delta.0.len() < before {
            self.begin(number, out);
            self.choice(number).spelling = spelling.unwrap_or_default();
        }
    }

    /// Members of a message. What of the `reasoning_details` is only about what follows
    /// goes out with that too.
    fn message(&mut self, at: &NativeAt, members: Members<'_>, out: &mut Vec<u8>) {
        self.delta(at.choice, out);
        let details = members.get("reasoning_details").and_then(json::elements);
        let details = details.unwrap_or_default();
        let tells = |detail: &&str| Members::of(detail).is_some_and(|one| piece::tells(&one));
        if details.iter().any(tells) {
            // They tell all that there is; a client would take the text for a second one.
            json::raw("reasoning", "null", out);
        } else if let Some(about) = details.last() {
            let about = Some((*about).to_owned());
            self.choice(at.choice).thoughts.entry(at.index).or_default().about = about;
        }
        members.write(out);
        out.extend_from_slice(TAIL);
    }
}
