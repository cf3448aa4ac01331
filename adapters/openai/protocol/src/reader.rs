//! Takes JSON text apart in one pass, and holds it against the grammar (RFC 8259) on the
//! way.

use crate::json::{Raw, unescaped};
use hotcell_sdk::json::plain;
use std::borrow::Cow;
use std::fmt;

/// How deep lists and objects may lie in each other. Each level takes room on the stack.
const DEPTH: u32 = 128;

/// Reads one value after the other. What is no JSON ends the reading: all that comes after
/// is empty, and [`Reader::whole`] tells.
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
    wrong: Option<Wrong>,
}

/// Where a text stops to be JSON, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wrong(usize);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it goes wrong at byte {}", self.0)
    }
}

impl<'a> Reader<'a> {
    /// For text that is known to be JSON.
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0, wrong: None }
    }

    /// Reads text that may be anything. What `read` made of it counts only where all of
    /// the text is one JSON value.
    pub(crate) fn whole<T>(text: &'a str, read: impl FnOnce(&mut Self) -> T) -> Result<T, Wrong> {
        let mut reader = Self::new(text);
        let result = read(&mut reader);
        if reader.peek().is_some() {
            reader.fail();
        }
        reader.wrong.map_or(Ok(result), Err)
    }

    /// Hands each member of an object to `member`, which reads its value. Anything
    /// else than an object is passed over, and answered with false.
    pub(crate) fn object(&mut self, mut member: impl FnMut(Cow<'a, str>, &mut Self)) -> bool {
        self.inside(b'{', b'}', |reader| {
            let Some((name, escapes)) = reader.name() else { return };
            let name = match escapes {
                true => Cow::Owned(unescaped(name)),
                false => Cow::Borrowed(name),
            };
            let before = reader.at;
            member(name, reader);
            if reader.at == before {
                reader.value();
            }
        })
    }

    /// Hands each element of a list to `element`, which reads it; false where the
    /// value is no list.
    pub(crate) fn list(&mut self, element: impl FnMut(&mut Self)) -> bool {
        self.inside(b'[', b']', element)
    }

    /// The next value as text.
    pub(crate) fn value(&mut self) -> &'a str {
        let first = self.peek();
        let start = self.at;
        match first {
            Some(b'"') => _ = self.pass_string(),
            Some(b'{') => self.pass_object(),
            Some(b'[') => self.pass_list(),
            _ => self.pass_scalar(),
        }
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// The next value; none where it is null.
    pub(crate) fn given(&mut self) -> Raw<'a> {
        Some(self.value()).filter(|value| *value != "null")
    }

    fn fail(&mut self) {
        self.wrong.get_or_insert(Wrong(self.at));
        self.at = self.text.len();
    }

    fn inside(&mut self, open: u8, close: u8, mut item: impl FnMut(&mut Self)) -> bool {
        if self.peek() != Some(open) {
            self.value();
            return false;
        }
        self.depth += 1;
        if self.depth > DEPTH {
            self.fail();
            return true;
        }
        self.at += 1;
        if self.peek() == Some(close) {
            self.at += 1;
        } else {
            loop {
                item(self);
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(byte) if byte == close => {
                        self.at += 1;
                        break;
                    }
                    _ => {
                        self.fail();
                        break;
                    }
                }
            }
        }
        self.depth -= 1;
        true
    }

    /// The name of a member and its colon; true where the name has escapes.
    fn name(&mut self) -> Option<(&'a str, bool)> {
        if self.peek() != Some(b'"') {
            self.fail();
            return None;
        }
        let start = self.at + 1;
        let escapes = self.pass_string();
        let name = self.text.get(start..self.at.saturating_sub(1)).unwrap_or_default();
        if self.peek() != Some(b':') {
            self.fail();
            return None;
        }
        self.at += 1;
        Some((name, escapes))
    }

    /// The byte at which the next thing begins.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// Goes past a string; true where it has escapes.
    fn pass_string(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        let mut escapes = false;
        self.at += 1;
        loop {
            self.at += plain(bytes.get(self.at..).unwrap_or_default());
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return escapes;
                }
                Some(b'\\') => {
                    escapes = true;
                    match escape(bytes.get(self.at + 1..).unwrap_or_default()) {
                        Some(length) => self.at += 1 + length,
                        None => break,
                    }
                }
                // The end, or a control character.
                _ => break,
            }
        }
        self.fail();
        escapes
    }

    fn pass_object(&mut self) {
        self.inside(b'{', b'}', |reader| {
            if reader.name().is_some() {
                reader.value();
            }
        });
    }

    fn pass_list(&mut self) {
        self.inside(b'[', b']', |reader| {
            reader.value();
        });
    }

    fn pass_scalar(&mut self) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let word = ["null", "false", "true"].iter().find(|word| rest.starts_with(word.as_bytes()));
        match word.map_or_else(|| number(rest), |word| word.len()) {
            0 => self.fail(),
            length => self.at += length,
        }
    }
}

/// How long an escape is, behind its backslash.
fn escape(bytes: &[u8]) -> Option<usize> {
    match bytes.first()? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(1),
        b'u' => bytes.get(1..5)?.iter().all(u8::is_ascii_hexdigit).then_some(5),
        _ => None,
    }
}

/// How long the number is at which the bytes begin; 0 where there is none.
fn number(bytes: &[u8]) -> usize {
    let digits = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    at += match bytes.get(at) {
        // Nothing follows a leading zero.
        Some(b'0') => 1,
        _ => match digits(at) {
            0 => return 0,
            length => length,
        },
    };
    if bytes.get(at) == Some(&b'.') {
        match digits(at + 1) {
            0 => return 0,
            length => at += 1 + length,
        }
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        match digits(at + 1 + sign) {
            0 => return 0,
            length => at += 1 + sign + length,
        }
    }
    at
}

#[cfg(test)]
mod tests;
