//! What is made of an answer, in the words of its container.

use crate::generated::Generated;
use hotcell_openai_chat::Assembly;
use hotcell_sdk::{Assemble, ChatRequest, Event, Failure};

/// An answer so far.
pub(crate) enum Words {
    OpenAi(Assembly),
    HuggingFace(Generated),
}

impl Words {
    pub(crate) fn openai() -> Self {
        Self::OpenAi(Assembly::default())
    }

    pub(crate) fn generated(request: &ChatRequest) -> Self {
        Self::HuggingFace(Generated::new(request.sampling.logprobs.is_some()))
    }
}

impl Assemble for Words {
    fn event(&mut self, name: &str, data: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        match self {
            Self::OpenAi(words) => words.event(name, data, events),
            Self::HuggingFace(words) => words.event(name, data, events),
        }
    }

    fn whole(&mut self, body: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        match self {
            Self::OpenAi(words) => words.whole(body, events),
            Self::HuggingFace(words) => words.whole(body, events),
        }
    }

    fn end(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        match self {
            Self::OpenAi(words) => words.end(events),
            Self::HuggingFace(words) => words.end(events),
        }
    }

    fn has_ended(&self) -> bool {
        match self {
            Self::OpenAi(words) => words.has_ended(),
            Self::HuggingFace(words) => words.has_ended(),
        }
    }
}
