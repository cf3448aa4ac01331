//! What happens to a request on its way into this dialect.

use hotcell_sdk::{Failure, FailureKind, Native, json};
use serde_json::{Map, Value};

/// How literally a request is taken, and what it lost.
pub(crate) struct Translation {
    pub(crate) dialect: &'static str,
    /// The client spoke this dialect: it gets what it wrote, and nothing besides.
    pub(crate) exact: bool,
    pub(crate) warnings: Vec<String>,
}

impl Translation {
    pub(crate) fn new(dialect: &'static str, extra: Option<&Native>) -> Self {
        let exact = extra.is_some_and(|extra| extra.dialect == dialect);
        Self { dialect, exact, warnings: Vec::new() }
    }

    /// Something has no word in this dialect.
    pub(crate) fn left_out(&mut self, what: &str) {
        self.warn(format!("{what} was left out: {} has no word for it", self.dialect));
    }

    /// A sentence for a person, once.
    pub(crate) fn warn(&mut self, sentence: impl Into<String>) {
        let sentence = sentence.into();
        if !self.warnings.contains(&sentence) {
            self.warnings.push(sentence);
        }
    }

    pub(crate) fn is_own(&self, native: Option<&Native>) -> bool {
        native.is_some_and(|native| native.dialect == self.dialect)
    }

    /// The members of an `extra` of this dialect. Those of another one are warned of,
    /// save for `said`: other spellings of what the types hold as well. An `extra` with
    /// a `type` is a whole part or tool, spelled once more.
    pub(crate) fn members(
        &mut self,
        extra: Option<&Native>,
        said: &[&str],
    ) -> Result<Map<String, Value>, Failure> {
        let Some(native) = extra else { return Ok(Map::new()) };
        let members = json::object(&native.value, "`extra`")?;
        if native.dialect == self.dialect {
            return Ok(members);
        }
        if !members.contains_key("type") {
            for (name, value) in &members {
                if !value.is_null() && !said.contains(&name.as_str()) {
                    self.left_out(&format!("`{name}` of {}", native.dialect));
                }
            }
        }
        Ok(Map::new())
    }

    /// The value of something native, which has to be of this dialect.
    pub(crate) fn own(&self, native: &Native, what: &str) -> Result<Value, Failure> {
        if native.dialect == self.dialect {
            return json::parse(&native.value, what);
        }
        let (other, dialect) = (&native.dialect, self.dialect);
        Err(Failure::unsupported(format!("{what} of {other} cannot be said in {dialect}")))
    }
}

pub(crate) fn invalid(message: impl Into<String>) -> Failure {
    Failure::new(FailureKind::InvalidRequest, message)
}
