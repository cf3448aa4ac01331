//! What is left of a transcript where content must not be kept.
//!
//! Nothing is taken out of a transcript here: an outline is drawn from one, and holds what
//! it says it holds and nothing else. So no text can be forgotten in it. Lengths are in
//! bytes; of a thing that is more than a text it is the length of its JSON.

mod compare;
mod draw;
mod flaw;

use super::{Content, ContentHashes, Timing, Transcript};
use crate::limits::Limits;
use crate::types::{Action, FailureKind, FinishReason, Role};
use hotcell_manifest::{Digest, Method};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;

/// A transcript without what people and models said: who, what kind, in which order, how
/// long, and with what outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Outline {
    /// The version of the format.
    pub version: u32,
    /// What stands in the place of the content.
    pub content: Instead,
    /// The request's id in the audit log.
    pub request_id: String,
    /// The provider, as configured.
    pub provider: String,
    /// The adapter, as its manifest has it.
    pub adapter: String,
    /// The component.
    pub digest: Digest,
    /// Whether the harmless part of WASI was linked.
    pub wasi: bool,
    /// The settings that the adapter could read, and how long their values are.
    pub settings: BTreeMap<String, u64>,
    /// The endpoints that were granted, by name.
    pub endpoints: Vec<String>,
    /// The limits of the cell.
    pub limits: Limits,
    /// What was asked.
    pub call: CallOutline,
    /// What the adapter sent, and what it got, in order.
    pub exchanges: Vec<ExchangeOutline>,
    /// What it yielded.
    pub answer: AnswerOutline,
    /// When, and how long.
    pub timing: Timing,
}

/// What stands in the place of content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Instead {
    /// Nothing.
    Dropped,
    /// Hashes.
    Hashed(ContentHashes),
}

/// What was asked of an adapter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum CallOutline {
    /// A chat answer.
    #[serde(rename_all = "kebab-case")]
    Chat {
        /// The model.
        model: String,
        /// The conversation.
        messages: Vec<MessageOutline>,
        /// The length of each tool's description.
        tools: Vec<u64>,
        /// Whether a stream was asked for.
        stream: bool,
        /// The length of the whole.
        bytes: u64,
    },
    /// Vectors.
    #[serde(rename_all = "kebab-case")]
    Embed {
        /// The model.
        model: String,
        /// The length of each input.
        inputs: Vec<u64>,
        /// How long the vectors were to be.
        dimensions: Option<u32>,
        /// The length of the whole.
        bytes: u64,
    },
    /// The list of models.
    Models,
    /// An order of documents.
    #[serde(rename_all = "kebab-case")]
    Rerank {
        /// The model.
        model: String,
        /// The length of each document.
        documents: Vec<u64>,
        /// The length of the whole.
        bytes: u64,
    },
    /// The tokens of a request.
    #[serde(rename_all = "kebab-case")]
    CountTokens {
        /// The model.
        model: String,
        /// The conversation.
        messages: Vec<MessageOutline>,
        /// The length of the whole.
        bytes: u64,
    },
    /// Images.
    #[serde(rename_all = "kebab-case")]
    Images {
        /// The model.
        model: String,
        /// The length of each image to start from.
        sources: Vec<u64>,
        /// The length of the whole.
        bytes: u64,
    },
    /// Sound.
    #[serde(rename_all = "kebab-case")]
    Speak {
        /// The model.
        model: String,
        /// The length of the whole.
        bytes: u64,
    },
    /// The text of sound.
    #[serde(rename_all = "kebab-case")]
    Transcribe {
        /// The model.
        model: String,
        /// The length of the whole.
        bytes: u64,
    },
    /// Verdicts.
    #[serde(rename_all = "kebab-case")]
    Moderate {
        /// The model.
        model: String,
        /// The length of each input.
        inputs: Vec<u64>,
        /// The length of the whole.
        bytes: u64,
    },
    /// Something about an answer that the provider keeps.
    #[serde(rename_all = "kebab-case")]
    Stored {
        /// What.
        action: Action,
        /// The length of the whole.
        bytes: u64,
    },
    /// Such an answer once more, as events.
    #[serde(rename_all = "kebab-case")]
    Retell {
        /// The length of the whole.
        bytes: u64,
    },
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MessageOutline {
    /// Who speaks.
    pub role: Role,
    /// Its parts.
    pub parts: Vec<PartOutline>,
}

