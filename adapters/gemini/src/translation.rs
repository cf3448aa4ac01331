//! What happens to a request on its way into this dialect.

use crate::DIALECT;
use crate::json::{self, Members, Value};
use hotcell_sdk::{Failure, FailureKind, Native, setting};

/// How literally a request is taken, whom it goes to, and what it lost.
pub(crate) struct Translation {
    /// The client spoke this dialect: it gets what it wrote, and nothing besides.
    pub(crate) exact: bool,
    /// The endpoint is one of Vertex AI.
    pub(crate) vertex: bool,
    pub(crate) warnings: Vec<String>,
}

impl Translation {
    pub(crate) fn of(extra: Option<&Native>) -> Self {
        Self { exact: has_ours(extra), vertex: is_vertex(), warnings: Vec::new() }
    }

    /// Something has no word in this dialect.
    pub(crate) fn left_out(&mut self, what: &str) {
        self.warn(format!("{what} was left out: {DIALECT} has no word for it"));
    }

    /// A sentence for a person, once.
    pub(crate) fn warn(&mut self, sentence: impl Into<String>) {
        let sentence = sentence.into();
        if !self.warnings.contains(&sentence) {
            self.warnings.push(sentence);
        }
    }

    /// The members of an `extra`. Of another dialect none can be carried over.
    pub(crate) fn members(&mut self, extra: Option<&Native>) -> Result<Members, Failure> {
        let Some(native) = extra else { return Ok(Members::default()) };
        let members = json::members(&native.value, "`extra`")?;
        if is_ours(native) {
            return Ok(members);
        }
        for name in members.names().filter(|name| !has_an_equivalent(name)) {
            self.left_out(&format!("`{name}` of {}", native.dialect));
        }
        Ok(Members::default())
    }
}

/// Members of other dialects that ask for what happens here anyway.
fn has_an_equivalent(name: &str) -> bool {
    // The counts of tokens always come.
    name == "stream_options"
}

/// Whether the configured endpoint is one of Vertex AI.
pub(crate) fn is_vertex() -> bool {
    setting("platform").as_deref() == Some("vertex")
}

pub(crate) fn is_ours(native: &Native) -> bool {
    native.dialect == DIALECT
}

/// Whether something was written by a client of this dialect.
pub(crate) fn has_ours(extra: Option<&Native>) -> bool {
    extra.is_some_and(is_ours)
}

/// The value of a native part, tool or choice; one of another dialect is refused.
pub(crate) fn own(native: &Native, what: &str) -> Result<Value, Failure> {
    if !is_ours(native) {
        let dialect = &native.dialect;
        return Err(Failure::unsupported(format!(
            "{what} of {dialect} cannot be said in {DIALECT}"
        )));
    }
    json::parse(&native.value, what)
}

/// Adds a member, unless the client spells it itself: protocol buffers have two
/// spellings of each name in JSON, and clients use both.
pub(crate) fn put(members: &mut Members, extra: &Members, name: &str, value: impl Into<Value>) {
    put_value(members, extra, name, value.into());
}

#[inline(never)]
fn put_value(members: &mut Members, extra: &Members, name: &str, value: Value) {
    if !spells(extra, name) {
        members.insert(name, value);
    }
}

/// As [`put`], for a member that may be absent.
pub(crate) fn maybe(
    members: &mut Members,
    extra: &Members,
    name: &str,
    value: Option<impl Into<Value>>,
) {
    if let Some(value) = value {
        put(members, extra, name, value);
    }
}

/// Whether there is a member of this name, in either spelling.
pub(crate) fn spells(members: &Members, name: &str) -> bool {
    members.has(name) || members.has(&snake(name))
}

/// `inlineData` as `inline_data`.
pub(crate) fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

pub(crate) fn invalid(message: impl Into<String>) -> Failure {
    Failure::new(FailureKind::InvalidRequest, message)
}
