//! One choice of a whole answer: its message, and how it ended.

use super::super::logprobs;
use super::super::piece::{self, CallKind, CallMembers};
use super::{Choice, Thought, text_part};
use crate::About;
use crate::json::{self, Members};
use crate::opaque::{Kind, Origin};

impl Choice {
    pub(super) fn write(
        self,
        number: u32,
        own: bool,
        origin: &Origin,
        about: &About,
        out: &mut Vec<u8>,
    ) {
        out.push(b'{');
        json::count("index", number.into(), out);
        json::name("message", out);
        out.extend_from_slice(b"{\"role\":\"assistant\"");
        self.write_content(out);
        json::name("refusal", out);
        match self.refusal.is_empty() {
            true => out.extend_from_slice(b"null"),
            false => json::string(&self.refusal, out),
        }
        if !self.reasoning.is_empty() {
            for name in self.spelling.names() {
                json::text(name, &self.reasoning, out);
            }
        }
        // They tell all that there is; a client would take their text for more.
        if self.reasoning.is_empty() && self.thoughts.iter().any(|one| one.whole.is_some()) {
            json::raw("reasoning", "null", out);
        }
        write_thoughts(&self.thoughts, origin, out);
        self.write_calls(out);
        if !self.annotations.is_empty() {
            json::list("annotations", self.annotations.iter().map(String::as_str), out);
        }
        if !self.images.is_empty() {
            json::list("images", self.images.iter().map(String::as_str), out);
        }
        if let Some(audio) = &self.audio {
            json::name("audio", out);
            piece::audio(audio, about, out);
        }
        self.message.write(out);
        out.push(b'}');
        let logprobs = logprobs::joined(self.logprobs);
        json::raw("logprobs", logprobs.as_deref().unwrap_or("null"), out);
        json::name("finish_reason", out);
        match &self.finished {
            Some(finished) => {
                let refused = !self.refusal.is_empty();
                json::string(piece::finish_word(finished, own, refused), out);
            }
            None => out.extend_from_slice(b"null"),
        }
        let mut members = self.about;
        let ending = self.finished.as_ref().and_then(|end| piece::own(end.extra.as_ref()));
        let known = ["index", "delta", "message", "finish_reason", "logprobs"];
        members.add(ending.unwrap_or_default().without(&known));
        members.write(out);
        out.push(b'}');
    }

    fn write_content(&self, out: &mut Vec<u8>) {
        let text = self.text.as_deref().filter(|text| !text.is_empty());
        if self.content.is_empty() {
            json::name("content", out);
            match (text, self.text.is_some()) {
                (Some(text), _) => json::string(text, out),
                (None, true) => json::string("", out),
                (None, false) => out.extend_from_slice(b"null"),
            }
            return;
        }
        let last = text.map(text_part);
        let parts = self.content.iter().chain(&last).map(String::as_str);
        json::list("content", parts, out);
    }

    fn write_calls(&self, out: &mut Vec<u8>) {
        let mut listed = false;
        for call in &self.calls {
            let CallMembers { kind, call: members, function } = piece::call(&call.started);
            let arguments = match call.arguments.trim() {
                "" if kind != CallKind::Custom => "{}",
                _ => &call.arguments,
            };
            if kind == CallKind::Only {
                continue;
            }
            if !std::mem::replace(&mut listed, true) {
                json::name("tool_calls", out);
                out.push(b'[');
            }
            json::comma(out);
            out.push(b'{');
            json::text("id", &call.started.id, out);
            if kind != CallKind::Unknown {
                let (kind, input) = kind.words();
                json::text("type", kind, out);
                json::name(kind, out);
                out.push(b'{');
                json::text("name", &call.started.name, out);
                json::text(input, arguments, out);
                function.write(out);
                call.late_function.write(out);
                out.push(b'}');
            }
            members.write(out);
            piece::sign(&call.started, &members, out);
            call.late.write(out);
            out.push(b'}');
        }
        if listed {
            out.push(b']');
        }
        let only = self.calls.iter().map(|call| (call, piece::call(&call.started)));
        if let Some((call, told)) = only.into_iter().find(|(_, told)| told.kind == CallKind::Only) {
            json::name("function_call", out);
            out.push(b'{');
            json::text("name", &call.started.name, out);
            json::text("arguments", &call.arguments, out);
            told.function.write(out);
            call.late_function.write(out);
            out.push(b'}');
        }
    }
}

/// Thoughts that have to go back as they came: as `reasoning_details` what came as these,
/// and what else is signed or in cipher as `thinking_blocks`.
fn write_thoughts(thoughts: &[Thought], origin: &Origin, out: &mut Vec<u8>) {
    let detailed = |thought: &&Thought| thought.about.is_some() || thought.whole.is_some();
    let signed = |thought: &&Thought| {
        let opaque = !thought.signature.is_empty() || !thought.redacted.is_empty();
        opaque && !detailed(thought)
    };
    if thoughts.iter().any(|thought| detailed(&thought)) {
        json::name("reasoning_details", out);
        out.push(b'[');
        for thought in thoughts.iter().filter(detailed) {
            json::comma(out);
            if let Some(whole) = &thought.whole {
                json::splice(whole, out);
                continue;
            }
            let about = thought.about.as_deref().unwrap_or("{}");
            out.push(b'{');
            Members::of(about).unwrap_or_default().write(out);
            let told = [
                (piece::text_of(about), &thought.text),
                ("signature", &thought.signature),
                ("data", &thought.redacted),
            ];
            for (name, value) in told {
                if !value.is_empty() {
                    json::text(name, value, out);
                }
            }
            out.push(b'}');
        }
        out.push(b']');
    }
    if thoughts.iter().any(|thought| signed(&thought)) {
        json::name("thinking_blocks", out);
        out.push(b'[');
        for thought in thoughts.iter().filter(signed) {
            json::comma(out);
            let signature = match thought.signature.is_empty() {
                true => "".into(),
                false => origin.seal(Kind::Signature, &thought.signature),
            };
            let redacted = match thought.redacted.is_empty() {
                true => "".into(),
                false => origin.seal(Kind::Redacted, &thought.redacted),
            };
            piece::thinking_block(None, &thought.text, &signature, &redacted, out);
        }
        out.push(b']');
    }
}
