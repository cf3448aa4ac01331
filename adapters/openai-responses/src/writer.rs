//! What a request goes through on its way into this dialect.

use crate::DIALECT;
use hotcell_openai_chat::json::{Json, Members, value};
use hotcell_sdk::{Failure, FailureKind, Native};

/// The outcome of writing something. A failure is rare and large, and goes through many
/// hands.
pub(crate) type Written = Result<(), Box<Failure>>;

/// Writes one request, and remembers what it could not write.
pub(crate) struct Writer {
    pub(crate) json: Json,
    /// The client spoke this dialect: it gets what it wrote, and nothing besides.
    pub(crate) exact: bool,
    /// The provider does not keep answers, so that an id alone says nothing to it.
    pub(crate) stateless: bool,
    /// Items go with their ids. An item whose id the provider knows must not come
    /// without the reasoning that belongs to it.
    pub(crate) ids: bool,
    pub(crate) warnings: Vec<String>,
}

/// Whether the client wrote this in this dialect.
pub(crate) fn is_own(extra: Option<&Native>) -> bool {
    extra.is_some_and(|extra| extra.dialect == DIALECT)
}

/// JSON text of this dialect that came with the request.
pub(crate) fn own<'a>(native: &'a Native, what: &str) -> Result<&'a str, Box<Failure>> {
    if native.dialect == DIALECT {
        return Ok(value(&native.value, what)?);
    }
    let dialect = &native.dialect;
    Err(unsupported(format!("{what} of {dialect} cannot be said in {DIALECT}")))
}

pub(crate) fn unsupported(why: impl Into<String>) -> Box<Failure> {
    Failure::unsupported(why).into()
}

pub(crate) fn invalid(why: impl Into<String>) -> Box<Failure> {
    Failure::new(FailureKind::InvalidRequest, why).into()
}

impl Writer {
    pub(crate) fn new(exact: bool) -> Self {
        let (json, warnings) = (Json::default(), Vec::new());
        Self { json, exact, stateless: false, ids: true, warnings }
    }

    /// The members of an `extra` of this dialect. Of another one nothing can be carried
    /// over: they are lost, but for those that spell what the types hold as well.
    pub(crate) fn extra<'a>(
        &mut self,
        extra: Option<&'a Native>,
        held: &[&str],
    ) -> Result<Members<'a>, Box<Failure>> {
        let Some(native) = extra else { return Ok(Members::default()) };
        let members = Members::checked(&native.value).ok_or_else(|| {
            invalid(format!("`extra` of {} is not a JSON object", native.dialect))
        })?;
        if native.dialect == DIALECT {
            return Ok(members);
        }
        for (name, value) in members.pairs() {
            if value != "null" && !held.contains(&name) {
                self.lost(&format!("`{name}` of {}", native.dialect));
            }
        }
        Ok(Members::default())
    }

    /// The members of an `extra` that were not written yet, which is all of them: a
    /// member that the client spells itself is never written from a field.
    pub(crate) fn rest(&mut self, extra: &Members<'_>) {
        for (name, value) in extra.pairs() {
            self.json.name(name).raw(value);
        }
    }

    /// A string, unless the client spells it itself.
    pub(crate) fn text(&mut self, name: &str, text: &str, extra: &Members<'_>) {
        if !extra.has(name) {
            self.json.name(name).text(text);
        }
    }

    /// JSON text, unless the client spells it itself.
    pub(crate) fn member(&mut self, name: &str, value: &str, extra: &Members<'_>) {
        if !extra.has(name) {
            self.json.name(name).raw(value);
        }
    }

    pub(crate) fn flag(&mut self, name: &str, flag: Option<bool>, extra: &Members<'_>) {
        if let Some(flag) = flag {
            self.member(name, if flag { "true" } else { "false" }, extra);
        }
    }

    /// Something was left out.
    pub(crate) fn lost(&mut self, what: &str) {
        self.warn(format!("{what} was left out: {DIALECT} has no word for it"));
    }

    /// Something was left out or said in another way: a sentence for a person, once.
    pub(crate) fn warn(&mut self, sentence: String) {
        if !self.warnings.contains(&sentence) {
            self.warnings.push(sentence);
        }
    }
}
