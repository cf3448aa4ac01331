//! Who else can read and write a file.

use super::finding::{Area, Examination};
use std::path::Path;

/// Who can do what with a file, besides this user and the administrator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Access {
    /// It belongs to somebody else.
    pub(super) is_foreign: bool,
    pub(super) group_writes: bool,
    pub(super) all_write: bool,
    pub(super) group_reads: bool,
    pub(super) all_read: bool,
}

/// None where there is no such file, or nothing can be found out about it.
#[cfg(unix)]
pub(super) fn access(path: &Path) -> Option<Access> {
    use std::os::unix::fs::MetadataExt;
    const STICKY: u32 = 0o1000;
    let found = std::fs::metadata(path).ok()?;
    let mode = found.mode();
    // In a folder such as /tmp nobody removes what is another's.
    let is_shared = found.is_dir() && mode & STICKY != 0;
    Some(Access {
        is_foreign: ![rustix::process::geteuid().as_raw(), 0].contains(&found.uid()),
        group_writes: mode & 0o020 != 0 && !is_shared,
        all_write: mode & 0o002 != 0 && !is_shared,
        group_reads: mode & 0o040 != 0,
        all_read: mode & 0o004 != 0,
    })
}

/// A user's own files are private by default elsewhere.
#[cfg(not(unix))]
pub(super) fn access(path: &Path) -> Option<Access> {
    path.exists().then(Access::default)
}

/// Finds out who else can write a file. `why` says what that would mean.
pub(super) fn examine_writers(path: &Path, why: &str, area: Area, examination: &mut Examination) {
    let Some(access) = access(path) else { return };
    let shown = path.display();
    if access.is_foreign {
        let remedy = format!("{why}; take it over with `chown`, or use another one");
        examination.error(area, format!("{shown} belongs to another user"), remedy);
    }
    if access.all_write {
        let remedy = format!("{why}; `chmod go-w {shown}`");
        examination.error(area, format!("anybody can write to {shown}"), remedy);
    } else if access.group_writes {
        let remedy = format!("{why}; `chmod g-w {shown}`, unless you are alone in it");
        examination.warn(area, format!("its group can write to {shown}"), remedy);
    }
}

/// Finds out who else can read a file that holds what is nobody else's business.
pub(super) fn examine_readers(path: &Path, what: &str, area: Area, examination: &mut Examination) {
    let Some(access) = access(path) else { return };
    let shown = path.display();
    let remedy = format!("`chmod go= {shown}`");
    if access.all_read {
        examination.error(area, format!("anybody can read {shown}, {what}"), remedy);
    } else if access.group_reads {
        examination.warn(area, format!("its group can read {shown}, {what}"), remedy);
    }
}
