//! Content blocks of an answer that came in one piece.

use crate::json::{Members, elements, native};
use crate::naming::Names;
use crate::open::{call, decoded, image, is_callers};
use hotcell_sdk::{Delta, Event, Failure, NativeAt};

/// Reads a block into events, and tells whether it calls something of the caller's.
pub(crate) fn read(
    index: u32,
    raw: &str,
    names: &Names,
    events: &mut Vec<Event>,
) -> Result<bool, Failure> {
    let mut block = Members::of(raw, "a block")?;
    block.0.retain(|(_, value)| *value != "null");
    let as_it_is = || Event::Native(NativeAt { choice: 0, index, value: native(raw) });
    let [(name, value)] = &block.0[..] else {
        events.push(as_it_is());
        return Ok(false);
    };
    let delta = |text: String| Delta { choice: 0, index, text };
    match name.as_ref() {
        "text" => {
            let text = block.text("text")?.unwrap_or_default().into_owned();
            events.push(Event::Text(delta(text)));
        }
        "reasoningContent" => {
            let content = Members::of(value, "reasoning")?;
            if let Some(redacted) = content.text("redactedContent")? {
                events.push(Event::RedactedReasoning(delta(redacted.into_owned())));
            } else if let Some(thought) = content.get("reasoningText") {
                let thought = Members::of(thought, "reasoning")?;
                let text = thought.text("text")?.unwrap_or_default().into_owned();
                events.push(Event::Reasoning(delta(text)));
                let signature = thought.text("signature")?.filter(|text| !text.is_empty());
                events.extend(signature.map(|text| Event::Signature(delta(text.into_owned()))));
            } else {
                events.push(as_it_is());
            }
        }
        "toolUse" => {
            let members = Members::of(value, "a call")?;
            if !is_callers(&members) {
                events.push(as_it_is());
                return Ok(false);
            }
            events.push(Event::ToolCallStarted(call(index, &members, names)?));
            let input = members.get("input").unwrap_or("{}");
            if input != "{}" {
                events.push(Event::ToolCallArguments(delta(input.to_owned())));
            }
            return Ok(true);
        }
        "citationsContent" => cited(index, value, events)?,
        "image" => {
            let members = Members::of(value, "an image")?;
            let source = members.get("source").map(|raw| Members::of(raw, "a source"));
            match source.transpose()?.unwrap_or_default().text("bytes")? {
                Some(base64) => {
                    let format = members.text("format")?.unwrap_or_default();
                    events.push(image(index, &format, decoded(&base64)?));
                }
                None => events.push(as_it_is()),
            }
        }
        _ => events.push(as_it_is()),
    }
    Ok(false)
}

/// Words and the sources that back them: in a stream they come as text and citations, and
/// so they do here.
fn cited(index: u32, raw: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
    let content = Members::of(raw, "cited content")?;
    for piece in content.get("content").and_then(elements).unwrap_or_default() {
        if let Some(text) = Members::of(piece, "cited content")?.text("text")? {
            events.push(Event::Text(Delta { choice: 0, index, text: text.into_owned() }));
        }
    }
    for citation in content.get("citations").and_then(elements).unwrap_or_default() {
        let value = native(citation);
        events.push(Event::Citation(NativeAt { choice: 0, index, value }));
    }
    Ok(())
}
