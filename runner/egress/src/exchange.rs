//! One request on its way, from the decision to send it until its last byte: what
//! the audit log has to know of it, and when it has to be over.

use crate::audit::{self, AuditRecord, AuditSink, Decision};
use crate::error::{EgressError, ErrorKind};
use crate::limits::Limits;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

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
            total: Duration::from_millis(limits.total_ms),
            status: None,
            sent: sent as u64,
            received: 0,
            error: None,
        })
    }

    /// How long to wait for the next step: as long as that step may take, and no
    /// longer than the whole may.
    pub(crate) fn patience(&self, step: Duration) -> Result<Duration, EgressError> {
        match self.total.checked_sub(self.started.elapsed()) {
            Some(left) if !left.is_zero() => Ok(step.min(left)),
            _ => Err(EgressError::new(
                ErrorKind::TimedOut,
                format!("the whole exchange took longer than {:?}", self.total),
            )),
        }
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
