//! The audit log as a file: a chain in which nothing is missing, edited or moved.

use hotcell_egress::audit::chain::{self, ChainError, Verified};
use hotcell_egress::{AuditRecord, AuditSink, Decision, JsonlAudit, LogOptions, OnFailure, Rule};
use proptest::prelude::*;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tempfile::TempDir;

fn record(number: usize) -> AuditRecord {
    let decision = match number % 2 {
        0 => Decision::Granted,
        _ => Decision::Denied { rule: Rule::Query, detail: format!("number {number}") },
    };
    AuditRecord {
        time: SystemTime::now(),
        request_id: format!("req-{number}").into(),
        provider: "p".into(),
        adapter: "a".into(),
        digest: None,
        endpoint: None,
        method: None,
        path: Some("/x\",\"link\":\"y".to_owned()),
        decision,
    }
}

struct Log {
    folder: TempDir,
    options: LogOptions,
}

impl Log {
    fn new(options: LogOptions) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), options }
    }

    fn with(records: usize) -> Self {
        let log = Self::new(LogOptions::default());
        log.write(0, records);
        log
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("audit.jsonl")
    }

    /// As a process of its own would.
    fn write(&self, from: usize, records: usize) {
        let sink = JsonlAudit::open(&self.path(), self.options.clone()).unwrap();
        (from..from + records).for_each(|number| sink.record(&record(number)).unwrap());
    }

    fn lines(&self) -> Vec<String> {
        fs::read_to_string(self.path()).unwrap().lines().map(str::to_owned).collect()
    }

    fn rewrite(&self, lines: &[String]) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        fs::write(self.path(), text).unwrap();
    }

    fn verify(&self) -> Result<Verified, ChainError> {
        chain::verify(&chain::files(&self.path()), None)
    }
}

fn broken_at(result: Result<Verified, ChainError>) -> u64 {
    match result {
        Err(ChainError::Broken { line, .. }) => line,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_record_hangs_on_the_one_before() {
    let log = Log::with(3);
    log.write(3, 2);
    let verified = log.verify().unwrap();
    assert_eq!((verified.records, verified.continues), (5, None));
    assert!(verified.first <= verified.last && verified.torn.is_empty());
    for line in log.lines() {
        let record: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(record["provider"], "p");
        assert!(record["link"].as_str().unwrap().starts_with("sha256:"));
    }
    // The last link is one that can be noted, and asked for later.
    log.write(5, 1);
    let files = chain::files(&log.path());
    assert!(chain::verify(&files, Some(&verified.link)).is_ok());
}

#[test]
fn a_record_that_is_edited_removed_added_or_moved_is_found() {
    let log = Log::with(6);
    let lines = log.lines();
    let changed = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = lines.clone();
        change(&mut lines);
        log.rewrite(&lines);
        broken_at(log.verify())
    };
    assert_eq!(changed(&|lines| lines[2] = lines[2].replace("req-2", "req-9")), 3);
    assert_eq!(changed(&|lines| _ = lines.remove(0)), 1);
    assert_eq!(changed(&|lines| _ = lines.remove(3)), 4);
    assert_eq!(changed(&|lines| lines.insert(2, lines[1].clone())), 3);
    assert_eq!(changed(&|lines| lines.swap(3, 4)), 4);
    assert_eq!(changed(&|lines| lines[3] = "{}".to_owned()), 4);
    assert_eq!(changed(&|lines| lines[2] = lines[2].to_uppercase()), 3);
    let upper = |line: &str| {
        let (record, link) = line.rsplit_once("sha256:").unwrap();
        format!("{record}sha256:{}", link.to_uppercase())
    };
    assert_eq!(changed(&|lines| lines[2] = upper(&lines[2])), 4);
    // Made to look like a line that a crash has torn.
    assert_eq!(changed(&|lines| lines[3].truncate(40)), 5);
}

#[test]
fn what_is_cut_off_the_end_is_found_by_who_noted_a_link() {
    let log = Log::with(4);
    let noted = log.verify().unwrap().link;
    log.rewrite(&log.lines()[..3]);
    assert_eq!(log.verify().unwrap().records, 3);
    let missing = chain::verify(&chain::files(&log.path()), Some(&noted));
    assert!(matches!(missing, Err(ChainError::Missing { link }) if link == noted));
}

#[test]
fn a_line_that_a_full_disk_has_torn_spoils_no_other() {
    let log = Log::with(2);
    let half = &log.lines()[1][..60];
    OpenOptions::new().append(true).open(log.path()).unwrap().write_all(half.as_bytes()).unwrap();
    log.write(2, 2);
    let verified = log.verify().unwrap();
    assert_eq!(verified.records, 4);
    assert_eq!(verified.torn, [(log.path(), 3)]);
}

#[test]
fn a_file_that_is_no_log_is_not_written_to() {
    let log = Log::new(LogOptions::default());
    fs::write(log.path(), "somebody's notes\n").unwrap();
    let sink = JsonlAudit::open(&log.path(), LogOptions::default()).unwrap();
    let error = sink.record(&record(0)).unwrap_err();
    assert!(error.to_string().contains("no audit log"), "{error}");
    assert_eq!(fs::read_to_string(log.path()).unwrap(), "somebody's notes\n");
}

#[test]
fn files_that_are_put_aside_are_one_log() {
    let options = LogOptions { rotate_bytes: Some(1000), ..LogOptions::default() };
    let log = Log::new(options);
    log.write(0, 12);
    log.write(12, 12);
    let files = chain::files(&log.path());
    assert!(files.len() > 3, "{files:?}");
    let verified = log.verify().unwrap();
    assert_eq!((verified.records, verified.continues), (24, None));
    // A file in the middle is missed.
    let without: Vec<PathBuf> = files.iter().filter(|file| **file != files[1]).cloned().collect();
    assert_eq!(broken_at(chain::verify(&without, None)), 1);
    // The oldest may be gone: then the log says what it continues.
    let rest = chain::verify(&files[1..], None).unwrap();
    assert!(rest.continues.is_some() && rest.link == verified.link);
    // A file that begins anew is no part of it.
    let other = Log::with(1);
    assert_eq!(broken_at(chain::verify(&[files[0].clone(), other.path()], None)), 1);
}

#[test]
fn no_more_files_are_kept_than_wanted() {
    let log = Log::new(LogOptions { rotate_bytes: Some(500), keep: 2, ..LogOptions::default() });
    log.write(0, 30);
    let files = chain::files(&log.path());
    assert_eq!(files.len(), 3, "{files:?}");
    assert!(log.verify().unwrap().continues.is_some());
}

#[test]
fn several_processes_write_one_chain() {
    let log = Log::new(LogOptions { rotate_bytes: Some(4000), ..LogOptions::default() });
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let log = &log;
            // Each opens the file by itself, as a process does.
            scope.spawn(move || log.write(writer * 100, 25));
        }
    });
    assert_eq!(log.verify().unwrap().records, 100);
}

