//! Short forms of the events that every adapter yields.

use crate::{Delta, Event, FinishReason, Finished};

/// A piece of text.
pub fn text(choice: u32, index: u32, text: impl Into<String>) -> Event {
    Event::Text(Delta { choice, index, text: text.into() })
}

/// A piece of what the model thinks.
pub fn reasoning(choice: u32, index: u32, text: impl Into<String>) -> Event {
    Event::Reasoning(Delta { choice, index, text: text.into() })
}

/// Something of the request that was left out or changed, or that is odd about the
/// answer: a sentence for a person.
pub fn warning(sentence: impl Into<String>) -> Event {
    Event::Warning(sentence.into())
}

/// The end of a choice, from the word that most providers use for it. The word
/// itself is kept.
pub fn finished(choice: u32, word: &str) -> Event {
    let reason = match word {
        "stop" | "end_turn" | "stop_sequence" | "eos" => FinishReason::Stop,
        "length" | "max_tokens" | "model_length" => FinishReason::Length,
        "tool_calls" | "tool_use" | "function_call" => FinishReason::ToolCalls,
        "content_filter" => FinishReason::ContentFilter,
        "refusal" => FinishReason::Refusal,
        "pause_turn" => FinishReason::Pause,
        _ => FinishReason::Other,
    };
    Event::Finished(Finished { choice, reason, raw: Some(word.to_owned()), extra: None })
}
