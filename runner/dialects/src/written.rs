//! JSON text that is written piece by piece: what a provider said goes through as it stands.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// An object with more members than this is none of a protocol. It keeps hostile ones from
/// being searched for long.
const MOST_MEMBERS: usize = 256;

/// The members of an object, their values as they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Members(Vec<(String, String)>);

impl Members {
    /// Of JSON text; none where it is no object.
    pub(crate) fn parse(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// A member's JSON text.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A member that is a string.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.get(name)?).ok()
    }

    /// Takes a member out.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        let position = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(position).1)
    }

    /// Leaves out what is written elsewhere.
    pub(crate) fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|(known, _)| !names.contains(&known.as_str()));
        self
    }

    /// Puts JSON text in the place of a member, or behind all of them.
    pub(crate) fn set(&mut self, name: &str, json: impl Into<String>) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, value)) => *value = json.into(),
            None => self.0.push((name.to_owned(), json.into())),
        }
    }

    /// Adds others, which count where both have a member.
    pub(crate) fn merge(&mut self, others: Self) {
        for (name, value) in others.0 {
            self.set(&name, value);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Writes each member with a comma before it.
    pub(crate) fn write_behind(&self, out: &mut Vec<u8>) {
        for (name, value) in self.iter() {
            out.push(b',');
            text(out, name);
            out.push(b':');
            raw(out, value);
        }
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Members::default();
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    if members.0.len() >= MOST_MEMBERS {
                        return Err(serde::de::Error::custom("too many members"));
                    }
                    members.set(&name, value.get());
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// The values of a list; none where it is no list.
pub(crate) fn list(json: &str) -> Option<Vec<String>> {
    let values: Vec<Box<RawValue>> = serde_json::from_str(json).ok()?;
    Some(values.into_iter().map(|value| value.get().to_owned()).collect())
}

/// Writes a string.
pub(crate) fn text(out: &mut Vec<u8>, text: &str) {
    // Memory takes everything.
    let _ = serde_json::to_writer(out, text);
}

/// Writes a number.
pub(crate) fn number(out: &mut Vec<u8>, number: impl fmt::Display) {
    use std::io::Write as _;
    let _ = write!(out, "{number}");
}

/// Writes JSON text. A line of a stream must not end in it; where one ends in JSON text, it
/// is between two tokens.
pub(crate) fn raw(out: &mut Vec<u8>, json: &str) {
    let ends = |byte: &u8| matches!(byte, b'\n' | b'\r');
    match json.bytes().any(|byte| ends(&byte)) {
        false => out.extend_from_slice(json.as_bytes()),
        true => out.extend(json.bytes().filter(|byte| !ends(byte))),
    }
}

/// A string as JSON text.
pub(crate) fn quoted(value: &str) -> String {
    let mut out = Vec::with_capacity(value.len() + 2);
    text(&mut out, value);
    String::from_utf8(out).unwrap_or_default()
}
