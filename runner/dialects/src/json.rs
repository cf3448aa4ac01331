//! JSON as text: answers are written straight into their bytes, and what a provider wrote
//! is spliced in as it stands, numbers included.

mod depth;
mod digits;
mod kept;
mod members;

pub(crate) use depth::is_too_deep;
pub(crate) use digits::has_odd_number;
pub(crate) use kept::Kept;
pub(crate) use members::{Members, Merged, elements};

use std::fmt::Display;
use std::io::Write as _;

/// A string with its quotes.
pub(crate) fn string(text: &str, out: &mut Vec<u8>) {
    // Writing a string into memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

/// The same, as a text of its own.
pub(crate) fn quoted(value: &str) -> String {
    let mut out = Vec::with_capacity(value.len() + 2);
    string(value, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// A number.
pub(crate) fn number(number: impl Display, out: &mut Vec<u8>) {
    let _ = write!(out, "{number}");
}

/// Whether something is so.
pub(crate) fn flag(is: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if is { b"true" } else { b"false" });
}

/// The name of an object's next member, and the comma before it.
pub(crate) fn name(name: &str, out: &mut Vec<u8>) {
    comma(out);
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// The comma between two elements or members; none after what opens or names one.
pub(crate) fn comma(out: &mut Vec<u8>) {
    if !matches!(out.last(), None | Some(b'{' | b'[' | b':')) {
        out.push(b',');
    }
}

/// A member that is a string.
pub(crate) fn text(member: &str, text: &str, out: &mut Vec<u8>) {
    name(member, out);
    string(text, out);
}

/// A member that is JSON text already.
pub(crate) fn raw(member: &str, value: &str, out: &mut Vec<u8>) {
    name(member, out);
    splice(value, out);
}

/// JSON text as it stands, but on one line, as a frame of a stream has to be. Within its
/// strings there is no line end.
pub(crate) fn splice(value: &str, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(value.as_bytes());
    if memchr::memchr2(b'\n', b'\r', value.as_bytes()).is_some() {
        let line_ends = out[start..].iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r'));
        line_ends.for_each(|byte| *byte = b' ');
    }
}

/// A member that is a whole number.
pub(crate) fn count(member: &str, value: u64, out: &mut Vec<u8>) {
    name(member, out);
    number(value, out);
}

/// A member that is a list of JSON texts.
pub(crate) fn list<'a>(member: &str, values: impl IntoIterator<Item = &'a str>, out: &mut Vec<u8>) {
    name(member, out);
    out.push(b'[');
    for value in values {
        comma(out);
        splice(value, out);
    }
    out.push(b']');
}
