//! JSON as text: the members of an object are read where they stand, and written
//! straight into the body, so that no tree of them has to be built and every number
//! stays as it was written.

use hotcell_sdk::{Failure, Native};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;

// ---- reading ---------------------------------------------------------------

/// The members of an object in their order, each value as its text.
#[derive(Clone, Debug, Default)]
pub struct Members<'a>(pub Vec<(Cow<'a, str>, &'a str)>);

impl<'a> Members<'a> {
    /// Reads an object of the provider's.
    ///
    /// # Errors
    /// `malformed-response`, where it is something else.
    #[inline(never)]
    pub fn of(text: &'a str, what: &str) -> Result<Self, Failure> {
        serde_json::from_str(text).map_err(|error| Failure::malformed(format!("{what}: {error}")))
    }

    /// Reads an object out of text that may be anything.
    #[inline(never)]
    pub fn any(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The value of a member; of several with one name the last. What is null counts
    /// as absent.
    #[inline(never)]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let found = self.0.iter().rev().find(|(found, _)| found == name);
        found.map(|(_, value)| *value).filter(|value| *value != "null")
    }

    /// Takes a member out, be it null.
    #[inline(never)]
    pub fn take(&mut self, name: &str) -> Option<&'a str> {
        let value = self.get(name);
        self.0.retain(|(found, _)| found != name);
        value
    }

    /// The text of a member.
    ///
    /// # Errors
    /// `malformed-response`, where it is no string of Unicode.
    #[inline(never)]
    pub fn text(&self, name: &str) -> Result<Option<Cow<'a, str>>, Failure> {
        let text = self.get(name).map(serde_json::from_str::<Text<'_>>);
        text.map(|text| text.map(|text| text.0))
            .transpose()
            .map_err(|error| Failure::malformed(format!("`{name}`: {error}")))
    }

    /// The text of a member that is a string with something in it.
    #[inline(never)]
    pub fn word(&self, name: &str) -> Option<String> {
        let text = self.text(name).ok().flatten().filter(|text| !text.is_empty());
        text.map(Cow::into_owned)
    }

    /// A member that counts something.
    #[inline(never)]
    pub fn count(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }

    /// The members that say something, as text that can be kept.
    #[inline(never)]
    pub fn told(&self) -> Vec<(String, String)> {
        let told = self.0.iter().filter(|(_, value)| *value != "null");
        told.map(|(name, value)| (name.to_string(), (*value).to_owned())).collect()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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

/// A string that is copied only if it has something to unescape.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// What a string says; none where it is something else.
#[inline(never)]
pub fn plain(raw: &str) -> Option<String> {
    serde_json::from_str::<Text<'_>>(raw).ok().map(|text| text.0.into_owned())
}

/// The elements of a list; none where it is something else.
#[inline(never)]
pub fn elements(raw: &str) -> Option<Vec<&str>> {
    let elements: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
    Some(elements.into_iter().map(RawValue::get).collect())
}

/// Whether text is JSON of any kind.
#[inline(never)]
pub fn is_json(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok()
}

// ---- writing ---------------------------------------------------------------

/// An object that is being written. Members that `extra` spells are the client's own,
/// and are not written a second time.
pub struct Object<'w, 'e> {
    out: &'w mut Vec<u8>,
    extra: Members<'e>,
    first: bool,
}

impl<'w, 'e> Object<'w, 'e> {
    /// Begins an object.
    pub fn open(out: &'w mut Vec<u8>, extra: Members<'e>) -> Self {
        out.push(b'{');
        Self { out, extra, first: true }
    }

    /// Whether the client spells this member itself.
    pub fn spells(&self, name: &str) -> bool {
        self.extra.0.iter().any(|(known, _)| known == name)
    }

    /// A member that holds text.
    #[inline(never)]
    pub fn text(&mut self, name: &str, value: &str) {
        if let Some(out) = self.member(name) {
            string(out, value);
        }
    }

    /// A member whose value is JSON text already.
    #[inline(never)]
    pub fn raw(&mut self, name: &str, json: &str) {
        if let Some(out) = self.member(name) {
            out.extend_from_slice(json.as_bytes());
        }
    }

    /// The place for the value of a member; none where the client spells it itself.
    #[inline(never)]
    pub fn member(&mut self, name: &str) -> Option<&mut Vec<u8>> {
        if self.spells(name) {
            return None;
        }
        self.name(name);
        Some(self.out)
    }

    /// Adds the client's own members and ends the object.
    #[inline(never)]
    pub fn close(mut self) {
        for (name, value) in std::mem::take(&mut self.extra).0 {
            self.name(&name);
            self.out.extend_from_slice(value.as_bytes());
        }
        self.out.push(b'}');
    }

    #[inline(never)]
    fn name(&mut self, name: &str) {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        string(self.out, name);
        self.out.push(b':');
    }
}

/// A list that is being written.
pub struct List<'w> {
    out: &'w mut Vec<u8>,
    first: bool,
}

impl<'w> List<'w> {
    /// Begins a list.
    pub fn open(out: &'w mut Vec<u8>) -> Self {
        out.push(b'[');
        Self { out, first: true }
    }

    /// The place for the next element.
    #[inline(never)]
    pub fn element(&mut self) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        self.out
    }

    /// Whether nothing was written so far.
    pub fn is_empty(&self) -> bool {
        self.first
    }

    /// Ends the list.
    pub fn close(self) {
        self.out.push(b']');
    }
}

/// Writes an object with one member.
///
/// # Errors
/// Whatever `write` fails with.
pub fn only(
    out: &mut Vec<u8>,
    name: &str,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut object = Object::open(out, Members::default());
    if let Some(out) = object.member(name) {
        write(out)?;
    }
    object.close();
    Ok(())
}

/// Writes a string.
#[inline(never)]
pub fn string(out: &mut Vec<u8>, text: &str) {
    hotcell_sdk::json::write_string(text, out);
}

/// A string as JSON text.
#[inline(never)]
pub fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// The text of an object of members whose values are JSON text.
#[inline(never)]
pub fn object_text<N: AsRef<str>, V: AsRef<str>>(members: &[(N, V)]) -> String {
    let mut text = String::from("{");
    for (name, value) in members {
        let (name, value) = (name.as_ref(), value.as_ref());
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&quoted(name));
        text.push(':');
        text.push_str(value);
    }
    text.push('}');
    text
}

/// A value of Converse.
pub(crate) fn native(value: impl Into<String>) -> Native {
    Native { dialect: crate::DIALECT.to_owned(), value: value.into() }
}

/// An `extra` of these members; none of none.
#[inline(never)]
pub(crate) fn extra(members: &[(String, String)]) -> Option<Native> {
    (!members.is_empty()).then(|| native(object_text(members)))
}
