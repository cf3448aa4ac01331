//! Taking a JSON object apart, member by member, each value as its text. What is not
//! taken is kept.

use super::DIALECT;
use crate::DialectError;
use hotcell::types::Native;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Where a value stands. It is put into words only if something is wrong there.
#[derive(Clone, Copy)]
pub(crate) enum Path<'p> {
    Root,
    Member(&'p Path<'p>, &'p str),
    Index(&'p Path<'p>, usize),
}

impl<'p> Path<'p> {
    pub(crate) fn member(&'p self, name: &'p str) -> Self {
        Self::Member(self, name)
    }

    pub(crate) fn index(&'p self, index: usize) -> Self {
        Self::Index(self, index)
    }

    pub(crate) fn error(&self, message: impl Into<String>) -> DialectError {
        DialectError { path: self.to_string(), message: message.into() }
    }

    pub(crate) fn missing(&self, expected: &str) -> DialectError {
        self.error(format!("expected {expected}, found nothing"))
    }

    fn wrong(&self, expected: &str, raw: &str) -> DialectError {
        self.error(format!("expected {expected}, found {}", found(raw)))
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Member(Self::Root, name) => f.write_str(name),
            Self::Member(parent, name) => write!(f, "{parent}.{name}"),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// What a value is, in a sentence.
pub(crate) fn found(raw: &str) -> &'static str {
    match raw.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// The elements of a list.
pub(crate) fn elements<'a>(
    raw: &'a str,
    path: &Path<'_>,
) -> Result<Vec<&'a RawValue>, DialectError> {
    serde_json::from_str(raw).map_err(|_| path.wrong("a list", raw))
}

/// The text of a string.
pub(crate) fn text(raw: &str, path: &Path<'_>) -> Result<String, DialectError> {
    if !raw.starts_with('"') {
        return Err(path.wrong("a string", raw));
    }
    serde_json::from_str(raw)
        .map_err(|error| path.error(format!("not a string of Unicode: {error}")))
}

/// A whole value that only this dialect has.
pub(crate) fn native(raw: &str) -> Native {
    Native { dialect: DIALECT.to_owned(), value: raw.to_owned() }
}

/// An object whose members are being taken out.
pub(crate) struct Object<'a, 'p> {
    path: &'p Path<'p>,
    members: Members<'a>,
}

