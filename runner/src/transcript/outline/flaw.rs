//! What cannot have been recorded.

use super::{
    AnswerOutline, CallOutline, EventOutline, ExchangeOutline, Instead, MessageOutline, Outline,
    PartOutline, ReadOutline, ResponseOutline,
};
use crate::limits::TRANSCRIPT_BYTES;
use crate::types::FailureKind;
use std::collections::BTreeMap;

pub(super) fn find(outline: &Outline) -> Option<String> {
    let Outline { content, call: asked, exchanges, answer, limits, endpoints, .. } = outline;
    if let Instead::Hashed(hashes) = content {
        if hashes.exchanges.len() != exchanges.len() {
            return Some("it has not one pair of hashes for each exchange".to_owned());
        }
        if hashes.salt.len() != 32 || !hashes.salt.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Some("its salt is none".to_owned());
        }
    }
    if let Some(flaw) = call(asked) {
        return Some(flaw.to_owned());
    }
    for (number, exchange) in exchanges.iter().enumerate() {
        let flaw = match endpoints.contains(&exchange.endpoint) {
            true => of_exchange(exchange),
            false => Some("goes to an endpoint that was not granted"),
        };
        if let Some(flaw) = flaw {
            return Some(format!("request {} {flaw}", number + 1));
        }
    }
    let crossed = exchanges.iter().map(bytes).fold(0, u64::saturating_add);
    if crossed > TRANSCRIPT_BYTES as u64 {
        return Some("more crossed the wall than a transcript has room for".to_owned());
    }
    if answer.events.len() as u64 > limits.events {
        return Some("the answer has more events than its limit".to_owned());
    }
    of_answer(asked, answer).map(|flaw| format!("the answer {flaw}"))
}

/// A whole is not smaller than its parts.
fn call(asked: &CallOutline) -> Option<&'static str> {
    let sum = |all: &mut dyn Iterator<Item = u64>| all.fold(0, u64::saturating_add);
    let (parts, whole) = match asked {
        CallOutline::Chat { messages, tools, bytes, .. } => {
            (sum(&mut lengths(messages).chain(tools.iter().copied())), *bytes)
        }
        CallOutline::CountTokens { messages, bytes, .. } => (sum(&mut lengths(messages)), *bytes),
        CallOutline::Embed { inputs, bytes, .. } | CallOutline::Moderate { inputs, bytes, .. } => {
            (sum(&mut inputs.iter().copied()), *bytes)
        }
        CallOutline::Rerank { documents: parts, bytes, .. }
        | CallOutline::Images { sources: parts, bytes, .. } => {
            (sum(&mut parts.iter().copied()), *bytes)
        }
        CallOutline::Speak { .. }
        | CallOutline::Transcribe { .. }
        | CallOutline::Stored { .. }
        | CallOutline::Retell { .. }
        | CallOutline::Models => return None,
    };
    (parts > whole).then_some("what was asked is shorter than its parts")
}

fn lengths(messages: &[MessageOutline]) -> impl Iterator<Item = u64> {
    messages.iter().flat_map(|message| &message.parts).map(|part| match part {
        PartOutline::Text(bytes)
        | PartOutline::Media(bytes)
        | PartOutline::Reasoning(bytes)
        | PartOutline::ToolCall(bytes)
        | PartOutline::ToolResult(bytes)
        | PartOutline::Refusal(bytes)
        | PartOutline::Native(bytes) => *bytes,
    })
}

fn of_exchange(exchange: &ExchangeOutline) -> Option<&'static str> {
    let ExchangeOutline { path, path_bytes, failure, status, response_headers, reads, .. } =
        exchange;
    if path.as_ref().is_some_and(|path| path.len() as u64 > *path_bytes || path.contains('?')) {
        return Some("has a path that is none");
    }
    let failed = failure.as_ref().map(|failure| failure.kind);
    let went_out = status.is_some() || failed.is_some_and(|kind| kind != FailureKind::Denied);
    if path.is_some() != went_out {
        return Some("has a path without having been let through, or none although it was");
    }
    if status.is_some() && failure.is_some() {
        return Some("has a response, and failed to have one");
    }
    if status.is_none() && !(reads.is_empty() && response_headers.is_empty()) {
        return Some("has bytes of a response that it does not have");
    }
    let end = reads.iter().position(|read| *read == ReadOutline::End).unwrap_or(reads.len());
    let goes_on = reads[end..].iter().any(|read| matches!(read, ReadOutline::Bytes(_)));
    goes_on.then_some("has a response that goes on after its end")
}

