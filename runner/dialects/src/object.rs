//! Taking a JSON object apart, member by member. What is not taken is kept.

use crate::DialectError;
use crate::json::{Members, has_odd_number, quoted};
use hotcell::types::Native;
use serde_json::{Map, Value};

/// An object whose members are being taken out.
pub(crate) struct Object {
    path: String,
    dialect: &'static str,
    members: Map<String, Value>,
    /// The text of members with a number in them that a value would write in another way.
    written: Vec<(String, String)>,
}

impl Object {
    /// Reads a request's body.
    pub(crate) fn parse(body: &[u8], dialect: &'static str) -> Result<Self, DialectError> {
        let value = serde_json::from_slice(body)
            .map_err(|error| DialectError::new("", format!("the request is not JSON: {error}")))?;
        let mut object = Self::new(value, String::new(), dialect)?;
        object.written = std::str::from_utf8(body).map(written).unwrap_or_default();
        Ok(object)
    }

    pub(crate) fn new(
        value: Value,
        path: String,
        dialect: &'static str,
    ) -> Result<Self, DialectError> {
        match value {
            Value::Object(members) => Ok(Self::of(members, path, dialect)),
            other => {
                Err(DialectError::new(&path, format!("expected an object, found {}", name(&other))))
            }
        }
    }

    pub(crate) fn of(members: Map<String, Value>, path: String, dialect: &'static str) -> Self {
        Self { path, dialect, members, written: Vec::new() }
    }

    /// A member as an object of its own, which stays here until something is put in its place;
    /// an empty one where it is something else.
    pub(crate) fn inside(&self, member: &str) -> Self {
        let members = self.members.get(member).and_then(Value::as_object).cloned();
        let mut inner = Self::of(members.unwrap_or_default(), self.at(member), self.dialect);
        inner.written = self.text_of(member).map(written).unwrap_or_default();
        inner
    }

    /// Puts what is left of an object in the place of a member.
    pub(crate) fn put_back_rest(&mut self, member: &str, rest: Self) {
        let text = (!rest.written.is_empty()).then(|| rest.as_text());
        self.put_back(member, Value::Object(rest.members));
        self.written.retain(|(name, _)| name != member);
        self.written.extend(text.map(|text| (member.to_owned(), text)));
    }

    /// How a member was written, where that is not how its value would be.
    fn text_of(&self, member: &str) -> Option<&str> {
        let found = self.written.iter().rfind(|(name, _)| name == member);
        found.map(|(_, text)| text.as_str())
    }

    /// What was not taken, as text: as it was written, unless something was put in its place.
    fn as_text(&self) -> String {
        let mut text = String::from("{");
        for (name, value) in &self.members {
            if text.len() > 1 {
                text.push(',');
            }
            text.push_str(&quoted(name));
            text.push(':');
            let is_same =
                |text: &&str| serde_json::from_str::<Value>(text).ok().as_ref() == Some(value);
            match self.text_of(name).filter(is_same) {
                Some(written) => text.push_str(written),
                None => text.push_str(&value.to_string()),
            }
        }
        text.push('}');
        text
    }

    /// An object without members.
    pub(crate) fn empty(dialect: &'static str) -> Self {
        Self::of(Map::new(), String::new(), dialect)
    }

    /// What was not taken, as it stands.
    pub(crate) fn members(self) -> Value {
        Value::Object(self.members)
    }

    /// Leaves out what is null: it says no more than an absent member.
    pub(crate) fn remove_nulls(&mut self) {
        self.members.retain(|_, value| !value.is_null());
    }

    /// The path of a member.
    pub(crate) fn at(&self, member: &str) -> String {
        if self.path.is_empty() { member.to_owned() } else { format!("{}.{member}", self.path) }
    }

    pub(crate) fn has(&self, member: &str) -> bool {
        self.members.contains_key(member)
    }

    pub(crate) fn peek(&self, member: &str) -> Option<&Value> {
        self.members.get(member)
    }

