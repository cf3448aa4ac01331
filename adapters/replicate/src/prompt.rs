//! A conversation as text.

use crate::request::{lost, unsupported};
use hotcell_sdk::{Failure, Message, Part, Role};

/// What a model reads.
pub(crate) struct Prompt {
    pub(crate) system: Option<String>,
    pub(crate) text: String,
}

pub(crate) fn write(messages: &[Message], warnings: &mut Vec<String>) -> Result<Prompt, Failure> {
    let mut system: Option<String> = None;
    let mut turns = Vec::new();
    for message in messages {
        if message.name.is_some() {
            lost("the name of a participant", warnings);
        }
        let text = text(message, warnings)?;
        match message.role {
            Role::System | Role::Developer => {
                if !turns.is_empty() {
                    warn("instructions in the middle were moved to the beginning", warnings);
                }
                let system = system.get_or_insert_default();
                if !system.is_empty() {
                    system.push_str("\n\n");
                }
                system.push_str(&text);
            }
            Role::User | Role::Tool => turns.push(("User", text)),
            Role::Assistant => turns.push(("Assistant", text)),
        }
    }
    let text = match &mut turns[..] {
        [("User", text)] => std::mem::take(text),
        [] => String::new(),
        turns => {
            warn(
                "the conversation was written into one prompt, after the names of roles",
                warnings,
            );
            let begun = turns.last().is_some_and(|(role, _)| *role == "Assistant");
            let lines = turns.iter().map(|(role, text)| format!("{role}: {text}"));
            let mut lines: Vec<String> = lines.collect();
            // The model goes on with what stands last.
            if !begun {
                lines.push("Assistant:".to_owned());
            }
            lines.join("\n\n")
        }
    };
    Ok(Prompt { system, text })
}

fn text(message: &Message, warnings: &mut Vec<String>) -> Result<String, Failure> {
    let mut text = String::new();
    for part in &message.parts {
        match part {
            Part::Text(part) => add(&mut text, &part.text),
            Part::Refusal(words) => add(&mut text, words),
            Part::Reasoning(_) => lost("what the model thought before", warnings),
            Part::Native(native) if message.role == Role::Assistant => {
                lost(&format!("a part of an earlier answer in {}", native.dialect), warnings);
            }
            Part::Native(_) => return Err(unsupported("a native part")),
            Part::Media(_) => return Err(unsupported("a medium")),
            Part::ToolCall(_) | Part::ToolResult(_) => return Err(unsupported("the use of tools")),
        }
    }
    Ok(text)
}

/// Parts stand apart as they would on a page.
fn add(text: &mut String, more: &str) {
    if !text.is_empty() && !more.is_empty() {
        text.push('\n');
    }
    text.push_str(more);
}

fn warn(sentence: &str, warnings: &mut Vec<String>) {
    if !warnings.iter().any(|known| known == sentence) {
        warnings.push(sentence.to_owned());
    }
}
