//! What the model thought, in the forms that providers tell it: as text in
//! `reasoning_content` or `reasoning`, and as OpenRouter's `reasoning_details`, which
//! have signatures and ciphers that must go back as they came.

use crate::json::{self, Members};
use crate::tell::Teller;
use crate::wire::Delta;
use hotcell_sdk::Event;
use std::borrow::Cow;

/// The thoughts of one choice so far.
#[derive(Default)]
pub(crate) struct Reasoning {
    /// The part of what is told as plain text.
    plain: Option<u32>,
    /// Told that `reasoning` is among the members that the provider has.
    spelled: bool,
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
    fn plain(&mut self, teller: &mut Teller<'_>) -> u32 {
        *self.plain.get_or_insert_with(|| teller.next_part())
    }

    pub(crate) fn take(&mut self, delta: &Delta<'_>, teller: &mut Teller<'_>) {
        // Those who have both say the same in both.
        let other = json::text(delta.reasoning);
        let routed = other.is_some();
        let told = json::text(delta.reasoning_content);
        if routed && !std::mem::replace(&mut self.spelled, true) {
            // A client of this dialect finds it where the provider has it. That is
            // `reasoning_content` unless something is told of it.
            teller.piece_of_delta(match told {
                Some(_) => r#"{"reasoning":"","reasoning_content":""}"#,
                None => r#"{"reasoning":""}"#,
            });
        }
        let told = told.or(other);
        let details =
            json::present(delta.reasoning_details).and_then(|raw| Some((raw, json::list(raw)?)));
        if let Some((raw, details)) = details {
            let details = details.into_iter().filter_map(Members::of);
            let details: Vec<Members<'_>> = details.collect();
            let (mut text, mut number) = (String::new(), 0);
            for piece in details.iter().filter_map(told_by) {
                text.push_str(&piece);
                number += 1;
            }
            let split = told.as_deref().is_some_and(|told| text != told);
            // Where there is a plain text, it says what is to be told: nothing, if null.
            let silent = told.is_none() && delta.reasoning.is_some() && number > 0;
            if silent || (split && number > 1) {
                // The text is not divided as the details are: they go back whole.
                let value = json::object([("reasoning_details", raw)]);
                let index = self.plain(teller);
                teller.value(Event::Native, index, value);
            } else {
                for detail in &details {
                    let told = told.as_deref().filter(|_| split && told_by(detail).is_some());
                    self.detail(detail, told, teller);
                }
                if number > 0 {
                    return;
                }
            }
        }
        if let Some(text) = told {
            let index = self.plain(teller);
            teller.text(Event::Reasoning, index, text);
        }
    }

    fn detail(&mut self, detail: &Members<'_>, told: Option<&str>, teller: &mut Teller<'_>) {
        let about = about(detail);
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
                let part = teller.next_part();
                // Text that comes without details belongs to the block before it.
                self.plain.get_or_insert(part);
                self.blocks.push(Block { part, about: about.clone() });
                (part, true)
            }
        };
        if news {
            teller.value(Event::Native, part, format!("{{\"reasoning_details\":[{about}]}}"));
        }
        if let Some(text) = told.map(Cow::Borrowed).or_else(|| told_by(detail)) {
            teller.text(Event::Reasoning, part, text);
        }
        if let Some(signature) = detail.text("signature") {
            teller.text(Event::Signature, part, signature);
        }
        if let Some(cipher) = detail.text("data") {
            teller.text(Event::RedactedReasoning, part, cipher);
        }
    }

    /// A part of the type `thinking`, as Mistral has it in its content.
    pub(crate) fn thinking(&mut self, part: &Members<'_>, teller: &mut Teller<'_>) {
        let index = self.plain(teller);
        let thoughts = part.get("thinking").and_then(json::list).unwrap_or_default();
        let thoughts = thoughts.into_iter().filter_map(Members::of);
        let texts = thoughts.filter_map(|thought| thought.text("text"));
        for text in texts.chain(part.text("thinking")) {
            teller.text(Event::Reasoning, index, text);
        }
        if let Some(signature) = part.text("signature") {
            teller.text(Event::Signature, index, signature);
        }
    }

    /// A part of the type `reasoning`, as Databricks has it in its content: a summary in
    /// pieces, each signed or the last of several, or in cipher.
    pub(crate) fn summary(&mut self, part: &Members<'_>, teller: &mut Teller<'_>) {
        let pieces = part.get("summary").and_then(json::list).unwrap_or_default();
        for piece in pieces.into_iter().filter_map(Members::of) {
            if let Some(cipher) = piece.text("data") {
                let index = teller.next_part();
                teller.text(Event::RedactedReasoning, index, cipher);
                self.plain = None;
            }
            if let Some(text) = piece.text("text") {
                let index = self.plain(teller);
                teller.text(Event::Reasoning, index, text);
            }
            if let Some(signature) = piece.text("signature") {
                let index = self.plain(teller);
                teller.text(Event::Signature, index, signature);
                // It closes its part: what follows is another thought.
                self.plain = None;
            }
        }
    }
}

fn told_by<'a>(detail: &Members<'a>) -> Option<Cow<'a, str>> {
    detail.text("text").or_else(|| detail.text("summary"))
}

/// All but the pieces: type, number, format and id.
fn about(detail: &Members<'_>) -> String {
    let pieces = ["text", "summary", "data", "signature"];
    let about = |(name, value): &(&str, &str)| !pieces.contains(name) && *value != "null";
    json::object(detail.pairs().filter(about))
}

/// Whether two pieces are of one block. Pieces of one block look alike; only the id
/// may be missing from some.
fn same(block: &str, piece: &str) -> bool {
    block == piece || {
        let members = |object| Members::of(object).unwrap_or_default();
        let (block, piece) = (members(block), members(piece));
        let alike = |name: &&str| block.get(name) == piece.get(name);
        ["type", "index"].iter().all(alike)
            && (!block.has("id") || !piece.has("id") || alike(&"id"))
    }
}
