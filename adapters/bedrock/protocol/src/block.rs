//! The blocks of a message.

use crate::DIALECT;
use crate::json::{List, Members, Object, only, string};
use crate::media;
use crate::translation::{Translation, has_ours, is_ours, json};
use hotcell_sdk::{
    CacheHint, Failure, MediaKind, Native, Part, ReasoningPart, Role, ToolCall, ToolResult,
    ToolResultPart,
};

/// What is said where the provider demands words and there are none.
pub(crate) const FILLER: &str = ".";
/// What a tool answered that answered nothing.
const NO_OUTPUT: &str = "(no output)";

/// Whether a part is said at all. The provider refuses blank text, and thoughts that it
/// did not sign. What another one said in words of its own stands beside what it said.
pub(crate) fn is_told(part: &Part, role: Role, translation: &mut Translation) -> bool {
    match part {
        // A piece of an answer's stream is no content.
        Part::Native(native) if is_ours(native) && is_stream_event(&native.value) => false,
        Part::Native(native) if !is_ours(native) && role == Role::Assistant => {
            translation.left_out(&format!("a part of an earlier answer in {}", native.dialect));
            false
        }
        _ if translation.exact => true,
        Part::Text(text) => !text.text.trim().is_empty(),
        Part::Refusal(text) => !text.trim().is_empty(),
        Part::Reasoning(part) => {
            let told = (part.signature.is_some() || part.redacted.is_some()) && is_known(part);
            // Models that sign nothing refuse their own thoughts as well: nobody misses them.
            if !told && !has_ours(part.extra.as_ref()) {
                translation.warn(
                    "earlier reasoning was left out: it does not have this provider's signature"
                        .to_owned(),
                );
            }
            told
        }
        _ => true,
    }
}

/// Claude's signatures are the same wherever it runs.
fn is_known(part: &ReasoningPart) -> bool {
    let ours = |extra: &Native| is_ours(extra) || extra.dialect == "anthropic-messages";
    part.extra.as_ref().is_none_or(ours)
}

/// See [`crate::open::stream_event`].
fn is_stream_event(value: &str) -> bool {
    Members::any(value)
        .is_some_and(|members| members.0.len() == 1 && members.get("event").is_some())
}

/// What a part is called in a sentence.
pub(crate) fn name(part: &Part) -> &'static str {
    match part {
        Part::Text(_) => "text",
        Part::Media(_) => "media",
        Part::Reasoning(_) => "reasoning",
        Part::ToolCall(_) => "a tool call",
        Part::ToolResult(_) => "a tool's result",
        Part::Refusal(_) => "a refusal",
        Part::Native(_) => "a part of another dialect",
    }
}

/// Writes a part, and the cache point that it asks for.
#[inline(never)]
pub(crate) fn write(
    part: &Part,
    list: &mut List<'_>,
    translation: &mut Translation,
) -> Result<(), Failure> {
    match part {
        Part::Text(text) => {
            // No extra of ours: a text block has no other members.
            translation.members(text.extra.as_ref())?;
            write_text(&text.text, list.element());
            cache_point(text.cache, list, translation);
        }
        // The model's own words, which it is shown as words.
        Part::Refusal(text) => write_text(text, list.element()),
        Part::Media(part) => {
            media::write(part, list.element(), translation)?;
            cache_point(part.cache, list, translation);
        }
        Part::Reasoning(part) => write_reasoning(part, list.element(), translation)?,
        Part::ToolCall(call) => write_call(call, list.element(), translation)?,
        Part::ToolResult(result) => {
            write_result(result, list.element(), translation)?;
            cache_point(result.cache, list, translation);
        }
        Part::Native(native) => write_native(native, list.element())?,
    }
    Ok(())
}

#[inline(never)]
pub(crate) fn write_text(text: &str, out: &mut Vec<u8>) {
    let mut object = Object::open(out, Members::default());
    object.text("text", text);
    object.close();
}

/// Asks to keep the prompt up to here.
#[inline(never)]
fn cache_point(hint: Option<CacheHint>, list: &mut List<'_>, translation: &mut Translation) {
    let Some(hint) = hint else { return };
    if !translation.exact && !translation.family.caches() {
        translation.not_here("a cache point");
        return;
    }
    write_cache_point(hint, list, translation);
}

