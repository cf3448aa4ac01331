//! What stands beside words: ciphers, images, sources and probabilities.

use super::citation;
use super::frames::Frames;
use super::item::{Kind, Sort};
use super::output::{Class, Output};
use crate::json::{self, Kept};
use crate::opaque::{self, Opaque};
use crate::openai_chat::logprobs;
use crate::openai_responses::DIALECT;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell::types::{Delta, MediaKind, MediaPart, MediaSource, NativeAt};

impl Output {
    /// A signature or a cipher: the end of the reasoning that is open, or an item without
    /// words. `origin` is empty or that of this dialect where it is the provider's own.
    pub(super) fn cipher(
        &mut self,
        kind: opaque::Kind,
        delta: &Delta,
        origin: &str,
        frames: &mut Frames,
        out: &mut Vec<u8>,
    ) {
        if delta.choice != 0 {
            return;
        }
        let current = self.current.and_then(|place| self.items.get_mut(place));
        let current = current.filter(|item| item.kind == Kind::Reasoning);
        if let Some(item) = current {
            match &mut item.cipher {
                // More of it.
                Some((part, cipher)) if *part == delta.index => {
                    return cipher.push_str(&delta.text);
                }
                None if kind == opaque::Kind::Signature => {
                    item.cipher = Some((delta.index, sealed(kind, &delta.text, origin)));
                    return self.close_entry(frames, out);
                }
                _ => {}
            }
        }
        let place = self.start(self.made(Kind::Reasoning), frames, out);
        if let Some(item) = self.items.get_mut(place) {
            item.cipher = Some((delta.index, sealed(kind, &delta.text, origin)));
        }
    }

    /// An image is an item; other media have no word.
    pub(super) fn media(
        &mut self,
        part: u32,
        media: &MediaPart,
        frames: &mut Frames,
        out: &mut Vec<u8>,
    ) {
        let MediaSource::Bytes(bytes) = &media.source else { return };
        if media.kind != MediaKind::Image {
            return;
        }
        let extra = media.extra.as_ref().filter(|extra| extra.dialect == DIALECT);
        let about = extra.and_then(|extra| Kept::of(&extra.value));
        let mut json = match about {
            Some(about) => {
                let mut json = Vec::new();
                about.write_behind(&mut json);
                if let Some(comma) = json.first_mut() {
                    *comma = b'{';
                }
                json
            }
            None => {
                let id = self.made(Kind::Whole).id;
                let mut json = format!(
                    "{{\"id\":{},\"type\":\"image_generation_call\",\"status\":\"completed\"",
                    json::quoted(&id)
                );
                let format = media.mime.as_deref().and_then(|mime| mime.strip_prefix("image/"));
                if let Some(format) = format {
                    json.push_str(&format!(",\"output_format\":{}", json::quoted(format)));
                }
                json.into_bytes()
            }
        };
        if json.is_empty() {
            json.push(b'{');
        } else {
            json.push(b',');
        }
        json.extend_from_slice(b"\"result\":\"");
        json.extend_from_slice(STANDARD.encode(bytes).as_bytes());
        json.extend_from_slice(b"\"}");
        self.whole(part, &String::from_utf8(json).unwrap_or_default(), frames, out);
    }

    pub(super) fn citation(&mut self, at: &NativeAt, frames: &mut Frames, out: &mut Vec<u8>) {
        let item = self.current.and_then(|place| self.items.get_mut(place));
        let Some(item) = item.filter(|item| item.kind == Kind::Message) else { return };
        let texts = || item.entries.iter().filter(|entry| entry.sort == Sort::Text);
        let number = texts().rev().find(|entry| entry.part == at.index).or(texts().next_back());
        let Some(number) = number.map(|entry| entry.number) else { return };
        let Some(entry) = item.entries.get_mut(number) else { return };
        for annotation in citation::annotations(&at.value, &entry.text) {
            let beside = std::mem::take(&mut self.beside);
            let count = entry.annotations.len();
            entry.annotations.push(annotation);
            let (entry, annotation) = (&*entry, entry.annotations.last());
            let (id, place) = (&item.id, item.place);
            frames.frame(out, "response.output_text.annotation.added", |out| {
                out.extend_from_slice(b"\"item_id\":");
                json::string(id, out);
                out.extend_from_slice(b",\"output_index\":");
                json::number(place, out);
                out.push(b',');
                entry.write_place(out);
                out.extend_from_slice(b"\"annotation_index\":");
                json::number(count, out);
                out.extend_from_slice(b",\"annotation\":");
                json::splice(annotation.map_or("null", String::as_str), out);
                out.push(b',');
                beside.write_before(out);
            });
        }
    }

    /// Probabilities: of this dialect before their piece, of chat completions and others
    /// behind it.
    pub(super) fn take_logprobs(&mut self, at: &NativeAt, frames: &mut Frames, out: &mut Vec<u8>) {
        let own = at.value.dialect == DIALECT;
        let lists = match own {
            true => Some(at.value.value.clone()),
            false => logprobs::of(&at.value)
                .and_then(|logprobs| Kept::of(&logprobs))
                .and_then(|members| members.get("content").map(str::to_owned)),
        };
        let Some(elements) = lists.as_deref().and_then(json::elements) else { return };
        let open = matches!(&self.spot, Some(spot) if spot.class == Class::Text);
        if own && !matches!(&self.spot, Some(spot) if open && spot.part == at.index) {
            let place = self.item_for(Kind::Message, frames, out);
            self.begin_entry(place, Sort::Text, Class::Text, at.index, frames, out);
        } else if !open {
            return;
        }
        let mut joined = Vec::new();
        for (place, element) in elements.iter().enumerate() {
            if place > 0 {
                joined.push(b',');
            }
            json::splice(element, &mut joined);
        }
        let joined = String::from_utf8(joined).unwrap_or_default();
        let item = self.spot.as_ref().and_then(|spot| self.items.get_mut(spot.item));
        let Some(entry) = item.and_then(|item| item.entries.last_mut()) else { return };
        for kept in [&mut entry.logprobs].into_iter().chain(own.then_some(&mut self.logprobs)) {
            if !kept.is_empty() && !joined.is_empty() {
                kept.push(',');
            }
            kept.push_str(&joined);
        }
    }
}

/// A signature as it goes to the client.
fn sealed(kind: opaque::Kind, data: &str, origin: &str) -> String {
    match origin == DIALECT {
        true => data.to_owned(),
        false => Opaque { dialect: origin.to_owned(), kind, data: data.to_owned() }.write(),
    }
}
