//! A form with files (`multipart/form-data`), as clients send sound and images.

use crate::DialectError;
use serde_json::{Map, Value};

/// The fields of a form, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form {
    /// The fields.
    pub fields: Vec<Field>,
}

/// One field.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// The file's name, where it is a file.
    pub file: Option<String>,
    /// Its media type, where the client says it.
    pub mime: Option<String>,
    /// What it holds.
    pub bytes: Vec<u8>,
}

impl Form {
    /// Takes the files of a name, with and without brackets.
    pub(crate) fn files(&mut self, name: &str) -> Vec<Field> {
        let (taken, kept) = std::mem::take(&mut self.fields)
            .into_iter()
            .partition(|field| field.file.is_some() && bare(&field.name) == name);
        self.fields = kept;
        taken
    }

    /// Takes a text: of several with one name the last, and leaves none of them to be taken
    /// for it by somebody else.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, DialectError> {
        let found = self.fields.extract_if(.., |field| field.name == name);
        found.last().map(text).transpose()
    }

    /// Takes a text that has to be there.
    pub(crate) fn required(&mut self, name: &str) -> Result<String, DialectError> {
        self.text(name)?.ok_or_else(|| DialectError::new(name, "the field is missing"))
    }

    /// Takes a number.
    pub(crate) fn number<T: std::str::FromStr>(
        &mut self,
        name: &str,
    ) -> Result<Option<T>, DialectError> {
        let text = self.text(name)?;
        let number = text.map(|text| {
            text.trim().parse().map_err(|_| DialectError::new(name, "expected a number"))
        });
        number.transpose()
    }

    /// Takes the wish for a stream. As in JSON, what is neither yes nor no is refused.
    pub(crate) fn stream(&mut self) -> Result<bool, DialectError> {
        match self.text("stream")? {
            None => Ok(false),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(_) => Err(DialectError::new("stream", "expected true or false")),
        }
    }

    /// Takes the texts of a list.
    pub(crate) fn list(&mut self, name: &str) -> Result<Vec<String>, DialectError> {
        let (taken, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.fields)
            .into_iter()
            .partition(|field| bare(&field.name) == name);
        self.fields = kept;
        taken.into_iter().map(text).collect()
    }

    /// What was not taken, as the members of an object: a name that came several times is a
    /// list. Files that nobody knows are refused, since no member could hold them.
    pub(crate) fn rest(self) -> Result<Value, DialectError> {
        let mut members = Map::new();
        for field in self.fields {
            if field.file.is_some() {
                return Err(DialectError::new(&field.name, "no file is expected here"));
            }
            let name = field.name.clone();
            let value = Value::from(text(field)?);
            match members.get_mut(&name) {
                None => _ = members.insert(name, value),
                Some(Value::Array(list)) => list.push(value),
                Some(one) => *one = Value::Array(vec![one.take(), value]),
            }
        }
        Ok(Value::Object(members))
    }
}

fn bare(name: &str) -> &str {
    name.strip_suffix("[]").unwrap_or(name)
}

fn text(field: Field) -> Result<String, DialectError> {
    String::from_utf8(field.bytes).map_err(|_| DialectError::new(&field.name, "is not UTF-8"))
}
