//! JSON as text: values are read where they stand and written straight into the body,
//! so that no tree of them has to be built.

use crate::reader::Reader;
use hotcell_sdk::json::write_string;
use hotcell_sdk::{Failure, FailureKind, Native};
use memchr::memchr;
use std::borrow::Cow;

// ---- reading ---------------------------------------------------------------

/// The JSON text of a member; none where it is absent or null.
pub type Raw<'a> = Option<&'a str>;

/// The members of an object in their order.
#[derive(Clone, Debug, Default)]
pub struct Members<'a>(pub Vec<(Cow<'a, str>, &'a str)>);

impl<'a> Members<'a> {
    /// Reads an object out of JSON text; none where it is something else.
    #[inline(never)]
    pub fn of(text: &'a str) -> Option<Self> {
        Self::read(&mut Reader::new(text))
    }

    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let mut members = Self::default();
        let object = reader.object(|name, reader| members.0.push((name, reader.value())));
        object.then_some(members)
    }

    /// Reads an object out of text that may be anything.
    pub fn checked(text: &'a str) -> Option<Self> {
        Reader::whole(text, Self::read).ok()?
    }

    /// The value of a member; of several with one name the last.
    #[inline(never)]
    pub fn get(&self, name: &str) -> Raw<'a> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    /// Whether there is a member of this name.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The text of a member that is a string with something in it.
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        text(self.get(name))
    }

    /// The members of a member.
    pub fn inner(&self, name: &str) -> Option<Members<'a>> {
        Members::of(self.get(name)?)
    }

    /// Names and values, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), *value))
    }

    /// All members, as the `extra` of a record; none of none.
    pub fn extra(&self, dialect: &str) -> Option<Native> {
        let native = || Native { dialect: dialect.to_owned(), value: object(self.pairs()) };
        (!self.0.is_empty()).then(native)
    }
}

/// The elements of a list in JSON text; none where it is something else.
#[inline(never)]
pub fn list(text: &str) -> Option<Vec<&str>> {
    let mut elements = Vec::new();
    let list = Reader::new(text).list(|reader| elements.push(reader.value()));
    list.then_some(elements)
}

/// The text of a string that is not empty; none of everything else.
#[inline(never)]
pub fn text(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    let raw = raw.filter(|raw| raw.starts_with('"'))?;
    Some(unquoted(raw)).filter(|text| !text.is_empty())
}

/// What a string says, borrowed where nothing has to be unescaped.
fn unquoted(raw: &str) -> Cow<'_, str> {
    let inner = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')).unwrap_or(raw);
    match memchr(b'\\', inner.as_bytes()) {
        None => Cow::Borrowed(inner),
        Some(_) => Cow::Owned(unescaped(inner)),
    }
}

/// Undoes escapes. Half of a surrogate pair is no character: some providers cut their
/// chunks between the two.
pub(crate) fn unescaped(mut rest: &str) -> String {
    let mut text = String::with_capacity(rest.len());
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let mut chars = after.chars();
        let escaped = chars.next();
        rest = chars.as_str();
        text.push(match escaped {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('u') => unicode(&mut rest),
            Some(itself) => itself,
            None => continue,
        });
    }
    text.push_str(rest);
    text
}

/// The character of `\uXXXX`, or of a pair of them.
fn unicode(rest: &mut &str) -> char {
    let hex = |text: &str| u32::from_str_radix(text.get(..4)?, 16).ok();
    let Some(first) = hex(rest) else { return char::REPLACEMENT_CHARACTER };
    *rest = rest.get(4..).unwrap_or_default();
    let pair = || {
        let second = hex(rest.strip_prefix("\\u")?)?;
        let low = (0xdc00..0xe000).contains(&second).then_some(second)?;
        (0xd800..0xdc00)
            .contains(&first)
            .then_some(0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00))
    };
    match pair() {
        Some(whole) => {
            *rest = rest.get(6..).unwrap_or_default();
            char::from_u32(whole).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        None => char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

/// A count, also where it is written as a string or with a decimal point.
pub fn count(raw: Raw<'_>) -> Option<u64> {
    let raw = raw?.trim_matches('"');
    let whole = match raw.split_once('.') {
        Some((whole, rest)) if rest.bytes().all(|digit| digit.is_ascii_digit()) => whole,
        _ => raw,
    };
    whole.parse().ok()
}

/// The number of a choice, a call or a vector.
pub fn index(raw: Raw<'_>) -> Option<u32> {
    count(raw)?.try_into().ok()
}

/// Whether there is something: no empty list, text or object, and not `false`.
pub fn present(raw: Raw<'_>) -> Raw<'_> {
    raw.filter(|raw| !matches!(*raw, "[]" | "\"\"" | "{}" | "false" | "null"))
}

/// JSON text that came with the request, without the space around it.
///
/// # Errors
/// `invalid-request`, naming `what`, for text that is no JSON.
pub fn value<'a>(text: &'a str, what: &str) -> Result<&'a str, Failure> {
    Reader::whole(text, Reader::value).map_err(|why| {
        Failure::new(FailureKind::InvalidRequest, format!("{what} is not JSON: {why}"))
    })
}

// ---- writing ---------------------------------------------------------------

/// JSON text that is being written. A comma is set where one is due.
#[derive(Debug, Default)]
pub struct Json(pub Vec<u8>);

impl Json {
    /// The name of a member, whose value comes next.
    #[inline(never)]
    pub fn name(&mut self, name: &str) -> &mut Self {
        self.text(name);
        self.0.push(b':');
        self
    }

    /// A string.
    #[inline(never)]
    pub fn text(&mut self, text: &str) {
        self.comma();
        write_string(text, &mut self.0);
    }

    /// A value that is JSON text already.
    #[inline(never)]
    pub fn raw(&mut self, json: &str) {
        self.comma();
        self.0.extend_from_slice(json.as_bytes());
    }

    /// A string of characters that need no escape.
    pub fn plain(&mut self, parts: &[&str]) {
        self.comma();
        self.0.push(b'"');
        parts.iter().for_each(|part| self.0.extend_from_slice(part.as_bytes()));
        self.0.push(b'"');
    }

    /// The beginning of an object or a list, by its bracket.
    #[inline(never)]
    pub fn open(&mut self, bracket: u8) -> &mut Self {
        self.comma();
        self.0.push(bracket);
        self
    }

    /// The end of what was opened.
    pub fn close(&mut self, bracket: u8) {
        self.0.push(bracket);
    }

    /// After a value, but not after an opening bracket or a name.
    fn comma(&mut self) {
        if !matches!(self.0.last(), None | Some(b'{' | b'[' | b':')) {
            self.0.push(b',');
        }
    }
}

/// The text of an object of members whose values are JSON text.
pub fn object<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut json = Json::default();
    json.open(b'{');
    for (name, value) in members {
        json.name(name).raw(value);
    }
    json.close(b'}');
    String::from_utf8(json.0).unwrap_or_default()
}

/// A string as JSON text.
pub fn string(text: &str) -> String {
    let mut json = Json::default();
    json.text(text);
    String::from_utf8(json.0).unwrap_or_default()
}

/// A number as JSON text. Whole ones without a decimal point: what takes `1.0` also takes
/// `1`, and not always the other way round.
pub fn number(value: f64) -> String {
    let whole = value.trunc() == value && value.abs() < 1e15;
    if whole {
        (value as i64).to_string()
    } else {
        serde_json::to_string(&value).unwrap_or_default()
    }
}
