//! JSON objects, written and taken apart member by member. What is generic here is thin, so
//! that the component holds one copy of the rest.

use hotcell_sdk::{Failure, FailureKind, json};
use serde_json::{Map, Value};

/// Adds a member.
pub(crate) fn put(object: &mut Map<String, Value>, name: &str, value: impl Into<Value>) {
    put_value(object, name, value.into());
}

#[inline(never)]
fn put_value(object: &mut Map<String, Value>, name: &str, value: Value) {
    object.insert(name.to_owned(), value);
}

/// `{name: value}`.
pub(crate) fn wrapped(name: &str, value: impl Into<Value>) -> Value {
    let mut object = Map::new();
    put(&mut object, name, value);
    object.into()
}

/// `{"type": kind}`.
#[inline(never)]
pub(crate) fn typed(kind: &str) -> Map<String, Value> {
    let mut object = Map::new();
    put(&mut object, "type", kind);
    object
}

/// `{"type": kind, name: value}`.
pub(crate) fn part(kind: &str, name: &str, value: impl Into<Value>) -> Value {
    let mut object = typed(kind);
    put(&mut object, name, value);
    object.into()
}

/// A part with text.
pub(crate) fn text_part(text: &str) -> Value {
    part("text", "text", text)
}

/// Reads an object of the provider's; `what` is for the failure that says that it is none.
#[inline(never)]
pub(crate) fn parse(text: &str, what: &str) -> Result<Map<String, Value>, Failure> {
    json::object(text, what)
        .map_err(|failure| Failure { kind: FailureKind::MalformedResponse, ..failure })
}

/// Takes an object out, also the first of a list; an empty one where there is none.
#[inline(never)]
pub(crate) fn take_object(object: &mut Map<String, Value>, name: &str) -> Map<String, Value> {
    match take(object, name) {
        Some(Value::Object(object)) => object,
        Some(Value::Array(list)) => match list.into_iter().next() {
            Some(Value::Object(object)) => object,
            _ => Map::new(),
        },
        _ => Map::new(),
    }
}

/// Takes a string out.
#[inline(never)]
pub(crate) fn take_text(object: &mut Map<String, Value>, name: &str) -> Option<String> {
    match take(object, name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// Takes a member out.
#[inline(never)]
pub(crate) fn take(object: &mut Map<String, Value>, name: &str) -> Option<Value> {
    object.shift_remove(name)
}

/// A member that is a string, without taking it.
#[inline(never)]
pub(crate) fn text_of<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}

/// Leaves out what is null: it says no more than an absent member.
#[inline(never)]
pub(crate) fn drop_nulls(object: &mut Map<String, Value>) {
    object.retain(|_, value| !value.is_null());
}
