//! What every frame of a stream begins with.

use super::super::piece;
use crate::About;
use crate::json::{self, Members};
use hotcell::types::Started;

const DATA: &[u8] = b"data: ";

/// Members that are in every chunk of the dialect's provider: how an answer was served, and
/// by which version. Clients know them from the last one.
const STEADY: [&str; 2] = ["service_tier", "system_fingerprint"];

/// What every frame of a stream begins with.
pub(crate) fn head(
    object: &str,
    prefix: &str,
    started: Option<&Started>,
    about: &About,
) -> Vec<u8> {
    let mut head = DATA.to_vec();
    piece::head(object, prefix, started, about, &mut head);
    head
}

/// Moves what every frame says out of the members of one into the head of all, in the place
/// of what was there. True where there was something.
pub(crate) fn settle(members: &mut Members<'_>, head: &mut Vec<u8>) -> bool {
    let steady: Vec<_> =
        STEADY.into_iter().filter_map(|name| Some((name, members.take(name)?))).collect();
    if steady.is_empty() {
        return false;
    }
    let mut before = head.split_off(DATA.len());
    before.push(b'}');
    let before = String::from_utf8(before).unwrap_or_default();
    let names: Vec<_> = steady.iter().map(|(name, _)| *name).collect();
    head.push(b'{');
    Members::of(&before).unwrap_or_default().without(&names).write(head);
    steady.iter().for_each(|(name, value)| json::raw(name, value, head));
    true
}
