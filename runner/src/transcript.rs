//! What happened in one cell, written down so that anybody can let it happen again: the
//! component, what it was asked, every byte that crossed the wall, and what it yielded.
//!
//! Adapters are deterministic. So the same component, given the same request and the same
//! bytes of its provider, has to send and to yield the same again; see
//! [`crate::Runner::replay`]. No credential is in a transcript: the guest's own request is
//! written down, before one was added, and the response after it was scrubbed.

mod content;
mod outline;
mod recorder;

pub use content::{Content, ContentHashes};
pub use outline::{
    AnswerOutline, CallOutline, EventOutline, ExchangeOutline, FailureOutline, Instead,
    MessageOutline, Outline, PartOutline, Piece, ReadOutline, ResponseOutline,
};
pub(crate) use recorder::{Recorder, Transcripts};

use crate::limits::{Limits, TRANSCRIPT_FILE_BYTES};
use crate::types::{
    ChatRequest, EmbedRequest, EmbedResponse, Event, Failure, ImageRequest, ImageResponse, Model,
    ModerationRequest, ModerationResponse, RerankRequest, RerankResponse, SpeechRequest,
    StoredAnswer, StoredRequest, TokenCount, TranscriptionRequest, TranscriptionResponse,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_manifest::{Digest, Method};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use thiserror::Error;

/// The version of the format.
const VERSION: u32 = 1;

/// One request, and all that crossed the wall for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Transcript {
    /// The version of the format.
    pub version: u32,
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
    /// The settings that the adapter could read.
    pub settings: BTreeMap<String, String>,
    /// The endpoints that were granted, by name.
    pub endpoints: Vec<String>,
    /// The limits of the cell.
    pub limits: Limits,
    /// What was asked.
    pub call: Call,
    /// What the adapter sent, and what it got, in order.
    pub exchanges: Vec<Exchange>,
    /// What it yielded.
    pub answer: Answered,
    /// When, and how long; no part of what is compared.
    pub timing: Timing,
}

/// What was asked of an adapter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Call {
    /// A chat answer.
    Chat(ChatRequest),
    /// Vectors.
    Embed(EmbedRequest),
    /// The list of models.
    Models,
    /// An order of documents.
    Rerank(RerankRequest),
    /// The tokens of a request.
    CountTokens(ChatRequest),
    /// Images.
    Images(ImageRequest),
    /// Sound.
    Speak(SpeechRequest),
    /// The text of sound.
    Transcribe(TranscriptionRequest),
    /// Verdicts.
    Moderate(ModerationRequest),
    /// Something about an answer that the provider keeps.
    Stored(StoredRequest),
    /// Such an answer once more, as events.
    Retell(StoredRequest),
}

/// What an adapter yielded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Answered {
    /// Events of a chat answer, as the caller got them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
    /// A response that came at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Response>,
    /// Pieces of sound, as the caller got them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sound: Vec<Bytes>,
    /// How it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// It came to its end, good or bad; otherwise its caller left.
    pub ended: bool,
}

/// What comes at once, and not event by event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Response {
    /// Vectors.
    Vectors(EmbedResponse),
    /// The list of models.
    Models(Vec<Model>),
    /// An order of documents.
    Ranking(RerankResponse),
    /// The tokens of a request.
    Tokens(TokenCount),
    /// Images.
    Images(ImageResponse),
    /// The text of sound.
    Transcription(TranscriptionResponse),
    /// Verdicts.
    Verdicts(ModerationResponse),
    /// What is said of an answer that is kept.
    Stored(StoredAnswer),
}

/// One request of an adapter's to an endpoint, as it wrote it, and what came back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Exchange {
    /// What the adapter sent.
    pub request: Sent,
    /// Why nothing came back, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The status of the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The headers that the adapter could see.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// What each read gave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<Read>,
}

/// A request as a guest writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sent {
    /// The endpoint, by name.
    pub endpoint: String,
    /// The method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// What one read of a response gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Read {
    /// These bytes, which had arrived together.
    Bytes(Bytes),
    /// The end.
    End,
    /// A failure.
    Failure(Failure),
}

/// Bytes that read as text where they are text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Encoded", into = "Encoded")]
pub struct Bytes(pub Vec<u8>);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Encoded {
    Text(String),
    Base64(String),
}

/// When a request was made, and how long it took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Timing {
    /// When it began, in UTC.
    pub at: String,
    /// How long it took.
    pub duration_ms: u64,
}

