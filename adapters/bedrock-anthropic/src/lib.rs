//! Adapter for Claude on Amazon Bedrock by InvokeModel and InvokeModelWithResponseStream
//! (<https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html>).
//!
//! The words are those of Anthropic's messages: what becomes of a request and of an answer is
//! told in [`hotcell_anthropic_messages`]. So a client of them loses nothing here, which it
//! would by Converse. The way is Bedrock's:
//!
//! | of a request | is |
//! | --- | --- |
//! | the model | in the path: an id, an inference profile, or an ARN. `invoke/` before it is taken away |
//! | whether to stream | told by the path |
//! | the version of the protocol, beta features | in the body: `anthropic_version`, `anthropic_beta` |
//! | settings `guardrail-id`, `guardrail-version` | headers |
//! | images and documents by their address or the id of a file | refused as `unsupported`, unless a client of Anthropic's words wrote them so |
//!
//! | of an answer | is |
//! | --- | --- |
//! | an event of a stream | in base64 within a frame, in a member `bytes` |
//! | what Bedrock measured (`amazon-bedrock-invocationMetrics`) | `native`, with the event that it came in |
//! | a guardrail that stepped in | the reason `content-filter` |
//! | an exception, in a stream or in the place of an answer | a failure by the exception's name |

#![deny(unsafe_code)]

use hotcell_anthropic_messages::{Assembly, DIALECT, Platform, write};
use hotcell_bedrock::{Answer, invoke, is_intervened};
use hotcell_sdk::{Assemble, Chat, ChatRequest, Event, Failure, FinishReason, export};

/// The adapter.
pub struct BedrockAnthropic;

impl Chat for BedrockAnthropic {
    type Completion = Answer<Invoked>;

    fn complete(request: ChatRequest) -> Result<Answer<Invoked>, Failure> {
        let outgoing = write(&request, Platform::Bedrock, false)?;
        Failure::where_strict(&outgoing.warnings)?;
        let model = request.model.strip_prefix("invoke/").unwrap_or(&request.model);
        let response = invoke(model, request.stream, outgoing.body, DIALECT)?;
        Answer::begin(response, Invoked::default(), DIALECT, outgoing.warnings)
    }
}

/// An answer so far.
#[derive(Default)]
pub struct Invoked {
    words: Assembly,
    /// A guardrail stepped in.
    intervened: bool,
}

impl Assemble for Invoked {
    fn event(&mut self, name: &str, data: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        // Of a kind that is newer than this.
        if name != "chunk" {
            return Ok(());
        }
        self.intervened |= is_intervened(data);
        let before = events.len();
        // The type stands in what is in the chunk.
        let read = self.words.event("", data, events);
        self.mark(&mut events[before..]);
        read
    }

    fn whole(&mut self, body: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        self.intervened = is_intervened(body);
        self.words.whole(body, events)?;
        self.mark(events);
        Ok(())
    }

    fn end(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        self.words.end(events)
    }

    fn has_ended(&self) -> bool {
        self.words.has_ended()
    }
}

impl Invoked {
    fn mark(&self, events: &mut [Event]) {
        if let Some(Event::Finished(finished)) =
            events.iter_mut().find(|event| matches!(event, Event::Finished(_)))
            && self.intervened
        {
            finished.reason = FinishReason::ContentFilter;
        }
    }
}

export!(BedrockAnthropic: chat);
