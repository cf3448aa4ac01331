//! What the model thought, in the forms that providers tell it: as text in
//! `reasoning_content` or `reasoning`, and as OpenRouter's `reasoning_details`, which
//! have signatures and ciphers that must go back as they came.

use crate::DIALECT;
use crate::wire::{self, Delta, Detail, Rest};
use hotcell_sdk::{Event, Native, NativeAt};
use std::borrow::Cow;

/// The thoughts of one choice so far.
#[derive(Default)]
pub(crate) struct Reasoning {
    /// The part of what is told as plain text.
    plain: Option<u32>,
    blocks: Vec<Block>,
}

/// One of the `reasoning_details`, which come in pieces.
struct Block {
    part: u32,
    /// What its pieces have in common.
    about: String,
}

impl Reasoning {
    /// The part for thoughts that are told as plain text.
    pub(crate) fn plain(&mut self, parts: &mut u32) -> u32 {
        *self.plain.get_or_insert_with(|| next(parts))
    }

    pub(crate) fn take(
        &mut self,
        choice: u32,
        parts: &mut u32,
        delta: &Delta<'_>,
        events: &mut Vec<Event>,
    ) {
        // Those who have both say the same in both.
        let told = wire::text(delta.reasoning_content).or_else(|| wire::text(delta.reasoning.0));
        let details = wire::present(delta.reasoning_details)
            .and_then(|raw| Some((raw, serde_json::from_str::<Vec<Detail<'_>>>(raw.get()).ok()?)));
        if let Some((raw, details)) = details {
            let texts: Vec<Cow<'_, str>> = details.iter().filter_map(told_by).collect();
            let split = told.as_deref().is_some_and(|told| texts.concat() != told);
            // Where there is a plain text, it says what is to be told: nothing, if null.
            let silent = told.is_none() && delta.reasoning.0.is_some() && !texts.is_empty();
            if silent || (split && texts.len() > 1) {
                // The text is not divided as the details are: they go back whole.
                let value = wire::join([("reasoning_details", raw.get())]);
                let index = self.plain(parts);
                events.push(native(choice, index, value));
            } else {
                for detail in &details {
                    let told = told.as_deref().filter(|_| split && told_by(detail).is_some());
                    self.detail(choice, parts, detail, told, events);
                }
                if !texts.is_empty() {
                    return;
                }
            }
        }
        if let Some(text) = told {
            let index = self.plain(parts);
            events.push(Event::Reasoning(piece(choice, index, text)));
        }
    }

    fn detail(
        &mut self,
        choice: u32,
        parts: &mut u32,
        detail: &Detail<'_>,
        told: Option<&str>,
        events: &mut Vec<Event>,
    ) {
        let about = about(&detail.rest);
        let known = self.blocks.iter().rposition(|block| same(&block.about, &about));
        let (part, news) = match known.map(|known| &mut self.blocks[known]) {
            Some(block) => {
                // The id may come late.
                let news = about.len() > block.about.len();
                if news {
                    block.about.clone_from(&about);
                }
                (block.part, news)
            }
            None => {
                let part = next(parts);
                // Text that comes without details belongs to the block before it.
                self.plain.get_or_insert(part);
                self.blocks.push(Block { part, about: about.clone() });
                (part, true)
            }
        };
        if news {
            events.push(native(choice, part, format!("{{\"reasoning_details\":[{about}]}}")));
        }
        if let Some(text) = told.map(Cow::Borrowed).or_else(|| told_by(detail)) {
            events.push(Event::Reasoning(piece(choice, part, text)));
        }
        if let Some(signature) = wire::text(detail.signature) {
            events.push(Event::Signature(piece(choice, part, signature)));
        }
        if let Some(cipher) = wire::text(detail.data) {
            events.push(Event::RedactedReasoning(piece(choice, part, cipher)));
        }
    }
}

fn told_by<'a>(detail: &Detail<'a>) -> Option<Cow<'a, str>> {
    wire::text(detail.text).or_else(|| wire::text(detail.summary))
}

/// All but the pieces: type, number, format and id.
fn about(rest: &Rest<'_>) -> String {
    wire::join(rest.iter().map(|(name, raw)| (name.as_ref(), raw.get())))
}

/// Whether two pieces are of one block. Pieces of one block look alike; only the id
/// may be missing from some.
fn same(block: &str, piece: &str) -> bool {
    block == piece || {
        let (block, piece) = (members(block), members(piece));
        ["type", "index"].iter().all(|name| block.get(*name) == piece.get(*name))
            && match (block.get("id"), piece.get("id")) {
                (Some(one), Some(other)) => one == other,
                _ => true,
            }
    }
}

fn members(object: &str) -> serde_json::Map<String, serde_json::Value> {
    serde_json::from_str(object).unwrap_or_default()
}

fn next(parts: &mut u32) -> u32 {
    *parts += 1;
    *parts - 1
}

fn native(choice: u32, index: u32, value: String) -> Event {
    let value = Native { dialect: DIALECT.to_owned(), value };
    Event::Native(NativeAt { choice, index, value })
}

fn piece(choice: u32, index: u32, text: Cow<'_, str>) -> hotcell_sdk::Delta {
    hotcell_sdk::Delta { choice, index, text: text.into_owned() }
}
