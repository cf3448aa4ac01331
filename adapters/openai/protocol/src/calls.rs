//! Which call a piece of a call belongs to.
//!
//! The number should tell, but some providers give every call the number 0, some give
//! none, some repeat id and name with every piece, and some have no ids at all.

use crate::DIALECT;
use crate::json;
use crate::tell::Teller;
use crate::wire::{Function, ToolCall};
use hotcell_sdk::{Event, Native, ToolCallStarted};
use std::borrow::Cow;

/// The calls of one choice so far.
#[derive(Default)]
pub(crate) struct Calls {
    calls: Vec<Call>,
}

struct Call {
    part: u32,
    /// The provider's own number, where it gives one.
    index: Option<u32>,
    id: String,
    name: String,
    arguments: String,
    /// What goes out with the start of the call.
    extra: Option<Native>,
    started: bool,
}

/// A piece of a call, brought to one form.
struct Piece<'a> {
    index: Option<u32>,
    id: Cow<'a, str>,
    name: Cow<'a, str>,
    arguments: Cow<'a, str>,
    extra: Option<Native>,
}

impl Calls {
    pub(crate) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Takes one element of `tool_calls`.
    pub(crate) fn take(&mut self, call: &ToolCall<'_>, teller: &mut Teller<'_>) {
        let (function, custom) = match (&call.function, &call.custom) {
            (None, Some(custom)) => (Some(custom), true),
            (function, _) => (function.as_ref(), false),
        };
        // One of a kind that nobody here knows has its type for a name: what it says is in
        // members of its own.
        let unknown = call.kind.filter(|kind| !matches!(*kind, "\"function\"" | "\"custom\""));
        let unknown = json::text(unknown.filter(|_| function.is_none()));
        // A tool of another kind than a function is told by its type.
        let kind =
            if custom { Some("\"custom\"") } else { call.kind.filter(|_| unknown.is_some()) };
        let kind = kind.map(|kind| ("type", kind));
        let inner = function.and_then(Function::beside);
        let member = if custom { "custom" } else { "function" };
        let inner = inner.as_deref().map(|inner| (member, inner));
        let beside = || inner.into_iter().chain(call.rest.pairs());
        let news = beside().next().is_some();
        let any = kind.is_some() || news;
        let extra = any.then(|| json::object(kind.into_iter().chain(beside())));
        let piece = Piece::of(function, extra);
        let piece = Piece {
            index: json::index(call.index),
            id: json::text(call.id).unwrap_or_default(),
            name: unknown.unwrap_or(piece.name),
            ..piece
        };
        if self.add(piece, teller) && news {
            let number = call.index.map(|index| ("index", index));
            let call = json::object(number.into_iter().chain(beside()));
            teller.piece_of_delta(&format!("{{\"tool_calls\":[{call}]}}"));
        }
    }

    /// Takes a `function_call`, of which there is at most one.
    pub(crate) fn take_only(&mut self, function: &Function<'_>, teller: &mut Teller<'_>) {
        let inner = function.beside();
        let inner = inner.as_deref().map(|inner| ("function", inner));
        let extra = json::object([("type", "\"function_call\"")].into_iter().chain(inner));
        let piece = Piece { index: Some(0), ..Piece::of(Some(function), Some(extra)) };
        if self.add(piece, teller)
            && let Some((_, inner)) = inner
        {
            teller.piece_of_delta(&json::object([("function_call", inner)]));
        }
    }

    /// At the end of a choice: a call whose name never came is told as it is.
    pub(crate) fn finish(&mut self, teller: &mut Teller<'_>) {
        for call in &mut self.calls {
            call.start(teller);
        }
    }

    /// Adds a piece; true where its call has been told of without what is `extra` in it.
    fn add(&mut self, piece: Piece<'_>, teller: &mut Teller<'_>) -> bool {
        let position = self.position(&piece).unwrap_or_else(|| {
            let part = teller.next_part();
            self.calls.push(Call {
                part,
                index: piece.index,
                id: String::new(),
                name: String::new(),
                arguments: String::new(),
                extra: None,
                started: false,
            });
            self.calls.len() - 1
        });
        let Some(call) = self.calls.get_mut(position) else { return false };
        if call.id.is_empty() {
            piece.id.as_ref().clone_into(&mut call.id);
        }
        if call.name.is_empty() {
            piece.name.as_ref().clone_into(&mut call.name);
        }
        let late = call.started;
        if !late {
            call.extra = piece.extra.or(call.extra.take());
        }
        call.arguments.push_str(&piece.arguments);
        if late {
            if !piece.arguments.is_empty() {
                teller.text(Event::ToolCallArguments, call.part, piece.arguments);
            }
        } else if !call.name.is_empty() {
            call.start(teller);
        }
        late
    }

    /// The call that a piece goes on with; none where it opens a new one.
    fn position(&self, piece: &Piece<'_>) -> Option<usize> {
        let numbered = |call: &Call| piece.index.is_none() || call.index == piece.index;
        let last = self.calls.iter().rposition(numbered);
        if !piece.id.is_empty() {
            let same = |call: &Call| call.id == piece.id && numbered(call);
            if let Some(same) = self.calls.iter().rposition(same) {
                return Some(same);
            }
            // An id that comes late, or that changes although no new call is named,
            // opens none.
            let open = &self.calls[last?];
            return last.filter(|_| open.name.is_empty() || piece.name.is_empty());
        }
        if piece.name.is_empty() {
            // Without any word of its own it can only go on with what is there.
            return last.or_else(|| self.calls.len().checked_sub(1));
        }
        // Only a name: it is either repeated or another call's.
        let open = &self.calls[last?];
        let repeated = open.name == piece.name && !open.is_whole();
        let opens = piece.index.is_none() && open.arguments.is_empty();
        last.filter(|_| open.name.is_empty() || (repeated && !opens))
    }
}

impl<'a> Piece<'a> {
    fn of(function: Option<&Function<'a>>, extra: Option<String>) -> Self {
        let arguments = function.and_then(Function::arguments);
        Self {
            index: None,
            id: Cow::Borrowed(""),
            name: function.and_then(|function| json::text(function.name)).unwrap_or_default(),
            arguments: arguments.unwrap_or_default(),
            extra: extra.map(|value| Native { dialect: DIALECT.to_owned(), value }),
        }
    }
}

impl Call {
    /// Whether nothing can follow in its arguments.
    fn is_whole(&self) -> bool {
        json::value(&self.arguments, "").is_ok()
    }

    /// Tells of the call and what came of its arguments before its name.
    fn start(&mut self, teller: &mut Teller<'_>) {
        if self.started {
            return;
        }
        self.started = true;
        let choice = teller.choice;
        if self.id.is_empty() {
            // Its result has to name it.
            self.id = format!("call_{choice}_{}", self.part);
        }
        teller.tell(Event::ToolCallStarted(ToolCallStarted {
            choice,
            index: self.part,
            id: self.id.clone(),
            name: self.name.clone(),
            signature: None,
            extra: self.extra.take(),
        }));
        if !self.arguments.is_empty() {
            teller.text(Event::ToolCallArguments, self.part, Cow::Borrowed(&self.arguments));
        }
    }
}
