//! The pieces of an answer that are still coming: its content, and its calls.

use crate::DIALECT;
use hotcell_sdk::{Delta, Event, Failure, NativeAt, ToolCallStarted, json};
use serde_json::{Map, Value};

/// The parts of an answer. The provider counts its content and its calls apart, so that
/// here each part gets a number of its own, in the order in which they begin.
#[derive(Default)]
pub(crate) struct Parts {
    count: u32,
    content: Vec<Content>,
    calls: Vec<(u32, u32)>,
}

struct Content {
    /// The provider's number.
    index: u32,
    part: u32,
    kind: Kind,
    /// No event tells yet that it is there.
    silent: bool,
    open: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Thinking,
    /// Of a type to come: given out as it was sent.
    Other,
}

impl Parts {
    pub(crate) fn any_call(&self) -> bool {
        !self.calls.is_empty()
    }

    /// Whether nothing was told yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn next(&mut self) -> u32 {
        self.count = self.count.saturating_add(1);
        self.count - 1
    }

    /// The part that text of the content with this number belongs to, or else the last
    /// text.
    pub(crate) fn text_at(&self, index: Option<u32>) -> u32 {
        let text = |content: &&Content| content.kind == Kind::Text;
        let of_number = |content: &&Content| Some(content.index) == index;
        let found = self.content.iter().rev().find(of_number);
        found.or_else(|| self.content.iter().rev().find(text)).map_or(0, |content| content.part)
    }

    /// A piece of content: its beginning, more of it, or all. Gives back what it said
    /// that nothing here holds.
    pub(crate) fn content(
        &mut self,
        index: u32,
        mut piece: Map<String, Value>,
        begins: bool,
        events: &mut Vec<Event>,
    ) -> Map<String, Value> {
        let kind = match piece.get("type").and_then(Value::as_str) {
            Some("text") => Some(Kind::Text),
            Some("thinking") => Some(Kind::Thinking),
            Some(_) => Some(Kind::Other),
            None if piece.contains_key("thinking") => Some(Kind::Thinking),
            None if piece.contains_key("text") => Some(Kind::Text),
            None => None,
        };
        let known = |content: &Content| {
            content.open && content.index == index && kind.is_none_or(|kind| kind == content.kind)
        };
        let place = self.content.iter().rposition(known).filter(|_| !begins);
        let place = place.unwrap_or_else(|| {
            let (part, kind) = (self.next(), kind.unwrap_or(Kind::Other));
            self.content.push(Content { index, part, kind, silent: true, open: true });
            self.content.len() - 1
        });
        let Some(content) = self.content.get_mut(place) else { return piece };
        let (name, event): (_, fn(Delta) -> Event) = match content.kind {
            Kind::Text => ("text", Event::Text),
            Kind::Thinking => ("thinking", Event::Reasoning),
            Kind::Other => return piece,
        };
        piece.shift_remove("type");
        if let Some(text) = text(&mut piece, name).filter(|text| !text.is_empty()) {
            content.silent = false;
            events.push(event(Delta { choice: 0, index: content.part, text }));
        }
        piece
    }

    /// The content with this number is over, or all of it.
    pub(crate) fn close(&mut self, index: Option<u32>, events: &mut Vec<Event>) {
        let over = |content: &&mut Content| {
            content.open && index.is_none_or(|index| content.index == index)
        };
        for content in self.content.iter_mut().filter(over) {
            content.open = false;
            // It is there although it says nothing.
            let delta = || Delta { choice: 0, index: content.part, text: String::new() };
            match content.kind {
                Kind::Text if content.silent => events.push(Event::Text(delta())),
                Kind::Thinking if content.silent => events.push(Event::Reasoning(delta())),
                _ => {}
            }
        }
    }

    /// A call begins, with what is there of its arguments.
    pub(crate) fn call(
        &mut self,
        index: u32,
        mut call: Map<String, Value>,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let mut function = object(&mut call, "function");
        let name = text(&mut function, "name").filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| Failure::malformed("a tool call without a name"))?;
        let part = self.next();
        self.calls.push((index, part));
        // A result has to name its call.
        let id = text(&mut call, "id").filter(|id| !id.is_empty());
        let id = id.unwrap_or_else(|| format!("call_{part}"));
        call.shift_remove("type");
        let arguments = function.shift_remove("arguments");
        if !function.is_empty() {
            call.insert("function".to_owned(), function.into());
        }
        call.retain(|_, value| !value.is_null());
        events.push(Event::ToolCallStarted(ToolCallStarted {
            choice: 0,
            index: part,
            id,
            name,
            signature: None,
            extra: json::extra(call, DIALECT),
        }));
        arguments_of(part, arguments, events);
        Ok(())
    }

    /// More of a call's arguments.
    pub(crate) fn arguments(
        &mut self,
        index: u32,
        mut call: Map<String, Value>,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let known = self.calls.iter().rev().find(|(known, _)| *known == index);
        let (_, part) = known.ok_or_else(|| {
            Failure::malformed(format!("a piece of call {index}, which has not begun"))
        })?;
        let arguments = object(&mut call, "function").shift_remove("arguments");
        arguments_of(*part, arguments, events);
        Ok(())
    }

    /// A value in this dialect's words, as a part of its own.
    pub(crate) fn native(&mut self, value: &Value, events: &mut Vec<Event>) {
        let index = self.next();
        events.push(Event::Native(at(index, value)));
    }
}

/// A value in this dialect's words at a part.
pub(crate) fn at(index: u32, value: &Value) -> NativeAt {
    NativeAt { choice: 0, index, value: json::native(value, DIALECT) }
}

fn arguments_of(part: u32, arguments: Option<Value>, events: &mut Vec<Event>) {
    let text = match arguments {
        None | Some(Value::Null) => return,
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
    };
    if !text.is_empty() {
        events.push(Event::ToolCallArguments(Delta { choice: 0, index: part, text }));
    }
}

/// Takes an object out; an empty one where there is none.
pub(crate) fn object(members: &mut Map<String, Value>, name: &str) -> Map<String, Value> {
    match members.shift_remove(name) {
        Some(Value::Object(object)) => object,
        Some(Value::Array(list)) => match list.into_iter().next() {
            Some(Value::Object(object)) => object,
            _ => Map::new(),
        },
        _ => Map::new(),
    }
}

/// Takes a string out.
pub(crate) fn text(members: &mut Map<String, Value>, name: &str) -> Option<String> {
    match members.shift_remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}
