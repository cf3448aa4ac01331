//! What is a file's own.

use super::*;

#[cfg(unix)]
#[test]
fn the_file_is_of_this_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let store = Sqlite::serve(&state, false).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state), 0o700);
    assert_eq!(mode(&state.join("gateway.db")), 0o600);
    assert_eq!(mode(&state.join("gateway.db-wal")), 0o600);
    drop(store);
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o770)).unwrap();
    let error = Sqlite::open(&state, false).unwrap_err().to_string();
    assert!(error.contains("others can write to it"), "{error}");
}

#[test]
fn a_file_of_a_later_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(Sqlite::open(folder.path(), false).unwrap());
    let file = folder.path().join("gateway.db");
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let error = Sqlite::open(folder.path(), false).unwrap_err().to_string();
    assert!(error.contains("a later version of hotcell"), "{error}");
    // It may have keys: nobody is let in without one.
    assert!(Sqlite::has_keys(folder.path()));
}
