//! The way back: an answer's events, written as a client of a dialect reads them.
//!
//! What the provider said of the same dialect comes out as it came in: `extra`, `native` and
//! `raw` are written back. What only another dialect has a word for is left out.

use crate::{
    DialectError, anthropic_messages, gemini, openai_chat, openai_completions, openai_responses,
};
use hotcell::types::{ChatRequest, Event, Failure};
use std::fmt;

/// A dialect in which a client asks for a chat answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `POST /v1/chat/completions`.
    OpenAiChat,
    /// `POST /v1/completions`.
    OpenAiCompletions,
    /// `POST /v1/responses`.
    OpenAiResponses,
    /// `POST /v1/messages`.
    AnthropicMessages,
    /// `POST /v1beta/models/MODEL:generateContent`.
    Gemini,
}

/// What an answer says of itself where its provider does not.
#[derive(Clone, Debug, PartialEq)]
pub struct About {
    /// Unique among answers; in a form that every dialect accepts: letters, digits, dashes.
    pub id: String,
    /// The model, as the client called it.
    pub model: String,
    /// When it began: seconds since 1970.
    pub created: u64,
}

/// An answer that could not be given, as the dialect says it.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The body: JSON.
    pub body: Vec<u8>,
}

/// Writes the events of an answer as the frames of a stream. Everything is appended to
/// `out`, and complete: a frame never stays behind until the next call.
pub trait AnswerWriter: Send + fmt::Debug {
    /// One event. One that the dialect has no word for writes nothing.
    fn event(&mut self, event: Event, out: &mut Vec<u8>);

    /// The end of an answer that is complete.
    fn end(&mut self, out: &mut Vec<u8>);

    /// The end of an answer that failed in the middle: the dialect's own error, and nothing
    /// that looks like an end.
    fn fail(&mut self, failure: &Failure, out: &mut Vec<u8>);
}

impl Dialect {
    /// Its name, as `extra` and `native` are tagged with.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAiChat => openai_chat::DIALECT,
            Self::OpenAiCompletions => openai_completions::DIALECT,
            Self::OpenAiResponses => openai_responses::DIALECT,
            Self::AnthropicMessages => anthropic_messages::DIALECT,
            Self::Gemini => gemini::DIALECT,
        }
    }

    /// The media type of a streamed answer.
    pub const fn stream_type(self) -> &'static str {
        "text/event-stream; charset=utf-8"
    }

    /// What says nothing in a stream, but that it goes on; none where the clients of the dialect
    /// know no such thing. Between two frames.
    pub const fn sign_of_life(self) -> Option<&'static [u8]> {
        match self {
            Self::AnthropicMessages => Some(b"event: ping\ndata: {\"type\":\"ping\"}\n\n"),
            // A comment (https://html.spec.whatwg.org/multipage/server-sent-events.html).
            Self::OpenAiChat | Self::OpenAiCompletions | Self::OpenAiResponses => {
                Some(b": the answer goes on\n\n")
            }
            Self::Gemini => None,
        }
    }

    /// Writes a streamed answer to this request.
    pub fn stream(self, request: &ChatRequest, about: About) -> Box<dyn AnswerWriter> {
        match self {
            Self::OpenAiChat => Box::new(openai_chat::StreamWriter::new(request, about)),
            Self::OpenAiCompletions => {
                Box::new(openai_completions::StreamWriter::new(request, about))
            }
            Self::OpenAiResponses => Box::new(openai_responses::StreamWriter::new(request, about)),
            Self::AnthropicMessages => {
                Box::new(anthropic_messages::StreamWriter::new(request, about))
            }
            Self::Gemini => Box::new(gemini::StreamWriter::new(request, about)),
        }
    }

    /// Writes a whole answer to this request: JSON.
    pub fn whole(self, request: &ChatRequest, about: About, events: Vec<Event>) -> Vec<u8> {
        match self {
            Self::OpenAiChat => openai_chat::write_answer(request, about, events),
            Self::OpenAiCompletions => openai_completions::write_answer(request, about, events),
            Self::OpenAiResponses => openai_responses::write_answer(request, about, events),
            Self::AnthropicMessages => anthropic_messages::write_answer(request, about, events),
            Self::Gemini => gemini::write_answer(request, about, events),
        }
    }

    /// Writes why there is no answer. An error that a provider of the same dialect gave comes
    /// out as it came.
    pub fn refusal(self, failure: &Failure) -> Refusal {
        match self {
            Self::OpenAiChat | Self::OpenAiCompletions | Self::OpenAiResponses => {
                openai_chat::write_refusal(failure)
            }
            Self::AnthropicMessages => anthropic_messages::write_refusal(failure),
            Self::Gemini => gemini::write_refusal(failure),
        }
    }
}

impl Refusal {
    /// Why a request could not be read, as a client's mistake.
    pub fn of(dialect: Dialect, error: &DialectError) -> Self {
        let kind = hotcell::types::FailureKind::InvalidRequest;
        let param = (!error.path.is_empty()).then(|| error.path.clone());
        dialect.refusal(&Failure { param, ..Failure::new(kind, error.to_string()) })
    }
}
