//! The blocks of a message.

use crate::DIALECT;
use crate::media;
use crate::translation::{Translation, has_ours, is_ours, json};
use crate::wire::Members;
use crate::writer::{Object, list};
use hotcell_sdk::json::write_string;
use hotcell_sdk::{
    CacheHint, Failure, Native, Part, ReasoningPart, Role, TextPart, ToolCall, ToolResult,
    ToolResultPart,
};
use std::borrow::Cow;

/// Whether a part is said at all. The provider refuses empty text, and thoughts that
/// it did not sign. What another one said in words of its own stands beside what it said.
pub(crate) fn is_told(part: &Part, role: Role, translation: &mut Translation) -> bool {
    match part {
        // A piece of an answer's stream is no content.
        Part::Native(native) if is_ours(native) && is_stream_event(&native.value) => false,
        Part::Native(native) if !is_ours(native) && role == Role::Assistant => {
            let what = format!("a part of an earlier answer in {}", native.dialect);
            translation.left_out(&what);
            false
        }
        Part::Reasoning(part) if !is_known(part) => {
            unsigned(translation);
            false
        }
        _ if translation.exact => true,
        Part::Text(text) => !text.text.is_empty(),
        Part::Refusal(text) => !text.is_empty(),
        Part::Reasoning(part) => {
            // Who speaks the protocol without signing takes its own thoughts back as they are.
            let signed = part.signature.is_some() || part.redacted.is_some();
            let told = signed || has_ours(part.extra.as_ref());
            if !told {
                unsigned(translation);
            }
            told
        }
        _ => true,
    }
}

fn unsigned(translation: &mut Translation) {
    translation.warn(
        "earlier reasoning was left out: it does not have this provider's signature".to_owned(),
    );
}

/// Claude's signatures are the same wherever it runs.
fn is_known(part: &ReasoningPart) -> bool {
    let ours = |extra: &Native| is_ours(extra) || extra.dialect == "bedrock-converse";
    part.extra.as_ref().is_none_or(ours)
}

/// Content: a string for one plain text, otherwise a list of blocks.
pub(crate) fn write_content(
    parts: &[&Part],
    out: &mut Vec<u8>,
    translation: &mut Translation,
) -> Result<(), Failure> {
    match parts {
        [Part::Text(TextPart { text, cache: None, extra: None })] => {
            write_string(text, out);
            Ok(())
        }
        parts => list(out, parts, |out, part| write_part(part, out, translation)),
    }
}

fn write_part(
    part: &Part,
    out: &mut Vec<u8>,
    translation: &mut Translation,
) -> Result<(), Failure> {
    match part {
        Part::Text(text) => {
            let mut object = Object::open(out, translation.members(text.extra.as_ref())?);
            object.put("type", "text");
            object.put("text", &text.text);
            write_cache(text.cache, &mut object);
            object.close();
            Ok(())
        }
        // The model's own words, which it is shown as words.
        Part::Refusal(text) => {
            write_text(text, out);
            Ok(())
        }
        Part::Media(part) => media::write(part, out, translation),
        Part::Reasoning(part) => write_reasoning(part, out, translation),
        Part::ToolCall(call) => write_call(call, out, translation),
        Part::ToolResult(result) => write_result(result, out, translation),
        Part::Native(native) => write_native(native, out),
    }
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

/// Asks to keep the prompt up to here.
pub(crate) fn write_cache(hint: Option<CacheHint>, object: &mut Object<'_, '_>) {
    match hint {
        Some(CacheHint::Short) => object.raw("cache_control", r#"{"type":"ephemeral"}"#),
        Some(CacheHint::Long) => {
            object.raw("cache_control", r#"{"type":"ephemeral","ttl":"1h"}"#);
        }
        None => {}
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    let mut object = Object::open(out, Members::default());
    object.put("type", "text");
    object.put("text", text);
    object.close();
}

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

/// See [`crate::block::stream_event`].
fn is_stream_event(value: &str) -> bool {
    let members: Result<Members<'_>, _> = serde_json::from_str(value);
    members.is_ok_and(|members| members.get("event").is_some() && members.get("type").is_none())
}

fn write_reasoning(
    part: &ReasoningPart,
    out: &mut Vec<u8>,
    translation: &mut Translation,
) -> Result<(), Failure> {
    let mut object = Object::open(out, translation.members(part.extra.as_ref())?);
    if let Some(redacted) = &part.redacted {
        object.put("type", "redacted_thinking");
        object.put("data", redacted);
    } else {
        object.put("type", "thinking");
        object.put("thinking", &part.text);
        object.maybe("signature", part.signature.as_ref());
    }
    object.close();
    Ok(())
}

fn write_call(
    call: &ToolCall,
    out: &mut Vec<u8>,
    translation: &mut Translation,
) -> Result<(), Failure> {
    if call.signature.is_some() {
        translation.left_out("the signature of a tool call");
    }
    let mut object = Object::open(out, translation.members(call.extra.as_ref())?);
    object.put("type", "tool_use");
    object.put("id", id(&call.id, translation.exact));
    object.put("name", &call.name);
    let input = call.arguments.trim();
    if input.is_empty() || object.spells("input") {
        object.raw("input", "{}");
    } else if serde_json::from_str::<Members<'_>>(input).is_ok() {
        object.raw("input", input);
    } else {
        // The provider takes objects only; this is how it wants to be shown what a
        // model wrote that is none.
        translation.warn(format!(
            "the arguments of `{}` are not a JSON object and were wrapped in one",
            call.name
        ));
        object.with("input", |out| {
            let mut wrapped = Object::open(out, Members::default());
            wrapped.put("INVALID_JSON", &call.arguments);
            wrapped.close();
            Ok(())
        })?;
    }
    object.close();
    Ok(())
}

/// The provider takes ids of letters, digits, `_` and `-`; other providers give
/// others. A call and its result change alike.
fn id(id: &str, exact: bool) -> Cow<'_, str> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    match exact || id.chars().all(good) {
        true => Cow::Borrowed(id),
        false => id.chars().map(|c| if good(c) { c } else { '_' }).collect(),
    }
}

fn write_result(
    result: &ToolResult,
    out: &mut Vec<u8>,
    translation: &mut Translation,
) -> Result<(), Failure> {
    let listed = has_ours(result.extra.as_ref());
    let mut object = Object::open(out, translation.members(result.extra.as_ref())?);
    object.put("type", "tool_result");
    object.put("tool_use_id", id(&result.call_id, translation.exact));
    match &result.content[..] {
        [] => {}
        [ToolResultPart::Text(text)] if !listed => object.put("content", text),
        parts => object.with("content", |out| {
            // An empty text says nothing in a list, and is refused there.
            let exact = translation.exact;
            let told = |part: &&ToolResultPart| {
                exact || !matches!(part, ToolResultPart::Text(text) if text.is_empty())
            };
            list(out, parts.iter().filter(told), |out, part| match part {
                ToolResultPart::Text(text) => {
                    write_text(text, out);
                    Ok(())
                }
                ToolResultPart::Media(part) => media::write(part, out, translation),
                ToolResultPart::Native(native) => write_native(native, out),
            })
        })?,
    }
    if result.is_error {
        object.value("is_error", true);
    }
    write_cache(result.cache, &mut object);
    object.close();
    Ok(())
}
