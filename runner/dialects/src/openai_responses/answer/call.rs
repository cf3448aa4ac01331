//! Calls, and their arguments in pieces.

use super::frames::{Frames, head};
use super::item::{Entry, Kind, Sort};
use super::names::events;
use super::output::{Class, Output, Spot};
use crate::json::Kept;
use crate::opaque;
use crate::openai_responses::DIALECT;
use hotcell::types::{Delta, ToolCallStarted};
use serde::de::IgnoredAny;

impl Output {
    pub(super) fn call(
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
        let about = extra.and_then(|extra| Kept::of(&extra.value));
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
    pub(super) fn arguments(&mut self, delta: &Delta, frames: &mut Frames, out: &mut Vec<u8>) {
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
}

/// Whether arguments are complete, as far as they tell.
pub(super) fn is_whole(entry: Option<&Entry>) -> bool {
    let Some(entry) = entry.filter(|entry| !entry.text.is_empty()) else { return false };
    let mut json = Vec::with_capacity(entry.text.len() + 2);
    entry.write(&mut json);
    let arguments: Option<String> = serde_json::from_slice(&json).ok();
    arguments.is_some_and(|text| serde_json::from_str::<IgnoredAny>(&text).is_ok())
}
