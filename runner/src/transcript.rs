//! What happened in one cell, written down so that anybody can let it happen again: the
//! component, what it was asked, every byte that crossed the wall, and what it yielded.
//!
//! Adapters are deterministic. So the same component, given the same request and the same
//! bytes of its provider, has to send and to yield the same again; see
//! [`crate::Runner::replay`]. No credential is in a transcript: the guest's own request is
//! written down, before one was added, and the response after it was scrubbed.

use crate::limits::{self, Limits};
use crate::private;
use crate::types::{ChatRequest, EmbedRequest, EmbedResponse, Event, Failure, FailureKind, Model};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cap_std::fs::{Dir, OpenOptions};
use hotcell_egress::Egress;
use hotcell_manifest::{Digest, Method};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime};
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
#[expect(clippy::large_enum_variant, reason = "there is one of it for a whole request")]
pub enum Call {
    /// A chat answer.
    Chat(ChatRequest),
    /// Vectors.
    Embed(EmbedRequest),
    /// The list of models.
    Models,
}

/// What an adapter yielded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Answered {
    /// Events of a chat answer, as the caller got them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
    /// The vectors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vectors: Option<EmbedResponse>,
    /// The models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub models: Option<Vec<Model>>,
    /// How it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// It came to its end, good or bad; otherwise its caller left.
    pub ended: bool,
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
}

impl Transcript {
    /// Reads a file.
    ///
    /// # Errors
    /// [`TranscriptError`].
    pub fn read(file: &Path) -> Result<Self, TranscriptError> {
        Self::parse(&fs::read(file)?)
    }

    /// Reads the bytes of a file. Their digest is what the audit log has of it.
    ///
    /// # Errors
    /// [`TranscriptError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, TranscriptError> {
        let transcript: Self = serde_json::from_slice(bytes)?;
        match transcript.version {
            VERSION => Ok(transcript),
            other => Err(TranscriptError::Version(other)),
        }
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

/// A folder that transcripts are written to, which is this user's alone.
#[derive(Clone, Debug)]
pub(crate) struct Transcripts {
    directory: Arc<Dir>,
}

impl Transcripts {
    pub(crate) fn at(directory: &Path) -> io::Result<Self> {
        Ok(Self { directory: Arc::new(private::open(directory)?) })
    }

    /// Begins a transcript. What its answer and its exchanges are comes later.
    pub(crate) fn begin(&self, mut transcript: Transcript, egress: Egress) -> Recorder {
        transcript.timing.at = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
        Recorder {
            transcripts: self.clone(),
            egress,
            transcript,
            room: Room(limits::TRANSCRIPT_BYTES),
            started: Instant::now(),
        }
    }

    /// Writes beside and renames: a transcript is there whole, or not at all.
    fn write(&self, transcript: &Transcript) -> io::Result<Digest> {
        let time = transcript.timing.at.replace(':', "-");
        let name = format!("{time}-{}.json", transcript.request_id);
        let beside = format!(".{name}");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        cap_std::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut text = serde_json::to_vec_pretty(transcript)?;
        text.push(b'\n');
        self.directory.open_with(&beside, &options)?.write_all(&text)?;
        self.directory.rename(&beside, &self.directory, &name)?;
        Ok(Digest::of(&text))
    }
}

/// Writes along while a cell works, and keeps it when the cell is gone.
pub(crate) struct Recorder {
    transcripts: Transcripts,
    /// Whose audit log tells the transcript's digest.
    egress: Egress,
    pub(crate) transcript: Transcript,
    room: Room,
    started: Instant,
}

impl Recorder {
    /// Writes a request down, before it is sent.
    ///
    /// # Errors
    /// Where the transcript is full: what is not written down does not happen.
    pub(crate) fn request(&mut self, request: Sent) -> Result<usize, Failure> {
        let headers = request.headers.iter().map(|(name, value)| name.len() + value.len());
        let bytes = request.path.len() + headers.sum::<usize>() + request.body.0.len();
        self.room.take(bytes + size_of::<Exchange>())?;
        let exchanges = &mut self.transcript.exchanges;
        exchanges.push(Exchange {
            request,
            failure: None,
            status: None,
            headers: Vec::new(),
            reads: Vec::new(),
        });
        Ok(exchanges.len() - 1)
    }

    /// Writes down what a read of a response gave.
    ///
    /// # Errors
    /// Where the transcript is full.
    pub(crate) fn read(&mut self, number: usize, read: Read) -> Result<(), Failure> {
        let bytes = if let Read::Bytes(bytes) = &read { bytes.0.len() } else { 0 };
        self.room.take(bytes + size_of::<Read>())?;
        if let Some(exchange) = self.transcript.exchanges.get_mut(number) {
            exchange.reads.push(read);
        }
        Ok(())
    }
}

/// The bytes that a transcript still has room for.
struct Room(usize);

impl Room {
    fn take(&mut self, bytes: usize) -> Result<(), Failure> {
        let left = self.0.checked_sub(bytes);
        // Once full it stays full, so that nothing small is written behind a gap.
        self.0 = left.unwrap_or(0);
        left.map(|_| ()).ok_or_else(|| {
            let most = limits::TRANSCRIPT_BYTES;
            let message =
                format!("the transcript of this request has {most} bytes, the most it may");
            Failure::new(FailureKind::TooLarge, message)
        })
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.transcript.timing.duration_ms = self.started.elapsed().as_millis() as u64;
        let Transcript { request_id, provider, adapter, digest, .. } = &self.transcript;
        let kept = self.transcripts.write(&self.transcript).map_err(|error| error.to_string());
        let noted = kept.and_then(|transcript| {
            let noted = self.egress.recorded(request_id, provider, adapter, *digest, transcript);
            noted.map_err(|error| error.to_string())
        });
        if let Err(error) = noted {
            tracing::error!(target: "hotcell::audit", %error, %request_id, "the transcript of a request is missing");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_has_room_for_so_much_and_is_full_then() {
        let mut room = Room(10);
        room.take(4).expect("there is room");
        room.take(6).expect("there is room");
        let failure = room.take(1).expect_err("it is full");
        assert_eq!(failure.kind, FailureKind::TooLarge);
        let mut room = Room(10);
        room.take(11).expect_err("it is more than there is room for");
        room.take(1).expect_err("nothing stands behind a gap");
    }
}