#[derive(Default)]
struct Members<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a, 'p> Object<'a, 'p> {
    pub(crate) fn read(raw: &'a str, path: &'p Path<'p>) -> Result<Self, DialectError> {
        let members = serde_json::from_str(raw).map_err(|error: serde_json::Error| {
            if error.is_data() {
                path.wrong("an object", raw.trim_ascii_start())
            } else {
                path.error(format!("not JSON: {error}"))
            }
        })?;
        Ok(Self { path, members })
    }

    /// The path of a member.
    pub(crate) fn at(&self, name: &'p str) -> Path<'p> {
        self.path.member(name)
    }

    /// Whether there is such a member, be it null.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.members.0.iter().any(|(found, _)| found == name)
    }

    /// The text of a member that stays. What is null counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        let found = self.members.0.iter().find(|(found, _)| found == name);
        match found {
            Some((_, Cow::Borrowed(raw))) if *raw != "null" => Some(raw),
            _ => None,
        }
    }

    /// Takes a member out. What is null counts as absent, and stays.
    pub(crate) fn take(&mut self, name: &str) -> Option<&'a str> {
        let raw = self.get(name)?;
        self.members.0.retain(|(found, _)| found != name);
        Some(raw)
    }

    /// Keeps a member as it is spelled here.
    pub(crate) fn keep(&mut self, name: &'a str, raw: &str) {
        self.members.0.push((Cow::Borrowed(name), Cow::Owned(raw.to_owned())));
    }

    /// Puts something in the place of a member, be it there or not.
    pub(super) fn replace(&mut self, name: &'a str, raw: &str) {
        self.members.0.retain(|(found, _)| found != name);
        self.keep(name, raw);
    }

    pub(crate) fn text(&mut self, name: &'static str) -> Result<Option<String>, DialectError> {
        let path = self.path.member(name);
        self.take(name).map(|raw| text(raw, &path)).transpose()
    }

    /// A string that is there.
    pub(crate) fn required(&mut self, name: &'static str) -> Result<String, DialectError> {
        let null = self.has(name);
        let found = self.text(name)?;
        found.ok_or_else(|| match null {
            true => self.path.member(name).wrong("a string", "null"),
            false => self.path.member(name).missing("a string"),
        })
    }

    /// The text of an object.
    pub(crate) fn object(&mut self, name: &'static str) -> Result<Option<&'a str>, DialectError> {
        match self.take(name) {
            Some(raw) if !raw.starts_with('{') => {
                Err(self.path.member(name).wrong("an object", raw))
            }
            raw => Ok(raw),
        }
    }

    /// A flag. Only `true` is taken: `false` is what its absence means, and stays as
    /// it was written.
    pub(crate) fn flag(&mut self, name: &'static str) -> Result<Option<bool>, DialectError> {
        match self.get(name) {
            None => Ok(None),
            Some("false") => Ok(Some(false)),
            Some("true") => {
                self.take(name);
                Ok(Some(true))
            }
            Some(raw) => Err(self.path.member(name).wrong("true or false", raw)),
        }
    }

    /// A whole number. One that is written in an odd way stays beside its value.
    pub(crate) fn count(&mut self, name: &'static str) -> Result<Option<u32>, DialectError> {
        let Some(raw) = self.get(name) else { return Ok(None) };
        let value = serde_json::from_str::<f64>(raw).ok();
        let whole =
            value.filter(|value| value.fract() == 0.0 && (0.0..=4_294_967_295.0).contains(value));
        let Some(value) = whole.map(|value| value as u32) else {
            let expected = "a whole number from 0 to 4294967295";
            return Err(self.path.member(name).wrong(expected, raw));
        };
        if value.to_string() == raw {
            self.take(name);
        }
        Ok(Some(value))
    }

    /// A number. One that is written in an odd way stays beside its value.
    pub(crate) fn number(&mut self, name: &'static str) -> Result<Option<f64>, DialectError> {
        let Some(raw) = self.get(name) else { return Ok(None) };
        let value: f64 =
            serde_json::from_str(raw).map_err(|_| self.path.member(name).wrong("a number", raw))?;
        if serde_json::to_string(&value).is_ok_and(|usual| usual == raw) {
            self.take(name);
        }
        Ok(Some(value))
    }

    /// The one member, where there is no other, and its value.
    pub(crate) fn only(&self) -> Option<(&str, &str)> {
        match &self.members.0[..] {
            [(name, value)] => Some((name, value)),
            _ => None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.0.is_empty()
    }

    /// What was not taken; none of nothing.
    pub(crate) fn extra(self) -> Option<Native> {
        (!self.is_empty()).then(|| self.always_extra())
    }

    /// What was not taken, even if it is nothing.
    pub(crate) fn always_extra(self) -> Native {
        let mut value = String::from("{");
        for (name, raw) in &self.members.0 {
            if value.len() > 1 {
                value.push(',');
            }
            value.push_str(&serde_json::Value::from(name.as_ref()).to_string());
            value.push(':');
            value.push_str(raw);
        }
        value.push('}');
        Native { dialect: DIALECT.to_owned(), value }
    }
}

impl Members<'_> {
    /// Of several members with one name the last is meant. The others are left out: whoever
    /// reads what is kept may take the first, and would be told something else than is known
    /// here.
    fn keep_last(&mut self) {
        // So few are compared with each other sooner than anything is kept in order.
        const FEW: usize = 16;
        let names = || self.0.iter().map(|(name, _)| name);
        let is_plain = match self.0.len() {
            0..=FEW => {
                names().enumerate().all(|(at, name)| names().skip(at + 1).all(|it| it != name))
            }
            all => names().collect::<BTreeSet<_>>().len() == all,
        };
        if is_plain {
            return;
        }
        let mut last = BTreeMap::new();
        for (at, (name, _)) in self.0.iter().enumerate() {
            last.insert(name.clone(), at);
        }
        let mut at = 0..;
        self.0.retain(|(name, _)| last.get(name).copied() == at.next());
    }
}

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
                while let Some(name) = map.next_key::<Name<'de>>()? {
                    let raw: &RawValue = map.next_value()?;
                    members.0.push((name.0, Cow::Borrowed(raw.get())));
                }
                members.keep_last();
                Ok(members)
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);