/// Writes a cache point for a model that takes some.
#[inline(never)]
pub(crate) fn write_cache_point(
    hint: CacheHint,
    list: &mut List<'_>,
    translation: &mut Translation,
) {
    let mut long = hint == CacheHint::Long;
    if long && !translation.exact && !translation.family.caches_more() {
        translation.warn(
            "a cache point holds for minutes and not for an hour: this model has no other"
                .to_owned(),
        );
        long = false;
    }
    let point: &[u8] = match long {
        true => br#"{"cachePoint":{"type":"default","ttl":"1h"}}"#,
        false => br#"{"cachePoint":{"type":"default"}}"#,
    };
    list.element().extend_from_slice(point);
}

#[inline(never)]
fn write_native(native: &Native, out: &mut Vec<u8>) -> Result<(), Failure> {
    if !is_ours(native) {
        return Err(Failure::unsupported(format!(
            "a part of {} cannot be said in {DIALECT}",
            native.dialect
        )));
    }
    out.extend_from_slice(json(&native.value, "a native part")?.as_bytes());
    Ok(())
}

fn write_reasoning(
    part: &ReasoningPart,
    out: &mut Vec<u8>,
    translation: &mut Translation,
) -> Result<(), Failure> {
    let extra = translation.members(part.extra.as_ref())?;
    only(out, "reasoningContent", |out| match &part.redacted {
        Some(redacted) => {
            let mut object = Object::open(out, extra);
            object.text("redactedContent", redacted);
            object.close();
            Ok(())
        }
        None => only(out, "reasoningText", |out| {
            let mut object = Object::open(out, extra);
            object.text("text", &part.text);
            if let Some(signature) = &part.signature {
                object.text("signature", signature);
            }
            object.close();
            Ok(())
        }),
    })
}

fn write_call(
    call: &ToolCall,
    out: &mut Vec<u8>,
    translation: &mut Translation,
) -> Result<(), Failure> {
    if call.signature.is_some() {
        translation.left_out("the signature of a tool call");
    }
    let extra = translation.members(call.extra.as_ref())?;
    let input = call.arguments.trim();
    let whole = input.is_empty() || Members::any(input).is_some();
    if !whole {
        translation.warn(format!(
            "the arguments of `{}` are not a JSON object and were wrapped in one",
            call.name
        ));
    }
    only(out, "toolUse", |out| {
        let mut object = Object::open(out, extra);
        object.text("toolUseId", translation.ids.taken(&call.id));
        object.text("name", translation.names.taken(&call.name));
        match (input, whole) {
            ("", _) => object.raw("input", "{}"),
            (_, true) => object.raw("input", input),
            // The provider takes objects only; this is how it can be shown what a model
            // wrote that is none.
            (_, false) => {
                if let Some(out) = object.member("input") {
                    only(out, "INVALID_JSON", |out| {
                        string(out, &call.arguments);
                        Ok(())
                    })?;
                }
            }
        }
        object.close();
        Ok(())
    })
}

fn write_result(
    result: &ToolResult,
    out: &mut Vec<u8>,
    translation: &mut Translation,
) -> Result<(), Failure> {
    let extra = translation.members(result.extra.as_ref())?;
    let exact = translation.exact || has_ours(result.extra.as_ref());
    let mut failed = result.is_error;
    if failed && !exact && !translation.family.tells_failed_tools() {
        translation.not_here("the word that a tool failed");
        failed = false;
    }
    let mut outer = Object::open(out, Members::default());
    if let Some(out) = outer.member("toolResult") {
        let mut object = Object::open(out, extra);
        object.text("toolUseId", translation.ids.taken(&result.call_id));
        if let Some(out) = object.member("content") {
            let mut list = List::open(out);
            for part in &result.content {
                match part {
                    ToolResultPart::Text(text) if !exact && text.trim().is_empty() => {}
                    ToolResultPart::Text(text) => write_text(text, list.element()),
                    ToolResultPart::Media(part) if part.kind == MediaKind::Audio && !exact => {
                        return Err(Failure::unsupported(format!(
                            "audio cannot stand in a tool's result in {DIALECT}"
                        )));
                    }
                    ToolResultPart::Media(part) => media::write(part, list.element(), translation)?,
                    ToolResultPart::Native(native) => write_native(native, list.element())?,
                }
            }
            if list.is_empty() && !exact {
                write_text(NO_OUTPUT, list.element());
            }
            list.close();
        }
        if failed {
            object.text("status", "error");
        }
        object.close();
    }
    outer.close();
    Ok(())
}
