//! Adapter for text that models on Replicate write
//! (<https://replicate.com/docs/reference/http>).
//!
//! A model is `owner/name`, `owner/name:version` or a version. Each has an input of its own;
//! what is written here is what nearly all models of language have.
//!
//! | of a request | becomes |
//! | --- | --- |
//! | system and developer messages | `system_prompt` |
//! | one message of the user's | `prompt` |
//! | more than that | `prompt`, each turn after the name of its role, warned |
//! | name of a participant, earlier reasoning, the model's own parts in other dialects | warned |
//! | media, tools, their calls and results, JSON, other native parts | refused as `unsupported` |
//! | sampling | members of the input by the same names; the limit is called what the setting `max-tokens` says |
//! | stop sequences | `stop_sequences`, in one text with commas between; one with a comma is refused |
//! | streaming | warned: the answer comes at once |
//! | several choices, log probabilities, reasoning options | warned |
//! | `extra` of this dialect | merged into the input; wins |
//! | `extra` of another dialect | warned, by the name of each member, save for other spellings of what is said above |
//!
//! The provider streams from addresses that it names, and an adapter follows none. So the
//! request waits for the whole answer, which the provider holds back for up to a minute. One
//! that takes longer is asked for again a few times, and then cancelled: a cell has no clock
//! to wait by.

#![deny(unsafe_code)]

mod prediction;
mod prompt;
mod request;

use hotcell_sdk::{Chat, ChatRequest, Completion, Event, Failure, export};

/// The adapter.
pub struct Replicate;

/// The dialect of inputs.
pub(crate) const DIALECT: &str = "replicate-input";

impl Chat for Replicate {
    type Completion = Answer;

    fn complete(request: ChatRequest) -> Result<Answer, Failure> {
        let body = request::write(&request)?;
        Failure::where_strict(&body.warnings)?;
        let warnings = body.warnings.iter().map(|sentence| hotcell_sdk::warning(sentence.as_str()));
        let mut events: Vec<Event> = warnings.collect();
        events.extend(prediction::make(&body)?);
        Ok(Answer(Some(events)))
    }
}

/// An answer, which comes at once.
pub struct Answer(Option<Vec<Event>>);

impl Completion for Answer {
    fn next(&mut self) -> Result<Option<Vec<Event>>, Failure> {
        Ok(self.0.take())
    }
}

export!(Replicate: chat);
