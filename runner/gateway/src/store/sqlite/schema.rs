//! The file: where it is, what is in it, and how it is opened.

use super::StoreError;
use super::worker::failed;
use rusqlite::Connection;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file's name in its folder.
const FILE: &str = "gateway.db";
/// Held by the gateway that uses the folder.
const LOCK: &str = "gateway.lock";
/// How long another process is waited for that writes.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a gateway that was killed is given to be gone.
const LEAVING: Duration = Duration::from_millis(20);
const LEAVING_TIMES: u32 = 50;

/// What the tables are now. A file of an earlier version is brought up to this one, step by
/// step; one of a later version is refused.
const VERSION: i64 = 4;
const STEPS: [&str; VERSION as usize] = [
    "
    CREATE TABLE keys (
        id TEXT PRIMARY KEY,
        hash BLOB NOT NULL UNIQUE,
        team TEXT,
        record TEXT NOT NULL
    ) STRICT;
    CREATE INDEX keys_of_teams ON keys (team);
    CREATE TABLE teams (id TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
    CREATE TABLE usage (
        day INTEGER NOT NULL,
        key TEXT NOT NULL,
        team TEXT NOT NULL,
        model TEXT NOT NULL,
        requests INTEGER NOT NULL,
        failures INTEGER NOT NULL,
        estimated INTEGER NOT NULL,
        unpriced INTEGER NOT NULL,
        input INTEGER NOT NULL,
        output INTEGER NOT NULL,
        cache_read INTEGER NOT NULL,
        cache_write INTEGER NOT NULL,
        cost INTEGER NOT NULL,
        PRIMARY KEY (key, day, team, model)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX usage_of_teams ON usage (team, day);
",
    "
    CREATE TABLE responses (
        owner TEXT NOT NULL,
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        model TEXT NOT NULL,
        made INTEGER NOT NULL,
        due INTEGER NOT NULL,
        PRIMARY KEY (owner, id)
    ) STRICT;
    CREATE INDEX responses_of_owners ON responses (owner, made);
    CREATE INDEX responses_by_time ON responses (made);
",
    // Meters, as long as several processes share them: see `sharing.rs`.
    "
    CREATE TABLE meters (
        subject TEXT NOT NULL,
        unit TEXT NOT NULL,
        span TEXT NOT NULL,
        start INTEGER NOT NULL,
        worker INTEGER NOT NULL,
        used INTEGER NOT NULL,
        held INTEGER NOT NULL,
        PRIMARY KEY (subject, unit, span, start, worker)
    ) STRICT, WITHOUT ROWID;
",
    "
    ALTER TABLE usage ADD COLUMN cached INTEGER NOT NULL DEFAULT 0;
",
];

/// Opens the file in this folder. Both are made where they are absent, for this user alone.
pub(super) fn open(folder: &Path, sync: bool) -> Result<Connection, StoreError> {
    let file =
        make(folder).map_err(|error| StoreError(format!("{}: {error}", folder.display())))?;
    prepared(&file, sync)
        .map_err(|error| StoreError(format!("{}: {}", file.display(), failed(&error).0)))
}

/// Whether there is a file with keys in this folder. None is made. One that cannot be read may
/// have some.
pub(super) fn has_keys(folder: &Path) -> bool {
    let file = folder.join(FILE);
    if !file.exists() {
        return false;
    }
    let found = prepared(&file, false).and_then(|connection| {
        connection.query_row("SELECT EXISTS (SELECT 1 FROM keys)", [], |row| row.get(0))
    });
    found.unwrap_or(true)
}

fn make(folder: &Path) -> io::Result<PathBuf> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        // SQLite gives its other files the permissions of this one.
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    builder.create(folder)?;
    check(folder)?;
    let file = folder.join(FILE);
    options.open(&file)?;
    Ok(file)
}

#[cfg(unix)]
fn check(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    match std::fs::metadata(folder)?.mode() & 0o022 {
        0 => Ok(()),
        _ => Err(io::Error::new(io::ErrorKind::PermissionDenied, "others can write to it")),
    }
}

#[cfg(not(unix))]
fn check(_: &Path) -> io::Result<()> {
    Ok(())
}

fn prepared(file: &Path, sync: bool) -> rusqlite::Result<Connection> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", if sync { "FULL" } else { "NORMAL" })?;
    // A process that confined itself has no folder for such files.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Nothing in the file may run more than what it holds.
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > VERSION {
        return Err(rusqlite::Error::InvalidParameterName(format!(
            "it was written by a later version of hotcell ({version}, and this one knows {VERSION})"
        )));
    }
    for step in STEPS.iter().skip(usize::try_from(version).unwrap_or(0)) {
        connection.execute_batch(step)?;
    }
    connection.pragma_update(None, "user_version", VERSION)?;
    connection.execute_batch("COMMIT")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Takes the folder for one gateway, until the last copy of the file that comes back is closed.
/// Others may read and change what is in it, but not serve from it: what is held for requests
/// under way is known to one gateway alone. Whoever takes over from a process of the same gateway
/// has the file already.
pub(super) fn lock(folder: &Path, inherited: Option<File>) -> Result<File, StoreError> {
    let path = folder.join(LOCK);
    let unusable =
        |error: &dyn std::fmt::Display| StoreError(format!("{}: {error}", path.display()));
    if let Some(file) = inherited.filter(|file| is_at(file, &path)) {
        return Ok(file);
    }
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = file.map_err(|error| unusable(&error))?;
    for _ in 0..LEAVING_TIMES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LEAVING),
            Err(TryLockError::Error(error)) => return Err(unusable(&error)),
        }
    }
    let why = "another gateway serves from this folder; give each its own, or let them share a \
               server";
    Err(unusable(&why))
}

/// Whether an open file is the one at this path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let of = |metadata: io::Result<std::fs::Metadata>| metadata.map(|it| (it.dev(), it.ino())).ok();
    let found = of(file.metadata());
    found.is_some() && found == of(std::fs::metadata(path))
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    false
}