/// Why a file is no transcript.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TranscriptError {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] io::Error),
    /// It is something else, or was edited by somebody who did not know how.
    #[error("it is no transcript: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It is of another version of the format.
    #[error("it has version {0} of the format, and this hotcell reads {VERSION}")]
    Version(u32),
    /// It is larger than a file that is read.
    #[error("it has more than {TRANSCRIPT_FILE_BYTES} bytes, the most that is read")]
    TooLarge,
    /// It is an [`Outline`].
    #[error("it is the outline of a transcript, whose content was not kept")]
    Outline,
}

impl Transcript {
    /// Reads a file.
    ///
    /// # Errors
    /// [`TranscriptError`], also for an [`Outline`].
    pub fn read(file: &Path) -> Result<Self, TranscriptError> {
        Self::parse(&bytes_of(file)?)
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// [`TranscriptError`], also for an [`Outline`].
    pub fn parse(bytes: &[u8]) -> Result<Self, TranscriptError> {
        match Recorded::parse(bytes)? {
            Recorded::Whole(transcript) => Ok(*transcript),
            Recorded::Outline(_) => Err(TranscriptError::Outline),
        }
    }
}

/// What a file of a transcript's folder holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Recorded {
    /// All that happened.
    Whole(Box<Transcript>),
    /// What is left of it where the content was not kept.
    Outline(Box<Outline>),
}

impl Recorded {
    /// Reads a file, and tells its digest, which is what the audit log has of it.
    ///
    /// # Errors
    /// [`TranscriptError`].
    pub fn read(file: &Path) -> Result<(Self, Digest), TranscriptError> {
        let bytes = bytes_of(file)?;
        Ok((Self::parse(&bytes)?, Digest::of(&bytes)))
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// [`TranscriptError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, TranscriptError> {
        let (recorded, version) = match serde_json::from_slice::<Peek>(bytes)?.content {
            None => {
                let transcript: Box<Transcript> = serde_json::from_slice(bytes)?;
                let version = transcript.version;
                (Self::Whole(transcript), version)
            }
            Some(_) => {
                let outline: Box<Outline> = serde_json::from_slice(bytes)?;
                let version = outline.version;
                (Self::Outline(outline), version)
            }
        };
        match version {
            VERSION => Ok(recorded),
            other => Err(TranscriptError::Version(other)),
        }
    }
}

/// What tells an outline from a transcript.
#[derive(Deserialize)]
struct Peek {
    content: Option<IgnoredAny>,
}

/// A file, if it is not larger than what is read.
fn bytes_of(file: &Path) -> Result<Vec<u8>, TranscriptError> {
    let file = File::open(file)?;
    if file.metadata()?.len() > TRANSCRIPT_FILE_BYTES {
        return Err(TranscriptError::TooLarge);
    }
    let mut bytes = Vec::new();
    // It may grow meanwhile, or have no size at all, as a pipe.
    file.take(TRANSCRIPT_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > TRANSCRIPT_FILE_BYTES {
        true => Err(TranscriptError::TooLarge),
        false => Ok(bytes),
    }
}

impl From<Bytes> for Encoded {
    fn from(bytes: Bytes) -> Self {
        match String::from_utf8(bytes.0) {
            Ok(text) => Self::Text(text),
            Err(error) => Self::Base64(STANDARD.encode(error.as_bytes())),
        }
    }
}

impl TryFrom<Encoded> for Bytes {
    type Error = base64::DecodeError;

    fn try_from(encoded: Encoded) -> Result<Self, base64::DecodeError> {
        match encoded {
            Encoded::Text(text) => Ok(Self(text.into_bytes())),
            Encoded::Base64(text) => STANDARD.decode(text).map(Self),
        }
    }
}

/// A transcript before anything has happened.
#[expect(clippy::too_many_arguments, reason = "each is a fact of its own")]
pub(crate) fn blank(
    request_id: &str,
    provider: &str,
    adapter: &str,
    digest: Digest,
    wasi: bool,
    settings: BTreeMap<String, String>,
    endpoints: Vec<String>,
    limits: Limits,
    call: Call,
) -> Transcript {
    Transcript {
        version: VERSION,
        request_id: request_id.to_owned(),
        provider: provider.to_owned(),
        adapter: adapter.to_owned(),
        digest,
        wasi,
        settings,
        endpoints,
        limits,
        call,
        exchanges: Vec::new(),
        answer: Answered::default(),
        timing: Timing { at: String::new(), duration_ms: 0 },
    }
}
