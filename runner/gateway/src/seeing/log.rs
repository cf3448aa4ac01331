//! The access log: a JSON object for each request, on a line of its own.
//!
//! Lines are made and written by a thread of their own. Where it cannot keep up, lines are left
//! out and counted, and no request waits.

use super::operation::{operation, vendor};
use super::record::{Record, shown};
use crate::visit::Outcome;
use hotcell::{LogConfig, consequence};
use serde_json::{Map, Value, json};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Requests that are over and have no line yet.
const QUEUE: usize = 8192;
/// How long the last lines may take when the gateway ends.
const LAST: Duration = Duration::from_secs(2);

/// The log.
pub(crate) struct Log {
    queue: SyncSender<Message>,
    counts: Arc<Counts>,
    /// What the thread is to have, until it is there.
    waiting: Mutex<Option<(Receiver<Message>, Paper)>>,
}

/// What lines are written on.
type Paper = Box<dyn Write + Send>;

#[derive(Default)]
struct Counts {
    written: AtomicU64,
    dropped: AtomicU64,
}

enum Message {
    Request(Arc<Record>),
    /// All that came before is to be written, and then this is answered.
    Flush(SyncSender<()>),
}

impl Log {
    /// Opens the file. Nothing is written yet.
    ///
    /// # Errors
    /// What the system said.
    pub(super) fn open(config: &LogConfig) -> io::Result<Self> {
        let writer: Paper = match config.is_stderr() {
            true => Box::new(io::stderr()),
            false => Box::new(append(&config.file)?),
        };
        Ok(Self::to(writer))
    }

    fn to(writer: Paper) -> Self {
        let (queue, receiver) = sync_channel(QUEUE);
        let waiting = Mutex::new(Some((receiver, writer)));
        Self { queue, counts: Arc::default(), waiting }
    }

    /// Begins to write. A thread could not be there earlier: a process that confines itself must
    /// have one alone.
    pub(super) fn start(&self) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((receiver, writer)) = waiting else { return };
        let counts = self.counts.clone();
        let thread = thread::Builder::new().name("access-log".to_owned());
        let started = thread.spawn(move || write(&receiver, BufWriter::new(writer), &counts));
        if let Err(error) = started {
            tracing::error!(target: "hotcell::gateway", %error, "there is no access log");
        }
    }

    /// Takes a request that is over, unless there are too many already.
    pub(super) fn offer(&self, record: &Arc<Record>) {
        if self.queue.try_send(Message::Request(record.clone())).is_err() {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until what came so far is written, though not for long. It blocks.
    pub(super) fn flush(&self) {
        let (done, is_done) = sync_channel(1);
        let mut message = Message::Flush(done);
        // The queue may be full for a moment.
        for _ in 0..20 {
            match self.queue.try_send(message) {
                Ok(()) => {
                    let _ = is_done.recv_timeout(LAST);
                    return;
                }
                Err(TrySendError::Full(back)) => message = back,
                Err(TrySendError::Disconnected(_)) => return,
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Lines that were written, and those that were left out.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let count = |it: &AtomicU64| it.load(Ordering::Relaxed);
        (count(&self.counts.written), count(&self.counts.dropped))
    }
}

/// For its owner alone, since it tells who asked when.
fn append(path: &std::path::Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn write(queue: &Receiver<Message>, mut writer: impl Write, counts: &Counts) {
    while let Ok(first) = queue.recv() {
        // As many as are there at once, and then the system is bothered.
        let mut next = Some(first);
        let mut lines = 0;
        let mut flushed = Vec::new();
        let mut written = Ok(());
        while let Some(message) = next {
            match message {
                Message::Request(record) => {
                    let line = line(&record).to_string() + "\n";
                    written = written.and_then(|()| writer.write_all(line.as_bytes()));
                    lines += 1;
                }
                Message::Flush(done) => flushed.push(done),
            }
            next = if lines < 1024 { queue.try_recv().ok() } else { None };
        }
        let count = match written.and_then(|()| writer.flush()) {
            Ok(()) => &counts.written,
            Err(error) => {
                tracing::warn!(target: "hotcell::gateway", %error, "the access log is not written");
                &counts.dropped
            }
        };
        count.fetch_add(lines, Ordering::Relaxed);
        flushed.iter().for_each(|done| _ = done.try_send(()));
    }
}

/// A request as a line has it. What is not known is not there.
fn line(record: &Record) -> Value {
    let ms = |duration: Duration| json!(duration.as_micros() as f64 / 1000.0);
    let endpoint = record.endpoint.name();
    let mut line = Map::new();
    let mut set = |name: &str, value: Value| line.insert(name.to_owned(), value);
    set("time", json!(humantime::format_rfc3339_millis(record.at).to_string()));
    set("id", json!(record.id));
    set("endpoint", json!(endpoint));
    set("operation", json!(operation(endpoint)));
    if !record.model.is_empty() {
        set("model", json!(shown(&record.model)));
    }
    if let Some(deployment) = &record.deployment {
        set("deployment", json!(shown(&deployment.model)));
        set("provider", json!(vendor(&shown(record.provider().unwrap_or_default()))));
    }
    set("status", json!(record.status));
    set("outcome", json!(word(record.outcome)));
    set("stream", json!(record.is_stream));
    set("attempts", json!(record.attempts));
    if record.fallbacks > 0 {
        set("fallbacks", json!(record.fallbacks));
    }
    set("queue-ms", ms(record.queued));
    if let Some(first) = record.first {
        set("first-byte-ms", ms(first));
    }
    set("duration-ms", ms(record.duration));
    if let Some(tokens) = record.tokens {
        let named = [
            ("input", tokens.input),
            ("output", tokens.output),
            ("cache-read", tokens.cache_read),
            ("cache-write", tokens.cache_write),
            ("reasoning", tokens.reasoning),
        ];
        let named = named.into_iter().filter_map(|(name, count)| Some((name, json!(count?))));
        set("tokens", named.map(|(name, count)| (name.to_owned(), count)).collect());
    }
    if let Some(found) = record.cache {
        set("cache", json!(found.name()));
    }
    if let Some(cost) = record.cost {
        set("cost-usd", json!(cost));
    }
    if let Some(key) = record.key() {
        set("key", json!(shown(key)));
    }
    if let Some(team) = record.team() {
        set("team", json!(shown(team)));
    }
    if let Some(trace) = &record.trace {
        set("trace-id", json!(trace.trace_id()));
    }
    Value::Object(line)
}

/// How it ended, in a word.
pub(super) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Answered => "answered",
        Outcome::Failed(kind) => consequence(kind).name,
    }
}

#[cfg(test)]
mod tests;
