//! What the adapter of this dialect tells in its provider's words.

use super::frames::Frames;
use super::item::{Item, Kind, Sort};
use super::output::{Class, Output};
use crate::json::{self, Kept};

impl Output {
    /// A whole item, something about one, content, or an event.
    pub(super) fn native(&mut self, part: u32, json: &str, frames: &mut Frames, out: &mut Vec<u8>) {
        let Some(members) = Kept::of(json) else { return };
        let inner = |name: &str| members.get(name).and_then(Kept::of);
        if members.get("type").is_some() {
            self.whole(part, json, frames, out);
        } else if let Some(about) = inner("item") {
            self.about(part, about, frames, out);
        } else if let Some(about) = inner("part") {
            self.about_entry(part, about, frames, out);
        } else if let Some(beside) = inner("beside") {
            self.beside.merge(beside);
        } else if let Some(contents) = members.get("content").and_then(json::elements) {
            contents.iter().for_each(|content| self.content(part, content, frames, out));
        } else if let Some(event) = members.get("event") {
            self.event(part, event, frames, out);
        }
    }

    /// What is known of a message or of reasoning: of one that is there, or that begins.
    fn about(&mut self, part: u32, about: Kept, frames: &mut Frames, out: &mut Vec<u8>) {
        let kind = match about.text("type").as_deref() {
            Some("reasoning") => Kind::Reasoning,
            _ => Kind::Message,
        };
        let id = about.text("id");
        let known = id.as_ref().and_then(|id| self.ids.get(id)).copied();
        let belongs = |place: &usize| {
            self.items.get(*place).is_some_and(|item| {
                let last = item.entries.last();
                item.kind == kind && item.made && last.is_some_and(|entry| entry.part == part)
            })
        };
        let place = known.or_else(|| self.current.filter(belongs));
        match place.and_then(|place| self.items.get_mut(place)) {
            Some(item) => item.learn(about),
            None => {
                let mut item = self.made(kind);
                if let Some(id) = id {
                    self.ids.insert(id.clone(), self.items.len());
                    (item.id, item.made) = (id, false);
                }
                item.learn(about);
                self.start(item, frames, out);
            }
        }
    }

    /// What is known of an entry: of one that is there, or that begins.
    fn about_entry(&mut self, part: u32, mut about: Kept, frames: &mut Frames, out: &mut Vec<u8>) {
        let word = about.text("type").unwrap_or_default();
        about.take("type");
        self.plain = (word == "reasoning_text").then_some(part);
        let (kind, sort, class) = match word.as_str() {
            "output_text" => (Kind::Message, Sort::Text, Class::Text),
            "refusal" => (Kind::Message, Sort::Refusal, Class::Refusal),
            "summary_text" => (Kind::Reasoning, Sort::Summary, Class::Reasoning),
            "reasoning_text" => (Kind::Reasoning, Sort::Thought, Class::Reasoning),
            _ => return,
        };
        let about = about.without(&["text", "refusal", "annotations", "logprobs"]);
        if about.is_empty() {
            return;
        }
        let item = self.current.and_then(|place| self.items.get_mut(place));
        let entries = item.map(|item| item.entries.as_mut_slice()).unwrap_or_default();
        let known = entries.iter_mut().find(|entry| entry.part == part && entry.sort == sort);
        match known {
            Some(entry) => entry.about.merge(about),
            None => {
                let place = self.item_for(kind, frames, out);
                self.about = about;
                self.begin_entry(place, sort, class, part, frames, out);
            }
        }
    }

    /// An item that is complete, whether or not its beginning was told.
    pub(super) fn whole(&mut self, part: u32, json: &str, frames: &mut Frames, out: &mut Vec<u8>) {
        let place = match self.open.remove(&part) {
            Some(place) => place,
            None => {
                // As it is; only that it is not done yet.
                let mut begun = Kept::of(json).unwrap_or_default();
                if begun.get("status").is_some() {
                    begun.set("status", "\"in_progress\"");
                }
                self.start_whole(&begun, frames, out)
            }
        };
        if let Some(item) = self.items.get_mut(place) {
            json.clone_into(&mut item.whole);
        }
        if self.current == Some(place) {
            self.current = None;
        }
        self.close(place, "\"completed\"", frames, out);
    }

    fn start_whole(&mut self, item: &Kept, frames: &mut Frames, out: &mut Vec<u8>) -> usize {
        let mut json = Vec::new();
        item.write_behind(&mut json);
        match json.first_mut() {
            Some(comma) => *comma = b'{',
            None => json.push(b'{'),
        }
        json.push(b'}');
        let whole = String::from_utf8(json).unwrap_or_default();
        let item = Item { whole, ..self.made(Kind::Whole) };
        self.start(item, frames, out)
    }

    /// An event of the provider's, with our numbers.
    fn event(&mut self, part: u32, json: &str, frames: &mut Frames, out: &mut Vec<u8>) {
        let Some(mut event) = Kept::of(json) else { return };
        let Some(kind) = event.text("type") else { return };
        if kind == "response.output_item.added" {
            let item = event.get("item").and_then(Kept::of).unwrap_or_default();
            let place = self.start_whole(&item, frames, out);
            if let Some(before) = self.open.insert(part, place) {
                self.close(before, "\"completed\"", frames, out);
            }
            return;
        }
        let number_of = |item: &Item| item.entries.iter().any(|entry| entry.part == part);
        let place =
            self.open.get(&part).copied().or_else(|| {
                self.current.filter(|place| self.items.get(*place).is_some_and(number_of))
            });
        let told = event.take("output_index");
        event.take("type");
        event.take("sequence_number");
        frames.frame(out, &kind, |out| {
            match (place, told) {
                (Some(place), Some(_)) => {
                    out.extend_from_slice(b"\"output_index\":");
                    json::number(place, out);
                    out.push(b',');
                }
                (None, Some(told)) => event.set("output_index", told),
                (_, None) => {}
            }
            event.write_before(out);
        });
    }
}
