//! What the audit says while the gateway runs: denials, and bytes that went and came.

use hotcell::egress::{AuditRecord, AuditSink, Decision};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// Denials that the status page shows.
const SHOWN: usize = 20;
/// Providers and adapters are the operator's, and few.
const MOST: usize = 1000;
/// How much of a denial's words is kept: an adapter chose some of them.
const DETAIL: usize = 200;

/// Looks at the records of the audit as they come. It is given to the runner
/// ([`hotcell::RunnerBuilder::audit`]) and to the gateway ([`crate::Gateway::watching`]).
#[derive(Default)]
pub struct Watch(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    denials: BTreeMap<Denied, u64>,
    lately: VecDeque<Denial>,
    traffic: BTreeMap<Arc<str>, Traffic>,
    granted: u64,
}

/// What denials are counted by: provider, adapter and rule.
pub(crate) type Denied = (Arc<str>, Arc<str>, String);

/// One denial.
#[derive(Clone, Debug)]
pub(crate) struct Denial {
    pub(crate) at: SystemTime,
    pub(crate) request: Arc<str>,
    pub(crate) provider: Arc<str>,
    pub(crate) adapter: Arc<str>,
    pub(crate) rule: String,
    pub(crate) detail: String,
}

/// What a provider was sent and sent back.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) requests: u64,
    pub(crate) failures: u64,
    pub(crate) sent: u64,
    pub(crate) received: u64,
}

impl Watch {
    /// Denials by provider, adapter and rule.
    pub(crate) fn denials(&self) -> BTreeMap<Denied, u64> {
        self.seen().denials.clone()
    }

    /// The last of them, the newest first.
    pub(crate) fn lately(&self) -> Vec<Denial> {
        self.seen().lately.iter().rev().cloned().collect()
    }

    /// By provider.
    pub(crate) fn traffic(&self) -> BTreeMap<Arc<str>, Traffic> {
        self.seen().traffic.clone()
    }

    /// Requests that went out.
    pub(crate) fn granted(&self) -> u64 {
        self.seen().granted
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AuditSink for Watch {
    fn record(&self, record: &AuditRecord) -> io::Result<()> {
        let mut seen = self.seen();
        match &record.decision {
            Decision::Granted => seen.granted += 1,
            Decision::Denied { rule, detail } => {
                let rule = rule.to_string();
                let by = (record.provider.clone(), record.adapter.clone(), rule.clone());
                if seen.denials.len() < MOST || seen.denials.contains_key(&by) {
                    *seen.denials.entry(by).or_default() += 1;
                }
                if seen.lately.len() == SHOWN {
                    seen.lately.pop_front();
                }
                seen.lately.push_back(Denial {
                    at: record.time,
                    request: record.request_id.clone(),
                    provider: record.provider.clone(),
                    adapter: record.adapter.clone(),
                    rule,
                    detail: detail.chars().take(DETAIL).collect(),
                });
            }
            Decision::Finished { bytes_sent, bytes_received, error, .. } => {
                if seen.traffic.len() < MOST || seen.traffic.contains_key(&record.provider) {
                    let traffic = seen.traffic.entry(record.provider.clone()).or_default();
                    traffic.requests += 1;
                    traffic.failures += u64::from(error.is_some());
                    traffic.sent += bytes_sent;
                    traffic.received += bytes_received;
                }
            }
            Decision::Recorded { .. } => {}
        }
        Ok(())
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}
