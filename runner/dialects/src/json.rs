//! JSON as text: answers are written straight into their bytes, and what a provider wrote
//! is spliced in as it stands, numbers included.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Write as _;

// ---- writing ---------------------------------------------------------------

/// A string with its quotes.
pub(crate) fn string(text: &str, out: &mut Vec<u8>) {
    // Writing a string into memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

/// A whole number.
pub(crate) fn number(number: u64, out: &mut Vec<u8>) {
    let _ = write!(out, "{number}");
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
    if value.contains(['\n', '\r']) {
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

// ---- reading ---------------------------------------------------------------

/// How many lists and objects may be within one another: as many as whoever reads the values
/// that are kept as text takes at the most.
const DEEPEST: u32 = 127;

/// Whether there are more of them. Values that are kept as text are only read beyond the
/// wall, where nobody could tell the client any more what is wrong with its request.
pub(crate) fn is_too_deep(text: &str) -> bool {
    let mut depth = 0_u32;
    let mut rest = text.as_bytes();
    let marks = |byte: &u8| matches!(byte, b'"' | b'{' | b'[' | b'}' | b']');
    while let Some(at) = rest.iter().position(marks) {
        let mark = rest[at];
        rest = &rest[at + 1..];
        match mark {
            b'"' => rest = behind_string(rest),
            b'{' | b'[' if depth == DEEPEST => return true,
            b'{' | b'[' => depth += 1,
            _ => depth = depth.saturating_sub(1),
        }
    }
    false
}

/// What comes behind the end of a string that has begun.
fn behind_string(mut rest: &[u8]) -> &[u8] {
    while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
        let behind = if rest[at] == b'"' { at + 1 } else { at + 2 };
        let is_end = rest[at] == b'"';
        rest = rest.get(behind..).unwrap_or_default();
        if is_end {
            return rest;
        }
    }
    &[]
}

/// The members of an object in their order, each value as its text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members<'a>(pub(crate) Vec<(Cow<'a, str>, &'a str)>);

impl<'a> Members<'a> {
    /// Of JSON text; none where it is something else than an object.
    pub(crate) fn of(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The value of a member, of several with one name the last; none where it is null.
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        let found = self.0.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, value)| *value).filter(|value| *value != "null")
    }

    /// The text of a member that is a string.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name).and_then(unquoted)
    }

    /// The members of a member.
    pub(crate) fn inner(&self, name: &str) -> Option<Members<'a>> {
        Members::of(self.get(name)?)
    }

    /// Takes a member out.
    pub(crate) fn take(&mut self, name: &str) -> Option<&'a str> {
        let value = self.get(name);
        self.0.retain(|(known, _)| known != name);
        value
    }

    /// Leaves these out.
    pub(crate) fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|(known, _)| !names.contains(&known.as_ref()));
        self
    }

    /// Writes all of them behind what the object has already.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        for (name, value) in &self.0 {
            comma(out);
            string(name, out);
            out.push(b':');
            splice(value, out);
        }
    }
}

/// Members that came one after the other; of one name the last counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Merged(BTreeMap<String, String>);

impl Merged {
    pub(crate) fn add(&mut self, members: Members<'_>) {
        let owned = |(name, value): (Cow<'_, str>, &str)| (name.into_owned(), value.to_owned());
        self.0.extend(members.0.into_iter().map(owned));
    }

    pub(crate) fn merge(&mut self, later: Self) {
        self.0.extend(later.0);
    }

    /// Writes all of them behind what the object has already.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        for (name, value) in &self.0 {
            comma(out);
            string(name, out);
            out.push(b':');
            splice(value, out);
        }
    }
}

/// The elements of a list; none where the text is something else.
pub(crate) fn elements(text: &str) -> Option<Vec<&str>> {
    let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    Some(elements.into_iter().map(RawValue::get).collect())
}

/// The text of a string; none of anything else.
pub(crate) fn unquoted(text: &str) -> Option<Cow<'_, str>> {
    serde_json::from_str::<Text<'_>>(text).ok().map(|text| text.0)
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Members::default();
                while let Some(name) = map.next_key::<Text<'de>>()? {
                    let value: &RawValue = map.next_value()?;
                    members.0.push((name.0, value.get()));
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Reader)
    }
}