fn bytes(exchange: &ExchangeOutline) -> u64 {
    let ExchangeOutline { path_bytes, headers, body, reads, .. } = exchange;
    let reads = reads.iter().map(|read| match read {
        ReadOutline::Bytes(bytes) => *bytes,
        ReadOutline::End | ReadOutline::Failure(_) => 0,
    });
    let all = headers.iter().copied().chain(reads).chain([*path_bytes, *body]);
    all.fold(0, u64::saturating_add)
}

fn of_answer(asked: &CallOutline, answer: &AnswerOutline) -> Option<&'static str> {
    let AnswerOutline { events, response, sound, failure, ended } = answer;
    let is_chat = matches!(asked, CallOutline::Chat { .. } | CallOutline::Retell { .. });
    let is_sound = matches!(asked, CallOutline::Speak { .. });
    let fits = matches!(
        (asked, response),
        (_, None)
            | (CallOutline::Embed { .. }, Some(ResponseOutline::Vectors(_)))
            | (CallOutline::Models, Some(ResponseOutline::Models(_)))
            | (CallOutline::Rerank { .. }, Some(ResponseOutline::Ranking(_)))
            | (CallOutline::CountTokens { .. }, Some(ResponseOutline::Tokens(_)))
            | (CallOutline::Images { .. }, Some(ResponseOutline::Images(_)))
            | (CallOutline::Transcribe { .. }, Some(ResponseOutline::Transcription(_)))
            | (CallOutline::Moderate { .. }, Some(ResponseOutline::Verdicts(_)))
            | (CallOutline::Stored { .. }, Some(ResponseOutline::Stored(_)))
    );
    if (!is_chat && !events.is_empty()) || (!is_sound && !sound.is_empty()) || !fits {
        return Some("is to another question");
    }
    if failure.is_some() && !(*ended && response.is_none()) {
        return Some("failed, and did not");
    }
    let succeeded = *ended && failure.is_none();
    if response.is_some() != (succeeded && !is_chat && !is_sound) {
        return Some("has its result, and has it not");
    }
    if is_chat { order(events, succeeded) } else { None }
}

/// The order of `wit/types.wit`.
fn order(events: &[EventOutline], succeeded: bool) -> Option<&'static str> {
    let mut finished = BTreeMap::new();
    let mut started = false;
    for event in events {
        let choice = match event {
            EventOutline::Started(_) if started || !finished.is_empty() => {
                return Some("begins twice, or late");
            }
            EventOutline::Started(_) => {
                started = true;
                continue;
            }
            EventOutline::Warning(_) | EventOutline::Usage { .. } | EventOutline::Native(_) => {
                continue;
            }
            EventOutline::Finished { choice, .. } => {
                if finished.insert(*choice, true) == Some(true) {
                    return Some("ends twice");
                }
                continue;
            }
            EventOutline::Text(piece)
            | EventOutline::Reasoning(piece)
            | EventOutline::Refusal(piece)
            | EventOutline::Signature(piece)
            | EventOutline::RedactedReasoning(piece)
            | EventOutline::ToolCallStarted(piece)
            | EventOutline::ToolCallArguments(piece)
            | EventOutline::Media(piece)
            | EventOutline::Citation(piece)
            | EventOutline::Logprobs(piece) => piece.choice,
        };
        if *finished.entry(choice).or_insert(false) {
            return Some("goes on after its end");
        }
    }
    let whole = !finished.is_empty() && finished.values().all(|finished| *finished);
    (succeeded && !whole).then_some("ended without an end")
}
