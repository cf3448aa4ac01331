use super::*;
use crate::deployment::Deployment;
use crate::route::Endpoint;
use hotcell::types::FailureKind;
use std::time::SystemTime;

/// Writes to where the test looks.
#[derive(Clone, Default)]
struct Sheet(Arc<Mutex<Vec<u8>>>);

impl Write for Sheet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn record(model: &str) -> Arc<Record> {
    Arc::new(Record {
        id: "hc-1-2".to_owned(),
        endpoint: Endpoint::Rerank,
        at: SystemTime::UNIX_EPOCH,
        model: model.to_owned(),
        deployment: Some(Arc::new(Deployment::of("cohere/rerank-v3.5"))),
        attempts: 1,
        fallbacks: 0,
        status: 429,
        outcome: Outcome::Failed(FailureKind::RateLimited),
        is_stream: false,
        queued: Duration::ZERO,
        first: None,
        duration: Duration::from_micros(1500),
        cache: None,
        tokens: None,
        cost: None,
        caller: None,
        trace: None,
    })
}

#[test]
fn a_request_is_one_line_whatever_its_model_is_called() {
    let paper = Sheet::default();
    let log = Log::to(Box::new(paper.clone()));
    log.start();
    let evil = "a\"}\n{\"status\":200}\r\u{1b}[2J\u{9b}31m\u{202e}\u{2028}\0";
    log.offer(&record(evil));
    log.offer(&record(&"x".repeat(100_000)));
    log.flush();
    let text = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{2028}', '\0', '\r']), "{text}");
    let first: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(first["status"], 429);
    assert_eq!(first["outcome"], "rate-limited");
    assert_eq!(first["time"], "1970-01-01T00:00:00.000Z");
    assert!(text.lines().nth(1).unwrap().len() < 700, "a name is cut");
    assert_eq!(log.counts(), (2, 0));
}

#[test]
fn nobody_waits_for_a_log_that_cannot_keep_up() {
    // Nothing is written, since nobody started it.
    let log = Log::to(Box::new(Sheet::default()));
    let record = record("m");
    (0..QUEUE + 7).for_each(|_| log.offer(&record));
    assert_eq!(log.counts(), (0, 7));
}
