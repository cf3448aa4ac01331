//! A lock file that is read says the same when it is written and read again.

#![no_main]

use hotcell::{ConfigError, Lock};
use libfuzzer_sys::fuzz_target;
use std::fs;
use std::path::Path;

fuzz_target!(|text: &str| {
    let lock = match Lock::parse(text, Path::new("hotcell.lock")) {
        Ok(lock) => lock,
        Err(error) => {
            let ConfigError::Syntax { line, column, .. } = error else { panic!("{error}") };
            assert!(line >= 1 && column >= 1);
            assert!(line <= text.lines().count() + 1, "line {line} of {text:?}");
            return;
        }
    };
    let folder =
        tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder");
    let file = folder.path().join("hotcell.lock");
    lock.write(&file).expect("what was read can be written");
    let written = fs::read_to_string(&file).expect("what was written is there");
    let again = Lock::parse(&written, &file).expect("what was written can be read");
    assert_eq!(again, lock);
    for name in lock.adapters.keys() {
        // It becomes the name of a file, and must not name another.
        let name = name.as_str();
        assert!(!name.is_empty() && !name.contains(['/', '\\', '.', '\0']), "{name:?}");
        assert!(hotcell::bundle::adapter(name).is_none(), "{name} is one of ours");
    }
});
