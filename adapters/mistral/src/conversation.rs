//! Brings a conversation to the rules that Mistral has for it.

use crate::extra::{is_own, lost, own, remove, replace, warn, with};
use crate::{ids, media};
use hotcell_openai_chat::DIALECT;
use hotcell_openai_chat::json::{object, present, string};
use hotcell_sdk::{
    ChatRequest, Failure, Message, Native, Part, ReasoningPart, Role, TextPart, Tool, ToolResult,
    ToolResultPart, setting,
};

/// Members of OpenAI's answers that Mistral does not take back. What they say and the
/// types model goes back in Mistral's own form.
const OF_ANSWERS: [&str; 7] = [
    "annotations",
    "audio",
    "function_call",
    "reasoning",
    "reasoning_content",
    "reasoning_details",
    "refusal",
];

pub(crate) fn prepare(
    request: &mut ChatRequest,
    warnings: &mut Vec<String>,
) -> Result<(), Failure> {
    for message in &mut request.messages {
        prepare_message(message, warnings)?;
    }
    request.messages.retain(|message| message.role != Role::Assistant || says_something(message));
    let messages = std::mem::take(&mut request.messages);
    request.messages = in_order(messages, warnings);
    go_on(request, warnings);
    for tool in &mut request.tools {
        if let Tool::Function(function) = tool
            && function.parameters.is_none()
            && !["type", "parameters"].iter().any(|name| own(function.extra.as_ref()).has(name))
        {
            // Mistral insists on them.
            function.parameters = Some("{\"type\":\"object\",\"properties\":{}}".to_owned());
        }
    }
    if !is_own(request.extra.as_ref()) || setting("tool-ids").as_deref() == Some("all") {
        ids::rename(request);
    }
    Ok(())
}

fn prepare_message(message: &mut Message, warnings: &mut Vec<String>) -> Result<(), Failure> {
    if message.role == Role::Developer {
        message.role = Role::System;
    }
    if message.role != Role::Tool && message.name.take().is_some() {
        lost(warnings, "the name of a participant");
    }
    if is_own(message.extra.as_ref()) {
        for name in ["annotations", "audio"] {
            if present(own(message.extra.as_ref()).get(name)).is_some() {
                lost(warnings, &format!("`{name}` of an earlier answer"));
            }
        }
        remove(&mut message.extra, &OF_ANSWERS);
    }
    for part in &mut message.parts {
        match part {
            Part::Refusal(text) => {
                let text = std::mem::take(text);
                *part = Part::Text(TextPart { text, cache: None, extra: None });
            }
            Part::Media(medium) => media::prepare(medium, warnings)?,
            Part::Reasoning(thought) => think(thought, warnings),
            Part::ToolResult(result) => prepare_result(result, warnings)?,
            _ => {}
        }
    }
    // A thought of which only the cipher is known, and that this provider cannot read.
    message.parts.retain(|part| match part {
        Part::Reasoning(thought) => {
            let spelled = |extra: &Native| extra.value != "{}";
            !thought.text.is_empty() || thought.extra.as_ref().is_some_and(spelled)
        }
        _ => true,
    });
    Ok(())
}

/// A thought goes back as the part that it was, with its signature.
fn think(thought: &mut ReasoningPart, warnings: &mut Vec<String>) {
    if thought.redacted.take().is_some() {
        lost(warnings, "the cipher of what the model thought before");
    }
    let foreign = thought.extra.is_some() && !is_own(thought.extra.as_ref());
    if foreign && thought.signature.take().is_some() {
        lost(warnings, "another provider's signature of what a model thought before");
    }
    let whole = own(thought.extra.as_ref()).has("type");
    if whole || thought.text.is_empty() || setting("reasoning-input").as_deref() == Some("none") {
        return;
    }
    let text = string(&thought.text);
    let text = object([("type", "\"text\""), ("text", &text)]);
    let list = format!("[{text}]");
    let signature = thought.signature.as_deref().map(string);
    let members = [("type", "\"thinking\""), ("thinking", list.as_str())];
    let signature = signature.as_deref().map(|signature| ("signature", signature));
    let part = object(members.into_iter().chain(signature));
    replace(&mut thought.extra, part, warnings);
}

/// Media may stand in a result, if it is a list of parts.
fn prepare_result(result: &mut ToolResult, warnings: &mut Vec<String>) -> Result<(), Failure> {
    let mut any = false;
    for part in &mut result.content {
        if let ToolResultPart::Media(medium) = part {
            any = true;
            media::prepare(medium, warnings)?;
        }
    }
    if any && !is_own(result.extra.as_ref()) {
        replace(&mut result.extra, "{}".to_owned(), warnings);
    }
    Ok(())
}

/// Whether there is anything in an answer. One without content and calls is refused.
fn says_something(message: &Message) -> bool {
    let said = |part: &Part| match part {
        Part::Text(text) => !text.text.is_empty(),
        _ => true,
    };
    let extra = own(message.extra.as_ref());
    let spelled = ["content", "tool_calls"].iter().any(|name| present(extra.get(name)).is_some());
    spelled || message.parts.iter().any(said)
}

/// A system message may follow one of its kind or of the user's only. Mistral puts all of
/// them together anyway.
fn in_order(messages: Vec<Message>, warnings: &mut Vec<String>) -> Vec<Message> {
    let mut ordered: Vec<Message> = Vec::with_capacity(messages.len());
    let mut lead = 0;
    for message in messages {
        let before = ordered.last().map(|message| message.role);
        if message.role != Role::System {
            ordered.push(message);
            continue;
        }
        if matches!(before, Some(Role::Assistant | Role::Tool)) {
            warn(
                warnings,
                "a system message in the middle of the conversation was moved to its beginning",
            );
            ordered.insert(lead, message);
            lead += 1;
        } else {
            if lead == ordered.len() {
                lead += 1;
            }
            ordered.push(message);
        }
    }
    ordered
}

/// The answer goes on with what the assistant has said last.
fn go_on(request: &mut ChatRequest, warnings: &mut Vec<String>) {
    let Some(last) = request.messages.last_mut().filter(|last| last.role == Role::Assistant) else {
        return;
    };
    let extra = own(last.extra.as_ref());
    if extra.has("prefix") || extra.has("tool_calls") {
        return;
    }
    if last.parts.iter().any(|part| matches!(part, Part::ToolCall(_))) {
        return;
    }
    match &mut last.extra {
        Some(Native { dialect, value }) if dialect == DIALECT => {
            *value = with(value, "prefix", "true");
        }
        extra => replace(extra, "{\"prefix\":true}".to_owned(), warnings),
    }
}
