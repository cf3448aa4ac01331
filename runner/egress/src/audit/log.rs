//! The audit log as a file.

use super::{AuditRecord, AuditSink, chain, rfc3339};
use hotcell_manifest::Digest;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// How much of the end of a file is searched for its last record.
const TAIL_BYTES: u64 = 256 * 1024;

/// An append-only file with one JSON object a line, readable by its owner only. Each
/// record hangs on the one before: see [`chain`]. Several processes can write
/// to one file.
#[derive(Debug)]
pub struct JsonlAudit {
    path: PathBuf,
    options: LogOptions,
    open: Mutex<Open>,
}

/// What is decided about a log file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogOptions {
    /// From this size on the file is put aside, and a new one continues it. Without it
    /// the file grows for ever.
    pub rotate_bytes: Option<u64>,
    /// How many files are kept that were put aside; 0 keeps all.
    pub keep: u32,
    /// What happens where a record cannot be written.
    pub on_failure: OnFailure,
}

/// What happens where a record cannot be written: a full disk, a folder without the right
/// to write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// Nothing is sent: what is not written down does not happen.
    #[default]
    Refuse,
    /// The request goes out, and the program's own log says what is missing.
    Continue,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// How long the file was after the last record of this process, and the record's
    /// link.
    last: Option<(u64, Digest)>,
}

/// The first record of a file that continues another.
#[derive(Serialize)]
struct Continued<'a> {
    #[serde(serialize_with = "rfc3339")]
    time: SystemTime,
    decision: &'static str,
    after: &'a Digest,
}

impl JsonlAudit {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// What the system said.
    pub fn open(path: &Path, options: LogOptions) -> io::Result<Self> {
        if cfg!(not(unix)) && options.rotate_bytes.is_some() {
            let why = "files are put aside on Unix only; leave `rotate-bytes` out";
            return Err(io::Error::new(io::ErrorKind::Unsupported, why));
        }
        let open = Open { file: open(path)?, last: None };
        Ok(Self { path: path.to_owned(), options, open: Mutex::new(open) })
    }

    fn append(&self, record: &[u8]) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.lock(&self.path)?;
        let appended = self.append_locked(&mut open, record);
        // One that cannot be given back is given back when the file is closed.
        let _ = open.file.unlock();
        appended
    }

    fn append_locked(&self, open: &mut Open, record: &[u8]) -> io::Result<()> {
        let (before, is_torn) = open.before()?;
        let length = open.file.metadata()?.len();
        if self.options.rotate_bytes.is_none_or(|most| length < most) {
            return open.write(&before, record, is_torn).map(|_| ());
        }
        self.put_aside(&open.file)?;
        // The new file is whole before others see it, and locked before the old one is not.
        let beside = chain::beside(&self.path, "new");
        let mut next = Open { file: self::open(&beside)?, last: None };
        next.file.lock()?;
        next.file.set_len(0)?;
        let continued =
            Continued { time: SystemTime::now(), decision: "continued", after: &before };
        let before = next.write(&before, &serde_json::to_vec(&continued)?, false)?;
        fs::rename(&beside, &self.path)?;
        *open = next;
        open.write(&before, record, false).map(|_| ())
    }

    /// Gives the file a number as well, so that another one can take its name.
    fn put_aside(&self, file: &File) -> io::Result<()> {
        let first = chain::numbered(&self.path, 1);
        if is_at(file, &first) {
            // A process that came this far before did not come further.
            return Ok(());
        }
        let mut last = 1;
        while chain::numbered(&self.path, last).exists() {
            last += 1;
        }
        for number in (1..last).rev() {
            let file = chain::numbered(&self.path, number);
            match self.options.keep {
                keep if keep > 0 && number >= keep => fs::remove_file(file)?,
                _ => fs::rename(file, chain::numbered(&self.path, number + 1))?,
            }
        }
        fs::hard_link(&self.path, first)
    }
}

impl AuditSink for JsonlAudit {
    fn record(&self, record: &AuditRecord) -> io::Result<()> {
        let appended = self.append(&serde_json::to_vec(record)?);
        match (appended, self.options.on_failure) {
            (Err(error), OnFailure::Continue) => {
                let request_id = &record.request_id;
                tracing::error!(target: "hotcell::audit", %error, %request_id, "a record is missing in the audit log");
                Ok(())
            }
            (appended, _) => appended,
        }
    }
}

impl Open {
    /// Waits for other processes, and makes sure that none of them has put the file aside.
    fn lock(&mut self, path: &Path) -> io::Result<()> {
        loop {
            self.file.lock()?;
            if is_at(&self.file, path) {
                return Ok(());
            }
            self.file = open(path)?;
            self.last = None;
        }
    }

    /// The link of the last record, and whether a line without an end follows it.
    fn before(&mut self) -> io::Result<(Digest, bool)> {
        let length = self.file.metadata()?.len();
        match self.last {
            Some((known, link)) if known == length => return Ok((link, false)),
            _ if length == 0 => return Ok((chain::beginning(), false)),
            _ => {}
        }
        let start = length.saturating_sub(TAIL_BYTES);
        self.file.seek(SeekFrom::Start(start))?;
        let mut tail = Vec::new();
        (&mut self.file).take(TAIL_BYTES).read_to_end(&mut tail)?;
        let is_torn = !tail.ends_with(b"\n");
        let link = tail.split(|byte| *byte == b'\n').rev().find_map(chain::parts);
        match link {
            Some((_, link)) => Ok((link, is_torn)),
            None => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the file is there, and no audit log: name another one",
            )),
        }
    }

    fn write(&mut self, before: &Digest, record: &[u8], is_torn: bool) -> io::Result<Digest> {
        let link = chain::link(before, record);
        let mut line = chain::line(record, &link);
        // A full disk may have torn the line before, which must not spoil this one.
        if is_torn {
            line.insert(0, b'\n');
        }
        self.last = None;
        self.file.write_all(&line)?;
        self.last = Some((self.file.metadata()?.len(), link));
        Ok(link)
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Whether the open file is still the one at this path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let of = |metadata: io::Result<fs::Metadata>| metadata.map(|it| (it.dev(), it.ino())).ok();
    of(file.metadata()) == of(fs::metadata(path))
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}
