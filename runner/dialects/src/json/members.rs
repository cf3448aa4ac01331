//! Objects and lists taken apart where they stand, each value as its text.

use super::{comma, splice, string};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

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
        self.0.iter().for_each(|(name, value)| write(name, value, out));
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
        self.0.iter().for_each(|(name, value)| write(name, value, out));
    }
}

/// Writes a member behind what the object has already.
fn write(name: &str, value: &str, out: &mut Vec<u8>) {
    comma(out);
    string(name, out);
    out.push(b':');
    splice(value, out);
}

/// The elements of a list; none where the text is something else.
pub(crate) fn elements(text: &str) -> Option<Vec<&str>> {
    let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    Some(elements.into_iter().map(RawValue::get).collect())
}

/// The text of a string; none of anything else.
fn unquoted(text: &str) -> Option<Cow<'_, str>> {
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