/// The kind of a part, and its length.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the kinds of `wit/types.wit`")]
pub enum PartOutline {
    Text(u64),
    Media(u64),
    Reasoning(u64),
    ToolCall(u64),
    ToolResult(u64),
    Refusal(u64),
    Native(u64),
}

/// One request of an adapter's to an endpoint, and what came back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExchangeOutline {
    /// The endpoint, by name.
    pub endpoint: String,
    /// The method.
    pub method: Method,
    /// The path without its query, if egress let it through: one that was denied is a text
    /// of the adapter's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The length of path and query.
    pub path_bytes: u64,
    /// The length of each header.
    pub headers: Vec<u64>,
    /// The length of the body.
    pub body: u64,
    /// Why nothing came back, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureOutline>,
    /// The status of the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The length of each header that the adapter could see.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_headers: Vec<u64>,
    /// What each read gave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<ReadOutline>,
}

/// What one read of a response gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadOutline {
    /// So many bytes.
    Bytes(u64),
    /// The end.
    End,
    /// A failure.
    Failure(FailureOutline),
}

/// A failure without its words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FailureOutline {
    /// The kind.
    pub kind: FailureKind,
    /// The rule of egress that denied it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The status that the provider answered with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// When it may be tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The length of the whole.
    pub bytes: u64,
}

/// What an adapter yielded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AnswerOutline {
    /// Events of a chat answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventOutline>,
    /// A response that came at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<ResponseOutline>,
    /// The length of each piece of sound.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sound: Vec<u64>,
    /// How it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureOutline>,
    /// It came to its end, good or bad; otherwise its caller left.
    pub ended: bool,
}

/// What came at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResponseOutline {
    /// How many numbers each vector has.
    Vectors(Vec<u64>),
    /// The length of each model's entry.
    Models(Vec<u64>),
    /// How many documents were put in order.
    Ranking(u64),
    /// The number of tokens.
    Tokens(u64),
    /// The length of each image.
    Images(Vec<u64>),
    /// The length of the text and all that is known of it.
    Transcription(u64),
    /// The length of each verdict.
    Verdicts(Vec<u64>),
    /// The length of what is said of an answer that is kept.
    Stored(u64),
}

/// The kind of an event, where it belongs, and its length.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the kinds of `wit/types.wit`")]
pub enum EventOutline {
    Started(u64),
    Warning(u64),
    Text(Piece),
    Reasoning(Piece),
    Refusal(Piece),
    Signature(Piece),
    RedactedReasoning(Piece),
    ToolCallStarted(Piece),
    ToolCallArguments(Piece),
    Media(Piece),
    Citation(Piece),
    Logprobs(Piece),
    Native(Piece),
    #[serde(rename_all = "kebab-case")]
    Usage {
        input: Option<u64>,
        output: Option<u64>,
        cache_read: Option<u64>,
        cache_write: Option<u64>,
        reasoning: Option<u64>,
        bytes: u64,
    },
    #[serde(rename_all = "kebab-case")]
    Finished {
        choice: u32,
        reason: FinishReason,
        bytes: u64,
    },
}

/// A piece of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Piece {
    /// The alternative.
    pub choice: u32,
    /// The part of it.
    pub index: u32,
    /// The length.
    pub bytes: u64,
}

impl Outline {
    /// The outline of a transcript, where not all of it is to be kept.
    ///
    /// # Errors
    /// A system without a source of random numbers, for a new salt.
    pub fn of(transcript: &Transcript, content: Content) -> io::Result<Option<Self>> {
        let instead = match content {
            Content::Keep => return Ok(None),
            Content::Hash => {
                Instead::Hashed(ContentHashes::of(transcript, &ContentHashes::new_salt()?))
            }
            Content::Drop => Instead::Dropped,
        };
        Ok(Some(draw::outline(transcript, instead)))
    }

    /// Where this is not the outline of that transcript; none where it is, to the last bit.
    /// With hashes that is all of it, without them all but its content.
    #[must_use]
    pub fn difference(&self, transcript: &Transcript) -> Option<String> {
        let instead = match &self.content {
            Instead::Dropped => Instead::Dropped,
            Instead::Hashed(hashes) => Instead::Hashed(ContentHashes::of(transcript, &hashes.salt)),
        };
        compare::place(self, &draw::outline(transcript, instead))
    }

    /// What of it no request can have been: a response that goes on after its end, an answer
    /// with two beginnings. None where all of it fits together, which nothing that was
    /// recorded fails to do. That it fits shows no more than that.
    #[must_use]
    pub fn flaw(&self) -> Option<String> {
        flaw::find(self)
    }
}
