//! A conversation as plain text, for models that only go on with a text.

use hotcell_sdk::{ChatRequest, Failure, Message, OutputFormat, Part, ReasoningOptions, Role};

/// A text for the model to go on with.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    /// The text.
    pub text: String,
    /// What was left out or said in another way: a sentence each, for an event.
    pub warnings: Vec<String>,
}

/// Renders the conversation of a request as plain text.
///
/// The only message of a user is the text itself. Any other conversation is a play, each
/// message a paragraph: `System: …`, `User: …`, `Assistant: …`. It ends with `Assistant:`,
/// or with the beginning of an answer, where the last message is the assistant's. Only the
/// model's own template would be better, and that is not known here.
///
/// # Errors
/// `unsupported` for tools, media and a form of the answer, for which text has no words.
pub fn prompt(request: &ChatRequest) -> Result<Prompt, Failure> {
    let refuse =
        |what: &str| Err(Failure::unsupported(format!("{what}: this is a completion of text")));
    if !request.tools.is_empty() {
        return refuse("tools cannot be offered");
    }
    if request.output.as_ref().is_some_and(|output| !matches!(output, OutputFormat::Text)) {
        return refuse("the answer cannot be held to a form");
    }
    let mut warnings = Vec::new();
    let asked = |reasoning: &ReasoningOptions| {
        reasoning.effort.is_some() || reasoning.budget_tokens.is_some()
    };
    if request.reasoning.as_ref().is_some_and(asked) {
        warnings.push("how much to think was left out: this is a completion of text".to_owned());
    }
    if let [message] = &request.messages[..]
        && message.role == Role::User
    {
        return Ok(Prompt { text: words(message, &mut warnings)?, warnings });
    }
    warnings.push(
        "the conversation was written as plain text, with a name before each message".to_owned(),
    );
    let mut text = String::new();
    let mut open = false;
    for message in &request.messages {
        let name = match message.role {
            Role::System | Role::Developer => "System: ",
            Role::User => "User: ",
            Role::Assistant => "Assistant: ",
            Role::Tool => return refuse("the result of a tool cannot be given"),
        };
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(name);
        text.push_str(&words(message, &mut warnings)?);
        open = message.role == Role::Assistant;
    }
    if !open {
        text.push_str("\n\nAssistant:");
    }
    Ok(Prompt { text, warnings })
}

fn words(message: &Message, warnings: &mut Vec<String>) -> Result<String, Failure> {
    let mut words = String::new();
    for part in &message.parts {
        let refuse = |what: &str| {
            Err(Failure::unsupported(format!(
                "{what} cannot be given: this is a completion of text"
            )))
        };
        match part {
            Part::Text(text) => words.push_str(&text.text),
            Part::Refusal(text) => words.push_str(text),
            Part::Media(_) => return refuse("a medium"),
            Part::ToolCall(_) => return refuse("the call of a tool"),
            Part::ToolResult(_) => return refuse("the result of a tool"),
            // What a model thought, or told in words of its own, is not what was said.
            Part::Reasoning(_) => warn(warnings, "what the model thought before was left out"),
            Part::Native(_) if message.role == Role::Assistant => {
                warn(warnings, "a part of an earlier answer was left out");
            }
            Part::Native(native) => return refuse(&format!("a part of {}", native.dialect)),
        }
    }
    if message.extra.as_ref().is_some_and(|extra| extra.value.trim() != "{}") {
        warn(warnings, "what stood beside the content of a message was left out");
    }
    if message.name.is_some() {
        warn(warnings, "the name of a participant was left out");
    }
    Ok(words)
}

fn warn(warnings: &mut Vec<String>, sentence: &str) {
    if !warnings.iter().any(|known| known == sentence) {
        warnings.push(sentence.to_owned());
    }
}
