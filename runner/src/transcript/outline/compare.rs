//! Where two outlines differ.

use super::{Instead, Outline};

/// The first place, in the order in which things happened; none where they are the same.
pub(super) fn place(one: &Outline, other: &Outline) -> Option<String> {
    if one == other {
        return None;
    }
    if one.settings != other.settings || hashed(one, other, |hashes| &hashes.settings) {
        return Some("the settings".to_owned());
    }
    if one.call != other.call || hashed(one, other, |hashes| &hashes.call) {
        return Some("what was asked".to_owned());
    }
    if let Some(number) = first(&one.exchanges, &other.exchanges) {
        return Some(format!("request {number}"));
    }
    if let (Instead::Hashed(one), Instead::Hashed(other)) = (&one.content, &other.content)
        && let Some(number) = first(&one.exchanges, &other.exchanges)
    {
        return Some(format!("what request {number} said, or its answer"));
    }
    if let Some(number) = first(&one.answer.events, &other.answer.events) {
        return Some(format!("event {number}"));
    }
    if one.answer != other.answer {
        return Some("the end".to_owned());
    }
    if hashed(one, other, |hashes| &hashes.answer) {
        return Some("what the answer said".to_owned());
    }
    Some("what it was: provider, component, limits or time".to_owned())
}

fn hashed<T: PartialEq>(
    one: &Outline,
    other: &Outline,
    of: impl Fn(&super::ContentHashes) -> &T,
) -> bool {
    match (&one.content, &other.content) {
        (Instead::Hashed(one), Instead::Hashed(other)) => of(one) != of(other),
        _ => false,
    }
}

/// Counted from 1.
fn first<T: PartialEq>(one: &[T], other: &[T]) -> Option<usize> {
    let all = one.len().max(other.len());
    (0..all).find(|number| one.get(*number) != other.get(*number)).map(|number| number + 1)
}
