//! The record of what every adapter asked for, and what became of it.

pub mod chain;
mod log;

pub use log::{JsonlAudit, LogOptions, OnFailure};

use crate::error::{EgressError, ErrorKind, Rule};
use hotcell_manifest::{Digest, Method};
use serde::{Serialize, Serializer};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// One decision of egress, or the end of what it granted. Never holds a body, a
/// header's value or a secret.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct AuditRecord {
    /// When, in UTC.
    #[serde(serialize_with = "rfc3339")]
    pub time: SystemTime,
    /// The request of the caller's that the cell worked on.
    pub request_id: Arc<str>,
    /// The provider, as configured.
    pub provider: Arc<str>,
    /// The adapter's name.
    pub adapter: Arc<str>,
    /// The component that asked; none where it was too large to be read.
    pub digest: Option<Digest>,
    /// The endpoint, as the adapter named it; none where it was not about one.
    pub endpoint: Option<Arc<str>>,
    /// The method, where it came so far.
    pub method: Option<Method>,
    /// Path and query as the adapter wrote them, cut to 512 characters; control
    /// characters as escapes.
    pub path: Option<String>,
    /// What became of it.
    #[serde(flatten)]
    pub decision: Decision,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "decision", rename_all = "kebab-case")]
pub enum Decision {
    /// The request goes out.
    Granted,
    /// It does not.
    Denied {
        /// The rule that refused.
        rule: Rule,
        /// What exactly it refused.
        detail: String,
    },
    /// All that crossed the wall for a request was written down.
    #[serde(rename_all = "kebab-case")]
    Recorded {
        /// The digest of the transcript's bytes.
        transcript: Digest,
    },
    /// A granted request came to its end.
    #[serde(rename_all = "kebab-case")]
    Finished {
        /// The status, where a response came.
        status: Option<u16>,
        /// Bytes of the request's body.
        bytes_sent: u64,
        /// Bytes of the response's body, decoded, that the cell read.
        bytes_received: u64,
        /// From the decision to the end.
        #[serde(rename = "duration-ms", serialize_with = "milliseconds")]
        duration: Duration,
        /// Why it ended early, where it did.
        error: Option<String>,
    },
}

/// How much of a denial's words is written down, in characters.
pub(crate) const DETAIL: usize = 1024;

/// A text of somebody else's that cannot pretend to be a line of its own, or steer
/// a terminal: characters that nobody sees are written as escapes.
pub(crate) fn printable(text: &str, most: usize) -> String {
    // As nearly all of it is.
    if text.len() <= most && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return text.to_owned();
    }
    let mut printable = String::with_capacity(text.len().min(most));
    for character in text.chars().take(most) {
        match character {
            '"' | '\'' | '\\' => printable.push(character),
            _ => printable.extend(character.escape_debug()),
        }
    }
    printable
}

pub(crate) fn rfc3339<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&humantime::format_rfc3339_millis(*time))
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(duration.as_millis() as u64)
}

/// Somebody who keeps records.
///
/// Where a record of a granted request cannot be kept, the request does not go
/// out: what is not written down does not happen.
pub trait AuditSink: Send + Sync {
    /// Keeps one record.
    ///
    /// # Errors
    /// What the system said.
    fn record(&self, record: &AuditRecord) -> io::Result<()>;
}

/// Keeps records in memory, for tests and the demo. Past a million the oldest half
/// is forgotten.
#[derive(Debug, Default)]
pub struct MemoryAudit {
    records: Mutex<Vec<AuditRecord>>,
}

impl MemoryAudit {
    /// Every record so far.
    pub fn records(&self) -> Vec<AuditRecord> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes every record out.
    pub fn take(&self) -> Vec<AuditRecord> {
        std::mem::take(&mut *self.records.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl AuditSink for MemoryAudit {
    fn record(&self, record: &AuditRecord) -> io::Result<()> {
        const MOST: usize = 1_000_000;
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() >= MOST {
            records.drain(..MOST / 2);
        }
        records.push(record.clone());
        Ok(())
    }
}

/// Hands a record to every sink and to `tracing`.
pub(crate) fn record(
    sinks: &[Arc<dyn AuditSink>],
    record: &AuditRecord,
) -> Result<(), EgressError> {
    trace(record);
    sinks.iter().try_for_each(|sink| sink.record(record)).map_err(|error| {
        EgressError::new(
            ErrorKind::Internal,
            format!("nothing is sent, because the audit log cannot be written: {error}"),
        )
    })
}

fn trace(record: &AuditRecord) {
    let AuditRecord { request_id, provider, adapter, .. } = record;
    let endpoint = record.endpoint.as_deref();
    let path = record.path.as_deref();
    match &record.decision {
        Decision::Granted => {
            tracing::debug!(target: "hotcell::audit", %request_id, %provider, %adapter, endpoint, path, "granted");
        }
        Decision::Denied { rule, detail } => {
            tracing::warn!(target: "hotcell::audit", %request_id, %provider, %adapter, endpoint, path, %rule, detail, "denied");
        }
        Decision::Recorded { transcript } => {
            tracing::debug!(target: "hotcell::audit", %request_id, %provider, %adapter, %transcript, "recorded");
        }
        Decision::Finished { status, bytes_sent, bytes_received, error, .. } => {
            tracing::debug!(target: "hotcell::audit", %request_id, %provider, %adapter, endpoint, path, status, bytes_sent, bytes_received, error, "finished");
        }
    }
}
