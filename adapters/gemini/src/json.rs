//! JSON as a tree, whose numbers are the text that they were written as.
//!
//! A tree that knows little more than this is a third of one that knows Rust's numbers and
//! hashes its names, and nothing is lost by it. Objects keep their order; of several
//! members with one name the last is meant.

mod read;

use crate::DIALECT;
use hotcell_sdk::json::write_string;
use hotcell_sdk::{Failure, FailureKind, Native};
use std::borrow::Cow;

/// A JSON value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Value {
    #[default]
    Null,
    Bool(bool),
    /// One without a sign, as most are.
    Whole(u64),
    /// Any other, as it was written.
    Number(String),
    String(String),
    Array(Vec<Value>),
    Object(Members),
}

/// The members of an object, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Members(Vec<(Name, Value)>);

/// The name of a member. Those that every chunk of an answer has take no memory of their own.
type Name = Cow<'static, str>;

static NULL: Value = Value::Null;

impl Value {
    /// Reads text that may be anything.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        read::parse(text)
    }

    /// The value as JSON text.
    #[inline(never)]
    pub(crate) fn text(&self) -> String {
        let mut out = Vec::new();
        self.write(&mut out);
        // What was written is text.
        String::from_utf8(out).unwrap_or_default()
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(true) => out.extend_from_slice(b"true"),
            Self::Bool(false) => out.extend_from_slice(b"false"),
            Self::Whole(number) => whole(*number, out),
            Self::Number(text) => out.extend_from_slice(text.as_bytes()),
            Self::String(text) => write_string(text, out),
            Self::Array(values) => {
                out.push(b'[');
                for (place, value) in values.iter().enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    value.write(out);
                }
                out.push(b']');
            }
            Self::Object(members) => members.write(out),
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub(crate) fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_object(&self) -> Option<&Members> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::Array(values) => Some(values),
            _ => None,
        }
    }

    /// A number of Rust's, where the value is one.
    pub(crate) fn as_number<N: std::str::FromStr>(&self) -> Option<N> {
        match self {
            Self::Whole(number) => number.to_string().parse().ok(),
            Self::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub(crate) fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Whole(number) => Some(*number),
            other => other.as_number(),
        }
    }

    pub(crate) fn as_f64(&self) -> Option<f64> {
        self.as_number()
    }

    pub(crate) fn is(&self, text: &str) -> bool {
        self.as_str() == Some(text)
    }

    /// A member; null of what is no object or has none of this name.
    #[inline(never)]
    pub(crate) fn get(&self, name: &str) -> &Self {
        self.as_object().and_then(|members| members.get(name)).unwrap_or(&NULL)
    }

    /// The value that a JSON pointer (RFC 6901) leads to.
    pub(crate) fn pointer(&self, pointer: &str) -> Option<&Self> {
        let Some(steps) = pointer.strip_prefix('/') else {
            return pointer.is_empty().then_some(self);
        };
        steps.split('/').try_fold(self, |value, step| {
            let step = step.replace("~1", "/").replace("~0", "~");
            match value {
                Self::Object(members) => members.get(&step),
                Self::Array(values) => values.get(step.parse::<usize>().ok()?),
                _ => None,
            }
        })
    }
}

impl Members {
    #[inline(never)]
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    #[inline(never)]
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.0.iter_mut().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Adds a member, or gives one another value.
    pub(crate) fn insert(&mut self, name: &str, value: impl Into<Value>) {
        self.set(name, value.into());
    }

    #[inline(never)]
    fn set(&mut self, name: &str, value: Value) {
        match self.get_mut(name) {
            Some(known) => *known = value,
            None => self.0.push((name.to_owned().into(), value)),
        }
    }

    /// Takes a member out, with all others of its name.
    #[inline(never)]
    pub(crate) fn remove(&mut self, name: &str) -> Option<Value> {
        let found = self.0.iter().rposition(|(known, _)| known == name)?;
        let (_, value) = self.0.remove(found);
        self.0.retain(|(known, _)| known != name);
        Some(value)
    }

    /// Takes a member out, if it is a text.
    #[inline(never)]
    pub(crate) fn take_text(&mut self, name: &str) -> Option<String> {
        match self.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// Takes a member out, if it is an object.
    #[inline(never)]
    pub(crate) fn take_object(&mut self, name: &str) -> Option<Self> {
        match self.remove(name) {
            Some(Value::Object(members)) => Some(members),
            _ => None,
        }
    }

    /// Adds members; those that are there already get another value.
    #[inline(never)]
    pub(crate) fn extend(&mut self, more: Self) {
        for (name, value) in more.0 {
            self.set(&name, value);
        }
    }

    pub(crate) fn retain(&mut self, keep: impl FnMut(&(Name, Value)) -> bool) {
        self.0.retain(keep);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_ref())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    #[inline(never)]
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        for (place, (name, value)) in self.0.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            write_string(name, out);
            out.push(b':');
            value.write(out);
        }
        out.push(b'}');
    }

    /// The members as bytes of JSON text.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        self.write(&mut out);
        out
    }

    /// As the `extra` of a record; none of none.
    #[inline(never)]
    pub(crate) fn extra(self) -> Option<Native> {
        (!self.is_empty()).then(|| native(&self.into()))
    }
}

impl IntoIterator for Members {
    type Item = (Name, Value);
    type IntoIter = std::vec::IntoIter<(Name, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// An object of one member.
pub(crate) fn object(name: &str, value: impl Into<Value>) -> Members {
    let mut members = Members::default();
    members.insert(name, value);
    members
}

/// A value of this dialect.
#[inline(never)]
pub(crate) fn native(value: &Value) -> Native {
    Native { dialect: DIALECT.to_owned(), value: value.text() }
}

/// Reads JSON text that the interface promises to parse.
#[inline(never)]
pub(crate) fn parse(text: &str, what: &str) -> Result<Value, Failure> {
    Value::parse(text).map_err(|why| {
        Failure::new(FailureKind::InvalidRequest, format!("{what} is not JSON: {why}"))
    })
}

/// Reads the text of a JSON object, such as a tool's schema.
#[inline(never)]
pub(crate) fn members(text: &str, what: &str) -> Result<Members, Failure> {
    match parse(text, what)? {
        Value::Object(members) => Ok(members),
        _ => {
            let why = format!("{what} is not a JSON object");
            Err(Failure::new(FailureKind::InvalidRequest, why))
        }
    }
}

#[inline(never)]
fn whole(number: u64, out: &mut Vec<u8>) {
    // Writing into memory does not fail.
    let _ = serde_json::to_writer(out, &number);
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Whole(number.into())
    }
}

impl From<i64> for Value {
    #[inline(never)]
    fn from(number: i64) -> Self {
        u64::try_from(number).map_or_else(|_| Self::Number(number.to_string()), Self::Whole)
    }
}

impl From<f64> for Value {
    #[inline(never)]
    fn from(number: f64) -> Self {
        // One that is none has no word in JSON, and becomes null.
        match number.is_finite() {
            true => Self::Number(serde_json::to_string(&number).unwrap_or_default()),
            false => Self::Null,
        }
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<&str> for Value {
    #[inline(never)]
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<Members> for Value {
    fn from(members: Members) -> Self {
        Self::Object(members)
    }
}

impl From<Vec<Value>> for Value {
    fn from(values: Vec<Value>) -> Self {
        Self::Array(values)
    }
}