#[test]
fn what_cannot_be_written_is_refused_or_said_as_was_decided() {
    for (on_failure, good) in [(OnFailure::Refuse, false), (OnFailure::Continue, true)] {
        let log = Log::new(LogOptions { on_failure, ..LogOptions::default() });
        let sink = JsonlAudit::open(&log.path(), log.options.clone()).unwrap();
        fs::write(log.path(), "not a log\n").unwrap();
        assert_eq!(sink.record(&record(0)).is_ok(), good, "{on_failure:?}");
    }
}

#[cfg(unix)]
#[test]
fn only_its_owner_reads_a_log() {
    use std::os::unix::fs::PermissionsExt;
    let log = Log::new(LogOptions { rotate_bytes: Some(500), ..LogOptions::default() });
    log.write(0, 10);
    for file in chain::files(&log.path()) {
        let mode = |file: &Path| fs::metadata(file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever byte is changed, the log is not taken for what was written, but where the
    /// change falls into the last record and makes it one that was torn, or joins it with
    /// the one before.
    #[test]
    fn no_byte_can_be_changed(at in any::<prop::sample::Index>(), with in any::<u8>()) {
        let log = Log::with(5);
        let mut bytes = fs::read(log.path()).unwrap();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != with);
        let before_last = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n');
        let left = if Some(at) == before_last { 3 } else { 4 };
        bytes[at] = with;
        fs::write(log.path(), bytes).unwrap();
        if let Ok(verified) = log.verify() {
            prop_assert_eq!(verified.records, left);
            prop_assert_eq!(verified.torn.len(), 1);
        }
    }
}

/// The line break between the last two records is gone: both are torn, and said to be.
#[test]
fn records_that_were_joined_are_one_torn_line() {
    let log = Log::with(5);
    let mut bytes = fs::read(log.path()).unwrap();
    let at = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap();
    bytes[at] = 128;
    fs::write(log.path(), bytes).unwrap();
    let verified = log.verify().unwrap();
    assert_eq!((verified.records, verified.torn.len()), (3, 1));
}
