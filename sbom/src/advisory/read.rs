//! Reads advisories from files, no further than a database has reason to be long.

use super::osv::Entry;
use super::{Advisories, Advisory};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Several times all that is known of all crates.
const MAX_BYTES: u64 = 128 * 1024 * 1024;
const MAX_FILES: usize = 100_000;
const MAX_DEPTH: usize = 8;

/// Why there are no advisories.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AdvisoryError {
    /// A file or folder that cannot be read.
    #[error("`{}` cannot be read: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// More than a database of advisories has.
    #[error("`{}` has more than {MAX_BYTES} bytes, {MAX_FILES} files or {MAX_DEPTH} folders below each other", path.display())]
    TooLarge {
        /// What was to be read.
        path: PathBuf,
    },
    /// Not JSON, or not what OSV has.
    #[error("`{}`: {message}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column where there are any.
        message: String,
    },
    /// Nothing in it is about any crate.
    #[error("`{}` has no advisory about a crate of crates.io: is it a database in the format of OSV, unpacked?", path.display())]
    Empty {
        /// What was read.
        path: PathBuf,
    },
}

/// What was read until now.
struct Reader<'a> {
    path: &'a Path,
    all: Vec<Advisory>,
    bytes_left: u64,
    files_left: usize,
}

pub(super) fn read(path: &Path) -> Result<Advisories, AdvisoryError> {
    let mut reader = Reader { path, all: Vec::new(), bytes_left: MAX_BYTES, files_left: MAX_FILES };
    let about = fs::metadata(path).map_err(|source| unreadable(path, source))?;
    if about.is_dir() {
        reader.folder(path, 0)?;
    } else {
        reader.file(path)?;
    }
    match Advisories::sorted(reader.all) {
        none if none.is_empty() => Err(AdvisoryError::Empty { path: path.to_owned() }),
        advisories => Ok(advisories),
    }
}

impl Reader<'_> {
    /// Links below the folder are not followed: they could lead anywhere, and back.
    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), AdvisoryError> {
        if depth > MAX_DEPTH {
            return Err(self.too_large());
        }
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder).map_err(|source| unreadable(folder, source))? {
            let entry = entry.map_err(|source| unreadable(folder, source))?;
            self.files_left = self.files_left.checked_sub(1).ok_or_else(|| self.too_large())?;
            let kind = entry.file_type().map_err(|source| unreadable(&entry.path(), source))?;
            entries.push((entry.path(), kind));
        }
        // A file system gives them in any order.
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (path, kind) in entries {
            let ending = path.extension().and_then(|ending| ending.to_str());
            if kind.is_dir() {
                self.folder(&path, depth + 1)?;
            } else if kind.is_file() && matches!(ending, Some("json" | "jsonl" | "ndjson")) {
                self.file(&path)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path) -> Result<(), AdvisoryError> {
        let mut text = Vec::new();
        if fs::metadata(path).is_ok_and(|about| about.len() > self.bytes_left) {
            return Err(self.too_large());
        }
        File::open(path)
            .and_then(|file| file.take(self.bytes_left + 1).read_to_end(&mut text))
            .map_err(|source| unreadable(path, source))?;
        self.bytes_left =
            self.bytes_left.checked_sub(text.len() as u64).ok_or_else(|| self.too_large())?;
        let advisories = parse(&text)
            .map_err(|message| AdvisoryError::Format { path: path.to_owned(), message })?;
        self.all.extend(advisories);
        Ok(())
    }

    fn too_large(&self) -> AdvisoryError {
        AdvisoryError::TooLarge { path: self.path.to_owned() }
    }
}

/// One advisory, several behind each other, or a list.
pub(super) fn parse(text: &[u8]) -> Result<Vec<Advisory>, String> {
    let is_list = text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let entries: Vec<Entry> = if is_list {
        serde_json::from_slice(text).map_err(|error| error.to_string())?
    } else {
        let entries = serde_json::Deserializer::from_slice(text).into_iter();
        entries.collect::<Result<_, _>>().map_err(|error| error.to_string())?
    };
    let advisories: Result<Vec<_>, String> = entries.into_iter().map(Entry::advisory).collect();
    Ok(advisories?.into_iter().flatten().collect())
}

fn unreadable(path: &Path, source: io::Error) -> AdvisoryError {
    AdvisoryError::Read { path: path.to_owned(), source }
}
