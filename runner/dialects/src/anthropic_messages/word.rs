//! What both ways of writing an answer share: its shell, its words and its counts.

use super::DIALECT;
use crate::About;
use crate::json::{self, Members};
use hotcell::types::{FinishReason, Finished, Native, Started, Usage};

/// The members of a value that is of this dialect.
pub(super) fn own(native: Option<&Native>) -> Option<Members<'_>> {
    native.filter(|native| native.dialect == DIALECT).and_then(|native| Members::of(&native.value))
}

/// The members that an answer begins with. The object is left open.
pub(super) fn head(started: Option<&Started>, about: &About, out: &mut Vec<u8>) {
    out.push(b'{');
    match started.and_then(|started| started.id.as_ref()) {
        Some(id) => json::text("id", id, out),
        None => json::text("id", &format!("msg_{}", about.id), out),
    }
    json::text("type", "message", out);
    json::text("role", "assistant", out);
    let model = started.and_then(|started| started.model.as_ref()).unwrap_or(&about.model);
    json::text("model", model, out);
}

/// The members that an answer began with, beside those of its shell.
pub(super) fn beside(started: &Started) -> Option<Members<'_>> {
    let known = [
        "id",
        "type",
        "role",
        "model",
        "content",
        "stop_reason",
        "stop_sequence",
        "stop_details",
        "usage",
    ];
    Some(own(started.extra.as_ref())?.without(&known))
}

/// A piece of a stream that has no other word: `{"event": {…}}`.
pub(super) fn stream_event(native: &Native) -> Option<Members<'_>> {
    let members = own(Some(native)).filter(|members| members.get("type").is_none())?;
    members.inner("event")
}

/// Why an answer ended. The provider's own word is written where it is of this dialect.
pub(super) fn stop_reason(finished: &Finished, own: bool) -> &str {
    let word = match finished.reason {
        FinishReason::Stop | FinishReason::Other => "end_turn",
        FinishReason::Length => "max_tokens",
        FinishReason::ToolCalls => "tool_use",
        FinishReason::ContentFilter | FinishReason::Refusal => "refusal",
        FinishReason::Pause => "pause_turn",
    };
    finished.raw.as_deref().filter(|_| own).unwrap_or(word)
}

/// Writes token counts: the provider's own where they are of this dialect. Here the input
/// leaves out what was read from and written to the cache.
pub(super) fn usage(usage: Option<&Usage>, out: &mut Vec<u8>) {
    if let Some(raw) =
        usage.and_then(|usage| usage.raw.as_ref()).filter(|raw| raw.dialect == DIALECT)
    {
        json::splice(&raw.value, out);
        return;
    }
    let count = |of: fn(&Usage) -> Option<u64>| usage.and_then(of).unwrap_or(0);
    let (read, written) = (count(|usage| usage.cache_read), count(|usage| usage.cache_write));
    let fresh = count(|usage| usage.input).saturating_sub(read).saturating_sub(written);
    out.push(b'{');
    json::count("input_tokens", fresh, out);
    json::count("cache_creation_input_tokens", written, out);
    json::count("cache_read_input_tokens", read, out);
    json::count("output_tokens", count(|usage| usage.output), out);
    if let Some(thought) = usage.and_then(|usage| usage.reasoning) {
        json::name("output_tokens_details", out);
        out.push(b'{');
        json::count("thinking_tokens", thought, out);
        out.push(b'}');
    }
    out.push(b'}');
}

/// The arguments of a call as an input, which has to be an object. What a model wrote that
/// is none is wrapped, so that it can be shown to it again.
pub(super) fn input(arguments: &str, out: &mut Vec<u8>) {
    let arguments = arguments.trim();
    if arguments.is_empty() {
        out.extend_from_slice(b"{}");
    } else if Members::of(arguments).is_some() {
        json::splice(arguments, out);
    } else {
        out.push(b'{');
        json::text("INVALID_JSON", arguments, out);
        out.push(b'}');
    }
}
