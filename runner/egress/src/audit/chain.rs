//! The chain that the records of an audit log hang on.
//!
//! Each line is a record with one more member at its end, `link`: the SHA-256 of the link
//! before it and the record's own text. So a record that was edited, removed, added or
//! moved is found, by anybody who has the file. What a chain alone cannot show is that
//! records were cut off its end, or that somebody wrote all of it anew: for that, note a
//! link somewhere else from time to time, and ask for it when you verify.

use hotcell_manifest::Digest;
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The longest line that is read; records have some hundred bytes, the largest ten
/// thousand.
const LINE_BYTES: u64 = 1024 * 1024;

const BEFORE: &str = ",\"link\":\"";
const BEHIND: &str = "\"}";

/// What a log of records is found to be.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Verified {
    /// The files, oldest first.
    pub files: Vec<PathBuf>,
    /// Records, those that only continue an older file not counted.
    pub records: u64,
    /// The time of the first record, as it stands there.
    pub first: Option<String>,
    /// The time of the last one.
    pub last: Option<String>,
    /// The link that the log goes on from, where its first file continues another that
    /// is not here.
    pub continues: Option<Digest>,
    /// The last link: note it somewhere else.
    pub link: Digest,
    /// Transcripts that were kept: the request's id, and the digest of the file.
    #[serde(skip)]
    pub transcripts: Vec<(String, Digest)>,
    /// Lines that were not written to their end, by a crash or a full disk: file and
    /// number. They hang on nothing, and nothing on them.
    pub torn: Vec<(PathBuf, u64)>,
}

/// Why a log is not what was written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ChainError {
    /// A file cannot be read.
    #[error("{}: {error}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A line does not hang on the one before.
    #[error("{}:{line}: {why}", file.display())]
    Broken {
        /// The file.
        file: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong.
        why: &'static str,
    },
    /// Every record is good, but the link that was asked for is not among them.
    #[error("no record has the link {link}: records were cut off the end, or it is another log")]
    Missing {
        /// The link.
        link: Digest,
    },
}

/// The link before the first record.
pub(super) fn beginning() -> Digest {
    Digest::of(b"hotcell audit log")
}

/// The link of a record.
pub(super) fn link(before: &Digest, record: &[u8]) -> Digest {
    Digest::of(&[before.as_bytes(), record].concat())
}

/// The line of a record, which is a JSON object.
pub(super) fn line(record: &[u8], link: &Digest) -> Vec<u8> {
    let open = record.strip_suffix(b"}").unwrap_or(record);
    let link = link.to_string();
    [open, BEFORE.as_bytes(), link.as_bytes(), BEHIND.as_bytes(), b"\n"].concat()
}

/// The record and the link of a line; none of a line that was not written to its end.
pub(super) fn parts(line: &[u8]) -> Option<(Vec<u8>, Digest)> {
    let line = std::str::from_utf8(line).ok()?;
    let (open, link) = line.strip_suffix(BEHIND)?.rsplit_once(BEFORE)?;
    let parsed: Digest = link.parse().ok()?;
    // There is one way to write it.
    (parsed.to_string() == link).then(|| ([open.as_bytes(), b"}"].concat(), parsed))
}

/// The files of a log that was rotated, oldest first: `audit.jsonl.2`, `audit.jsonl.1`,
/// `audit.jsonl`.
pub fn files(log: &Path) -> Vec<PathBuf> {
    let older = (1..).map(|number| numbered(log, number)).take_while(|file| file.exists());
    let mut files: Vec<PathBuf> = older.collect();
    files.reverse();
    files.push(log.to_owned());
    files
}

pub(super) fn numbered(log: &Path, number: u32) -> PathBuf {
    beside(log, &number.to_string())
}

pub(super) fn beside(log: &Path, ending: &str) -> PathBuf {
    let mut name = log.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

/// Holds every record of a log against the one before it. `files` are one log, oldest
/// first. Where `noted` is given, a record must have that link.
///
/// # Errors
/// [`ChainError`], with file and line.
pub fn verify(files: &[PathBuf], noted: Option<&Digest>) -> Result<Verified, ChainError> {
    let mut verified = Verified {
        files: files.to_vec(),
        records: 0,
        first: None,
        last: None,
        continues: None,
        link: beginning(),
        transcripts: Vec::new(),
        torn: Vec::new(),
    };
    let mut found = noted.is_none_or(|noted| *noted == verified.link);
    for (number, file) in files.iter().enumerate() {
        let unreadable = |error| ChainError::Unreadable { file: file.clone(), error };
        let mut lines = BufReader::new(File::open(file).map_err(unreadable)?);
        let mut text = Vec::new();
        for line in 1.. {
            text.clear();
            let read = (&mut lines).take(LINE_BYTES).read_until(b'\n', &mut text);
            if read.map_err(unreadable)? == 0 {
                break;
            }
            let broken = |why| ChainError::Broken { file: file.clone(), line, why };
            let Some((record, link)) = text.strip_suffix(b"\n").and_then(parts) else {
                // Where a write was given up, the next record begins a line of its own.
                if !text.starts_with(b"{\"time\":") && text != b"\n" {
                    return Err(broken("it is no record"));
                }
                verified.torn.push((file.clone(), line));
                continue;
            };
            let about: About = serde_json::from_slice(&record)
                .map_err(|_| broken("it is no record, although it has a link"))?;
            let begins = line == 1;
            match (begins && number > 0, about.after) {
                (_, Some(after)) if begins && number == 0 => {
                    verified.continues = Some(after);
                    verified.link = after;
                }
                (true, None) => return Err(broken("it does not continue the file before it")),
                (_, Some(after)) if after != verified.link => {
                    return Err(broken("it continues another log than the file before it"));
                }
                _ => {}
            }
            if self::link(&verified.link, &record) != link {
                return Err(broken(
                    "this record was edited, or one before it was edited, removed, added or moved",
                ));
            }
            verified.link = link;
            verified.transcripts.extend(about.request_id.zip(about.transcript));
            found = found || noted == Some(&link);
            if about.after.is_none() {
                verified.records += 1;
                verified.first.get_or_insert_with(|| about.time.clone());
                verified.last = Some(about.time);
            }
        }
    }
    match noted {
        Some(noted) if !found => Err(ChainError::Missing { link: *noted }),
        _ => Ok(verified),
    }
}

/// What of a record the chain is about.
#[derive(serde::Deserialize)]
struct About {
    time: String,
    /// The last link of the file before, where this record begins a file.
    #[serde(default)]
    after: Option<Digest>,
    #[serde(default, rename = "request-id")]
    request_id: Option<String>,
    #[serde(default)]
    transcript: Option<Digest>,
}
