//! What happens to a request on its way into this dialect.

use crate::wire::Members;
use crate::{DIALECT, Platform};
use hotcell_sdk::{Failure, FailureKind, Native};
use serde_json::value::RawValue;

/// How literally a request is taken, and what it lost.
#[derive(Default)]
pub(crate) struct Translation {
    /// The client spoke this dialect: it gets what it wrote, and nothing besides.
    pub(crate) exact: bool,
    pub(crate) platform: Platform,
    pub(crate) warnings: Vec<String>,
}

impl Translation {
    /// Something has no word in this dialect.
    #[inline(never)]
    pub(crate) fn left_out(&mut self, what: &str) {
        self.warn(format!("{what} was left out: {DIALECT} has no word for it"));
    }

    /// A sentence for a person, once.
    #[inline(never)]
    pub(crate) fn warn(&mut self, sentence: String) {
        if !self.warnings.contains(&sentence) {
            self.warnings.push(sentence);
        }
    }

    /// The members of an `extra`. Of another dialect none can be carried over.
    pub(crate) fn members<'a>(
        &mut self,
        extra: Option<&'a Native>,
    ) -> Result<Members<'a>, Failure> {
        let Some(native) = extra else { return Ok(Members::default()) };
        let members: Members<'a> = serde_json::from_str(&native.value).map_err(|error| {
            invalid(format!("`extra` of {} is not a JSON object: {error}", native.dialect))
        })?;
        if is_ours(native) {
            return Ok(members);
        }
        for (name, _) in members.0.iter().filter(|(_, value)| value.get() != "null") {
            self.left_out(&format!("`{name}` of {}", native.dialect));
        }
        Ok(Members::default())
    }
}

pub(crate) fn is_ours(native: &Native) -> bool {
    native.dialect == DIALECT
}

/// Whether the part was written by a client of this dialect.
pub(crate) fn has_ours(extra: Option<&Native>) -> bool {
    extra.is_some_and(is_ours)
}

/// JSON text that came with the request, without the space around it.
pub(crate) fn json<'a>(text: &'a str, what: &str) -> Result<&'a str, Failure> {
    let value: &RawValue = serde_json::from_str(text)
        .map_err(|error| invalid(format!("{what} is not JSON: {error}")))?;
    Ok(value.get())
}

pub(crate) fn invalid(message: impl Into<String>) -> Failure {
    Failure::new(FailureKind::InvalidRequest, message)
}
