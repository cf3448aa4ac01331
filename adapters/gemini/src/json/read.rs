//! Reading JSON text (RFC 8259).

use super::{Members, Name, Value};
use hotcell_sdk::json::plain;

/// How deep a value may be: a cell has a small stack.
const DEEPEST: usize = 128;

/// The names that nearly every chunk has.
const KNOWN: &[&str] = &[
    "text",
    "role",
    "index",
    "parts",
    "content",
    "thought",
    "modality",
    "tokenCount",
    "candidates",
    "responseId",
    "finishReason",
    "modelVersion",
    "usageMetadata",
    "totalTokenCount",
    "promptTokenCount",
    "thoughtSignature",
    "thoughtsTokenCount",
    "promptTokensDetails",
    "candidatesTokenCount",
];

pub(super) fn parse(text: &str) -> Result<Value, String> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0);
    reader.space();
    match value {
        Some(value) if reader.at == text.len() => Ok(value),
        _ => Err(format!("it goes wrong at byte {}", reader.at)),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// The next byte that is no space, if it is this one.
    fn next_is(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.space();
        match self.peek()? {
            b'"' => self.string().map(Value::String),
            b'{' if depth < DEEPEST => self.object(depth + 1),
            b'[' if depth < DEEPEST => self.list(depth + 1),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'n' => self.word("null", Value::Null),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        self.text[self.at..].starts_with(word).then(|| self.at += word.len())?;
        Some(value)
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        self.at += 1;
        let mut members = Vec::new();
        if self.next_is(b'}') {
            return Some(Members(members).into());
        }
        loop {
            self.space();
            let name = self.name()?;
            self.next_is(b':').then_some(())?;
            members.push((name, self.value(depth)?));
            if !self.next_is(b',') {
                return self.next_is(b'}').then(|| Members(members).into());
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Value> {
        self.at += 1;
        let mut values = Vec::new();
        if self.next_is(b']') {
            return Some(values.into());
        }
        loop {
            values.push(self.value(depth)?);
            if !self.next_is(b',') {
                return self.next_is(b']').then(|| values.into());
            }
        }
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn number(&mut self) -> Option<Value> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        match self.peek() {
            // A zero is not followed by a digit.
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        // What is longer may be too large, and is kept as it is.
        let is_whole = text.len() < 20 && text.bytes().all(|byte| byte.is_ascii_digit());
        let whole = is_whole.then(|| text.parse().ok()).flatten();
        Some(whole.map_or_else(|| Value::Number(text.to_owned()), Value::Whole))
    }

    fn name(&mut self) -> Option<Name> {
        let rest = self.text.as_bytes().get(self.at + 1..)?;
        let is_next =
            |name: &&&str| rest.get(name.len()) == Some(&b'"') && rest.starts_with(name.as_bytes());
        if self.peek() == Some(b'"')
            && let Some(known) = KNOWN.iter().find(is_next)
        {
            self.at += known.len() + 2;
            return Some(Name::Borrowed(known));
        }
        self.string().map(Name::Owned)
    }

    /// What stands between quotes.
    fn string(&mut self) -> Option<String> {
        if self.peek() != Some(b'"') {
            return None;
        }
        self.at += 1;
        let mut said = String::new();
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let plain = plain(rest);
            let next = *rest.get(plain)?;
            said.push_str(&self.text[self.at..self.at + plain]);
            self.at += plain + 1;
            match next {
                b'"' => return Some(said),
                b'\\' => said.push(self.escape()?),
                _ => {
                    self.at -= 1;
                    return None;
                }
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let byte = self.peek()?;
        self.at += 1;
        Some(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.hex()?;
                let high = (0xd800..0xdc00).contains(&first);
                let at = self.at;
                if high && self.text[at..].starts_with("\\u") {
                    self.at += 2;
                    let second = self.hex()?;
                    if (0xdc00..0xe000).contains(&second) {
                        let pair = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                        return char::from_u32(pair);
                    }
                    self.at = at;
                }
                // Half of a pair is no character.
                char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return None,
        })
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then_some(())?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use proptest::prelude::*;

    #[test]
    fn what_is_read_is_written_as_it_was() {
        for text in [
            r#"{"z":1,"a":[0.10,1e-7,18446744073709551616,-0,1.0],"m":null,"b":[true,false]}"#,
            r#""\"\\/\b\f\n\r\t\u0001 é😀""#,
            "[]",
            "{}",
        ] {
            assert_eq!(parse(text).map(|value| value.text()), Ok(text.to_owned()));
        }
        let escaped = parse(r#" "\u00e9\ud83d\ude00\ud83d\u0041\/" "#);
        assert_eq!(escaped.map(|value| value.text()), Ok("\"é😀\u{fffd}A/\"".to_owned()));
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "",
            " ",
            "{",
            "[1,]",
            "{\"a\"}",
            "{\"a\":1,}",
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "-",
            "tru",
            "nul",
            "\"",
            "\"\n\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u+123\"",
            "1 2",
            "{1:2}",
            "'a'",
            "\u{e9}",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(parse(&format!("{}{}", "[".repeat(128), "]".repeat(128))).is_ok());
        assert!(parse(&format!("{}{}", "[".repeat(129), "]".repeat(129))).is_err());
    }

    proptest! {
        /// What another reader reads is read alike, and the other way round.
        #[test]
        fn nothing_else_is_read_than_json(text in "[\\[\\]{},:\"a1e.0 \\\\u\u{e9}tru-]{0,12}") {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            match (parse(&text), theirs) {
                (Ok(ours), Ok(theirs)) => {
                    let ours: serde_json::Value = serde_json::from_str(&ours.text()).unwrap();
                    prop_assert_eq!(ours, theirs);
                }
                // Numbers that Rust has none for.
                (Ok(_), Err(error)) => prop_assert!(error.to_string().contains("number out of range"), "{}", text),
                (Err(_), Ok(_)) => prop_assert!(false, "{}", text),
                (Err(_), Err(_)) => {}
            }
        }
    }
}
