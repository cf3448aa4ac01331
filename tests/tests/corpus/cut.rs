//! How a recorded body arrives: no source recorded where its chunks were cut, so
//! every cut must give the same.

use hotcell_sdk::testing::Cut;

/// Of longer bodies, this many bytes of the beginning and of the end come one at a
/// time, and the rest in pieces of a prime length.
const SINGLE_BYTES: usize = 8 * 1024;
const PRIME: usize = 61;

/// The five kinds of cuts of a body, with their names. One that cuts nowhere is left
/// out: it would be the whole body again.
pub(crate) fn cuts(body: &[u8]) -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let single = (1..body.len()).filter(|at| {
        let long = *at > SINGLE_BYTES && *at + SINGLE_BYTES < body.len();
        !long || at % PRIME == 0
    });
    let kinds = [
        ("whole", Cut::Whole),
        ("one byte at a time", Cut::At(single.collect())),
        ("random", Cut::Random(body.len() as u64)),
        ("inside UTF-8", Cut::InsideUtf8),
        ("inside CRLF", Cut::InsideCrlf),
    ];
    let pieces = kinds.into_iter().map(|(name, cut)| (name, Vec::from(cut.apply(body))));
    pieces.filter(|(name, pieces)| *name == "whole" || pieces.len() > 1).collect()
}
