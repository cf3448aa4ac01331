//! One request on its way, from the decision to send it until its last byte: what
//! the audit log has to know of it, and when it has to be over.

use crate::audit::{self, AuditRecord, AuditSink, Decision};
use crate::error::{EgressError, ErrorKind};
use crate::limits::Limits;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// What a limit on time comes to that says "never": a moment that still can be told.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A granted request. Its end is written down exactly once, however it comes.
pub(crate) struct Exchange {
    sinks: Arc<[Arc<dyn AuditSink>]>,
    /// What the records of this exchange have in common; none once it is closed.
    template: Option<AuditRecord>,
    started: Instant,
    total: Duration,
    status: Option<u16>,
    sent: u64,
    received: u64,
    error: Option<String>,
}

impl Exchange {
    /// Writes the decision down. What cannot be written down does not happen.
    pub(crate) fn begin(
        sinks: Arc<[Arc<dyn AuditSink>]>,
        record: AuditRecord,
        sent: usize,
        limits: &Limits,
    ) -> Result<Self, EgressError> {
        audit::record(&sinks, &record)?;
        Ok(Self {
            sinks,
            template: Some(record),
            started: Instant::now(),
            total: Duration::from_millis(limits.total_ms).min(LONGEST),
            status: None,
            sent: sent as u64,
            received: 0,
            error: None,
        })
    }

    /// When to give the next step up: it may take this long, and the whole no longer
    /// than it may.
    pub(crate) fn until(&self, step: Duration) -> Result<Instant, EgressError> {
        let (now, end) = (Instant::now(), self.started + self.total);
        if now < end {
            return Ok(end.min(now + step.min(self.total)));
        }
        Err(EgressError::new(
            ErrorKind::TimedOut,
            format!("the whole exchange took longer than {:?}", self.total),
        ))
    }

    pub(crate) fn answered(&mut self, status: u16) {
        self.status = Some(status);
    }

    /// Counts bytes that were handed to the cell.
    pub(crate) fn count(&mut self, bytes: usize) {
        self.received += bytes as u64;
    }

    pub(crate) fn fail(&mut self, error: &EgressError) {
        self.error = Some(error.message.clone());
        self.finish();
    }

    /// Writes the end down.
    pub(crate) fn finish(&mut self) {
        let Some(template) = self.template.take() else { return };
        let decision = Decision::Finished {
            status: self.status,
            bytes_sent: self.sent,
            bytes_received: self.received,
            duration: self.started.elapsed(),
            error: self.error.take(),
        };
        // The request has happened; only the next one can still be refused.
        let record = AuditRecord { time: SystemTime::now(), decision, ..template };
        if let Err(error) = audit::record(&self.sinks, &record) {
            tracing::error!(target: "hotcell::audit", %error, "the end of a request was not recorded");
        }
    }

    /// Forgets the exchange, whose end is written down as a denial.
    pub(crate) fn close(mut self) {
        self.template = None;
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if self.status.is_none() && self.error.is_none() {
            self.error = Some("given up before there was an answer".to_owned());
        }
        self.finish();
    }
}