    /// A string that is there.
    pub(crate) fn required(&mut self, member: &str) -> Result<String, DialectError> {
        match self.members.remove(member) {
            Some(Value::String(text)) => Ok(text),
            Some(other) => Err(DialectError::new(
                &self.at(member),
                format!("expected a string, found {}", name(&other)),
            )),
            None => Err(DialectError::new(&self.path, format!("`{member}` is missing"))),
        }
    }

    /// Takes a member out if `read` understands it; otherwise it stays as it is.
    pub(crate) fn take<T>(
        &mut self,
        member: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = read(self.members.get(member)?)?;
        self.members.remove(member);
        Some(value)
    }

    /// Reads a member that stays, because its spelling says more than its meaning.
    pub(crate) fn read<T>(
        &self,
        member: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        read(self.members.get(member)?)
    }

    pub(crate) fn text(&mut self, member: &str) -> Option<String> {
        self.take(member, |value| value.as_str().map(str::to_owned))
    }

    pub(crate) fn flag(&mut self, member: &str) -> Option<bool> {
        self.take(member, Value::as_bool)
    }

    /// Whether the client wants a stream. What is neither yes nor no is refused, since a
    /// provider may take it for either, and answer in a way that nobody waits for.
    pub(crate) fn stream(&mut self) -> Result<bool, DialectError> {
        match self.members.get("stream") {
            None | Some(Value::Null | Value::Bool(false)) => Ok(false),
            Some(Value::Bool(true)) => {
                self.members.remove("stream");
                Ok(true)
            }
            Some(other) => Err(DialectError::new(
                &self.at("stream"),
                format!("expected true or false, found {}", name(other)),
            )),
        }
    }

    pub(crate) fn count(&mut self, member: &str) -> Option<u32> {
        self.take(member, |value| value.as_u64().and_then(|count| count.try_into().ok()))
    }

    pub(crate) fn number(&mut self, member: &str) -> Option<f64> {
        self.take(member, Value::as_f64)
    }

    pub(crate) fn value(&mut self, member: &str) -> Option<Value> {
        self.members.remove(member)
    }

    pub(crate) fn put_back(&mut self, member: &str, value: Value) {
        self.members.insert(member.to_owned(), value);
    }

    /// A list; none where there is no such member or it is null.
    pub(crate) fn list(&mut self, member: &str) -> Result<Option<Vec<Value>>, DialectError> {
        match self.members.get(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(_)) => match self.members.remove(member) {
                Some(Value::Array(list)) => Ok(Some(list)),
                _ => Ok(None),
            },
            Some(other) => Err(DialectError::new(
                &self.at(member),
                format!("expected a list, found {}", name(other)),
            )),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// What was not taken, as the object that it is in.
    pub(crate) fn into_value(self) -> Value {
        Value::Object(self.members)
    }

    /// What was not taken; none of nothing.
    pub(crate) fn extra(self) -> Option<Native> {
        (!self.is_empty()).then(|| self.always_extra())
    }

    /// What was not taken, even if it is nothing.
    pub(crate) fn always_extra(self) -> Native {
        match self.written.is_empty() {
            true => native(&Value::Object(self.members), self.dialect),
            false => Native { dialect: self.dialect.to_owned(), value: self.as_text() },
        }
    }
}

/// The members of an object that have a number which its value would write in another way.
fn written(text: &str) -> Vec<(String, String)> {
    if !has_odd_number(text) {
        return Vec::new();
    }
    let members = Members::of(text).unwrap_or_default().0.into_iter();
    let odd = members.filter(|(_, value)| has_odd_number(value));
    odd.map(|(name, value)| (name.into_owned(), value.to_owned())).collect()
}

/// A value of a dialect.
pub(crate) fn native(value: &Value, dialect: &str) -> Native {
    Native { dialect: dialect.to_owned(), value: value.to_string() }
}

/// The members of what a provider said in a dialect; none of another one's.
pub(crate) fn members(native: Option<&Native>, dialect: &str) -> Map<String, Value> {
    let native = native.filter(|native| native.dialect == dialect);
    native.and_then(|native| serde_json::from_str(&native.value).ok()).unwrap_or_default()
}

fn name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
