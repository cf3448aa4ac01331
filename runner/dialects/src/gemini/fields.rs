//! The members of an object, in either of their spellings.
//!
//! Protocol buffers have two names of each field in JSON (`inlineData`, `inline_data`), and
//! take either in each place; Google's own SDKs write both in one request
//! (<https://protobuf.dev/programming-guides/json/>). What is asked for here by the first
//! name is found by the second as well.
//!
//! The adapter writes the first, which says the same to every provider. So a member that is read
//! is taken out in either spelling; otherwise a provider of another dialect would be said to
//! have lost what it was told. What is not read stays in the client's own.

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

    /// A member as an object of its own; an empty one where it is something else.
    pub(super) fn inside(&self, name: &str) -> Self {
        Self(self.0.inside(&self.spelled(name)))
    }

    /// Puts what is left of an object in the place of a member.
    pub(super) fn put_back_rest(&mut self, name: &str, rest: Self) {
        self.0.put_back_rest(name, rest.0);
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

    /// Takes a member out if `read` understands it; otherwise it stays as it is.
    pub(super) fn take<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let name = self.spelled(name);
        self.0.take(&name, read)
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

    /// Leaves out a member that is read.
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

/// A value in which each member has the first of its names. Only for looking at: names that are
/// the client's own would be changed as well.
pub(super) fn first_names(value: &Value) -> Value {
    match value {
        Value::Array(list) => list.iter().map(first_names).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (camel(name), first_names(value)));
            Value::Object(members.collect())
        }
        other => other.clone(),
    }
}

/// `inline_data` as `inlineData`.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
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
