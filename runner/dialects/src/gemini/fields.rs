//! The members of an object, in either of their spellings.
//!
//! Protocol buffers have two names of each field in JSON (`inlineData`, `inline_data`), and
//! take either in each place; Google's own SDKs write both in one request
//! (<https://protobuf.dev/programming-guides/json/>). What is asked for here by the first
//! name is found by the second as well.
//!
//! The adapter writes the first. So what has the second is read and stays, and with it the
//! client's spelling, which counts for a provider of this dialect.

use super::DIALECT;
use crate::DialectError;
use crate::object::Object;
use hotcell::types::Native;
use serde_json::Value;
use std::borrow::Cow;

/// An object whose members are being taken out, by the first of their names.
pub(super) struct Fields(Object);

impl Fields {
    /// Reads a request's body.
    pub(super) fn parse(body: &[u8]) -> Result<Self, DialectError> {
        Object::parse(body, DIALECT).map(Self)
    }

    pub(super) fn new(value: Value, path: String) -> Result<Self, DialectError> {
        Object::new(value, path, DIALECT).map(Self)
    }

    /// An object without members.
    pub(super) fn empty() -> Self {
        Self(Object::empty(DIALECT))
    }

    /// The name that a member has here; the first where it is not there. Where both are, the
    /// first counts, unless it is null.
    pub(super) fn spelled<'n>(&self, name: &'n str) -> Cow<'n, str> {
        if self.0.peek(name).is_none_or(Value::is_null) {
            let other = snake(name);
            if self.0.has(&other) {
                return other.into();
            }
        }
        name.into()
    }

    /// The path of a member.
    pub(super) fn at(&self, name: &str) -> String {
        self.0.at(&self.spelled(name))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.has(&self.spelled(name))
    }

    pub(super) fn peek(&self, name: &str) -> Option<&Value> {
        self.0.peek(&self.spelled(name))
    }

    /// Reads a member if `read` understands it, and takes it out, unless its spelling is one
    /// that the adapter would not choose.
    pub(super) fn take<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        match self.spelled(name) {
            Cow::Borrowed(name) => self.0.take(name, read),
            Cow::Owned(other) => self.0.read(&other, read),
        }
    }

    /// Reads a member that stays, because its spelling says more than its meaning.
    pub(super) fn read<T>(&self, name: &str, read: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        read(self.peek(name)?)
    }

    /// A string that is there.
    pub(super) fn required(&mut self, name: &str) -> Result<String, DialectError> {
        self.0.required(name)
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.take(name, |value| value.as_str().map(str::to_owned))
    }

    pub(super) fn count(&mut self, name: &str) -> Option<u32> {
        self.take(name, |value| value.as_u64().and_then(|count| count.try_into().ok()))
    }

    pub(super) fn number(&mut self, name: &str) -> Option<f64> {
        self.take(name, Value::as_f64)
    }

    /// Leaves out a member that is read, unless its spelling has to stay.
    pub(super) fn forget(&mut self, name: &str) {
        self.take(name, |_| Some(()));
    }

    /// Takes a member out in any spelling.
    pub(super) fn value(&mut self, name: &str) -> Option<Value> {
        let name = self.spelled(name);
        self.0.value(&name)
    }

    /// A list, taken out in any spelling; none where there is no such member or it is null.
    pub(super) fn list(&mut self, name: &str) -> Result<Option<Vec<Value>>, DialectError> {
        let name = self.spelled(name);
        self.0.list(&name)
    }

    /// Adds a member, in this spelling.
    pub(super) fn put_back(&mut self, name: &str, value: Value) {
        self.0.put_back(name, value);
    }

    /// Leaves out what is null: it says no more than an absent member.
    pub(super) fn remove_nulls(&mut self) {
        self.0.remove_nulls();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What was not taken, as it stands.
    pub(super) fn members(self) -> Value {
        self.0.members()
    }

    /// What was not taken; none of nothing.
    pub(super) fn extra(self) -> Option<Native> {
        self.0.extra()
    }

    /// What was not taken, even if it is nothing.
    pub(super) fn always_extra(self) -> Native {
        self.0.always_extra()
    }
}

/// A member of a value that is only looked at, in either spelling.
pub(super) fn get<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    value.get(name).or_else(|| value.get(snake(name)))
}

/// `inlineData` as `inline_data`.
pub(super) fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}
