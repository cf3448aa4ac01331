//! A log that was written is verified, and one that was changed is not: it is refused, or
//! it is told that a record is missing or torn.

#![no_main]

use arbitrary::Arbitrary;
use hotcell_egress::audit::chain;
use hotcell_manifest::Digest;
use libfuzzer_sys::fuzz_target;
use std::fs;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    /// The provider's name in each record.
    records: Vec<&'a str>,
    changes: Vec<Change>,
    /// A log that is none of ours.
    raw: &'a [u8],
}

#[derive(Arbitrary, Debug)]
enum Change {
    Flip(u16, u8),
    Remove(u16, u8),
    Insert(u16, u8),
    Double(u16, u8),
    Swap(u16, u16),
}

fuzz_target!(|input: Input<'_>| {
    let folder =
        tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder");
    let file = folder.path().join("audit.jsonl");
    let verify = |log: &[u8]| {
        fs::write(&file, log).expect("it can be written");
        chain::verify(std::slice::from_ref(&file), None)
    };
    // It may be refused, and never more.
    let _ = verify(input.raw);
    let log = written(&input.records);
    let good = verify(&log).expect("what was written is verified");
    assert_eq!((good.records, good.torn.len()), (input.records.len() as u64, 0));
    let mut changed = log.clone();
    input.changes.iter().for_each(|change| change.make(&mut changed));
    if let Ok(found) = verify(&changed) {
        let same =
            found.records == good.records && found.link == good.link && found.torn.is_empty();
        // A last line break that is missing is the one thing that nobody misses.
        assert!(!same || changed == log, "a change was not found");
    }
});

/// The log of these records, by the words of its documentation alone.
fn written(records: &[&str]) -> Vec<u8> {
    let mut link = Digest::of(b"hotcell audit log");
    let mut log = Vec::new();
    for provider in records {
        let record = format!("{{\"time\":\"now\",\"provider\":{provider:?}}}");
        // Debug of a string is not always JSON; what is not would not be written.
        let record = if provider.chars().all(|c| c.is_ascii_graphic()) {
            record
        } else {
            "{\"time\":\"now\"}".to_owned()
        };
        link = Digest::of(&[link.as_bytes(), record.as_bytes()].concat());
        let open = record.strip_suffix('}').expect("an object");
        log.extend(format!("{open},\"link\":\"{link}\"}}\n").into_bytes());
    }
    log
}

impl Change {
    fn make(&self, log: &mut Vec<u8>) {
        if log.is_empty() {
            return;
        }
        let place = |at: u16| usize::from(at) % log.len();
        let range =
            |at: u16, length: u8| place(at)..(place(at) + usize::from(length)).min(log.len());
        match *self {
            Self::Flip(at, bits) => {
                let at = place(at);
                log[at] ^= bits;
            }
            Self::Remove(at, length) => drop(log.drain(range(at, length))),
            Self::Insert(at, byte) => log.insert(place(at), byte),
            Self::Double(at, length) => {
                let piece = log[range(at, length)].to_vec();
                let at = place(at);
                log.splice(at..at, piece);
            }
            Self::Swap(one, other) => {
                let (one, other) = (place(one), place(other));
                log.swap(one, other);
            }
        }
    }
}
