//! Files that a gateway was made of, and whether they are still those.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::SystemTime;

/// What tells a file from what it was: where it is, how long, and when it was written.
type Trace = Option<(u64, u64, u64, i64, i64)>;

/// Files, as they were when they were last looked at.
#[derive(Debug, Default)]
pub(super) struct Watched {
    files: Vec<(PathBuf, Trace)>,
    /// Something is not as it was, and may still be on its way.
    changes: bool,
}

impl Watched {
    /// Files of a worker that began to read them then.
    pub(super) fn new(files: Vec<PathBuf>, since: SystemTime) -> Self {
        let now = SystemTime::now();
        let is_newer = |file: &PathBuf| {
            let written = std::fs::metadata(file).and_then(|it| it.modified());
            written.is_ok_and(|written| since < written && written <= now)
        };
        // What was changed since then was perhaps not read.
        let changes = files.iter().any(is_newer);
        let files = files.into_iter().map(|file| {
            let trace = trace(&file);
            (file, trace)
        });
        Self { files: files.collect(), changes }
    }

    /// Looks. Something has changed where it did so before and does so no more: whoever writes
    /// several files, or one in pieces, is given the time between two looks to end.
    pub(super) fn have_changed(&mut self) -> bool {
        let mut differs = false;
        for (file, before) in &mut self.files {
            let now = trace(file);
            differs |= now != *before;
            *before = now;
        }
        let have_changed = self.changes && !differs;
        self.changes = differs;
        have_changed
    }
}

fn trace(file: &PathBuf) -> Trace {
    let it = std::fs::metadata(file).ok()?;
    Some((it.dev(), it.ino(), it.len(), it.mtime(), it.mtime_nsec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_once_and_when_it_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        std::fs::write(&one, "1").unwrap();
        let mut watched = Watched::new(vec![one.clone(), other.clone()], SystemTime::now());
        assert!(!watched.have_changed());
        std::fs::write(&one, "12").unwrap();
        assert!(!watched.have_changed());
        std::fs::write(&other, "").unwrap();
        assert!(!watched.have_changed());
        assert!(watched.have_changed());
        assert!(!watched.have_changed());
        std::fs::remove_file(&other).unwrap();
        assert!(!watched.have_changed());
        assert!(watched.have_changed());
    }

    #[test]
    fn what_was_written_while_it_was_read_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let mut watched = Watched::new(vec![file], SystemTime::UNIX_EPOCH);
        assert!(watched.have_changed());
        assert!(!watched.have_changed());
    }
}
