//! What one cell may use. Each default is a named constant with its reason.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A chat adapter with a 100 kB prompt uses about 3 MiB; images sent inline
/// are the largest thing that passes through.
pub const MEMORY_BYTES: usize = 64 * 1024 * 1024;
/// A table holds the functions that a guest calls indirectly; adapters have a few
/// hundred.
pub const TABLE_ELEMENTS: usize = 10_000;
/// Time that the guest itself computes, not counting the time it waits. A long
/// answer takes some milliseconds.
pub const CPU_TIME: Duration = Duration::from_secs(10);
/// From the first instruction to the last event. Reasoning models stream for
/// many minutes.
pub const TOTAL_TIME: Duration = Duration::from_secs(30 * 60);
/// Events of one answer, of which a long one has some ten thousand.
pub const EVENTS: u64 = 1_000_000;
/// Bytes of all events of one answer: media come as events too.
pub const EVENT_BYTES: u64 = 256 * 1024 * 1024;
/// Bytes of one failure: message, codes, and the provider's own words.
pub const FAILURE_BYTES: usize = 1024 * 1024;
/// Bytes of what one call of an export may hand over.
pub const CALL_BYTES: usize = 64 * 1024 * 1024;
/// Bytes of what crossed egress for one request, as a transcript keeps them in memory
/// until the request has ended: what a guest sent, what was denied to it, and each read.
pub const TRANSCRIPT_BYTES: usize = 256 * 1024 * 1024;
/// Bytes of a transcript's file that is read: what crossed egress, with room for the request
/// and its events beside it, and for how JSON writes bytes.
pub const TRANSCRIPT_FILE_BYTES: u64 = 4 * TRANSCRIPT_BYTES as u64;
/// Log lines of one cell that are written; the rest is counted.
pub const LOG_LINES: u32 = 200;
/// Bytes of one log line; the rest is cut.
pub const LOG_LINE_BYTES: usize = 2048;
/// Endpoints and responses that a guest holds at one time.
pub const HANDLES: usize = 64;
/// Bytes of a component file. The largest of ours has a quarter of a megabyte;
/// adapters that bring a language's runtime have tens.
pub const COMPONENT_BYTES: u64 = 64 * 1024 * 1024;

/// Limits of one cell. What leaves and enters through egress has limits of its
/// own: [`hotcell_egress::Limits`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[non_exhaustive]
pub struct Limits {
    /// Linear memory of all memories together, in bytes.
    pub memory_bytes: usize,
    /// Elements of each table.
    pub table_elements: usize,
    /// Time that the guest computes, in milliseconds.
    pub cpu_ms: u64,
    /// Time from start to end, in milliseconds.
    pub total_ms: u64,
    /// Events of one answer.
    pub events: u64,
    /// Bytes of all events of one answer.
    pub event_bytes: u64,
    /// Log lines that are written.
    pub log_lines: u32,
    /// Bytes of one log line.
    pub log_line_bytes: usize,
    /// Endpoints and responses held at one time.
    pub handles: usize,
}

impl Limits {
    /// These, and nowhere more than the others.
    pub(crate) fn at_most(&self, most: &Self) -> Self {
        Self {
            memory_bytes: self.memory_bytes.min(most.memory_bytes),
            table_elements: self.table_elements.min(most.table_elements),
            cpu_ms: self.cpu_ms.min(most.cpu_ms),
            total_ms: self.total_ms.min(most.total_ms),
            events: self.events.min(most.events),
            event_bytes: self.event_bytes.min(most.event_bytes),
            log_lines: self.log_lines.min(most.log_lines),
            log_line_bytes: self.log_line_bytes.min(most.log_line_bytes),
            handles: self.handles.min(most.handles),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: MEMORY_BYTES,
            table_elements: TABLE_ELEMENTS,
            cpu_ms: CPU_TIME.as_millis() as u64,
            total_ms: TOTAL_TIME.as_millis() as u64,
            events: EVENTS,
            event_bytes: EVENT_BYTES,
            log_lines: LOG_LINES,
            log_line_bytes: LOG_LINE_BYTES,
            handles: HANDLES,
        }
    }
}
