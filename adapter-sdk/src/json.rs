//! JSON as adapters need it: members that nobody models are kept.
//!
//! ```
//! use hotcell_sdk::{Native, json};
//!
//! let mut lost = Vec::new();
//! let mut body = json::object(r#"{"model":"m","max_tokens":1}"#, "the body")?;
//! let own = json::native(&serde_json::json!({ "max_tokens": 2, "user": "u" }), "openai-chat");
//! json::merge(&mut body, Some(&own), "openai-chat", &mut lost)?;
//! let other = json::native(&serde_json::json!({ "safetySettings": [] }), "gemini");
//! json::merge(&mut body, Some(&other), "openai-chat", &mut lost)?;
//! assert_eq!(serde_json::to_string(&body).unwrap(), r#"{"model":"m","max_tokens":2,"user":"u"}"#);
//! assert_eq!(lost, ["safetySettings"], "what becomes a warning");
//! # Ok::<(), hotcell_sdk::Failure>(())
//! ```

use crate::{Failure, FailureKind, Native};
use serde_json::{Map, Value};

/// The members of an `extra`, if it is of this dialect. Of another dialect nothing
/// can be carried over; its member names go to `lost`, to become a warning.
///
/// # Errors
/// `invalid-request`, where it is not a JSON object.
pub fn members(
    extra: Option<&Native>,
    dialect: &str,
    lost: &mut Vec<String>,
) -> Result<Map<String, Value>, Failure> {
    let Some(native) = extra else { return Ok(Map::new()) };
    let members = object(&native.value, "`extra`")?;
    if native.dialect == dialect {
        return Ok(members);
    }
    lost.extend(members.into_iter().map(|(name, _)| name));
    Ok(Map::new())
}

/// Merges the members of an `extra` of this dialect into an object. They are the
/// client's own spelling, and win.
///
/// # Errors
/// As [`members`].
pub fn merge(
    object: &mut Map<String, Value>,
    extra: Option<&Native>,
    dialect: &str,
    lost: &mut Vec<String>,
) -> Result<(), Failure> {
    object.extend(members(extra, dialect, lost)?);
    Ok(())
}

/// Makes an `extra` of the members that are left over; none of none.
pub fn extra(members: Map<String, Value>, dialect: &str) -> Option<Native> {
    (!members.is_empty()).then(|| native(&Value::Object(members), dialect))
}

/// A JSON value of this dialect.
#[inline(never)]
pub fn native(value: &Value, dialect: &str) -> Native {
    Native { dialect: dialect.to_owned(), value: text(value) }
}

/// A value as JSON text. `Display` would do as well, and bring a second and a third copy of
/// the code that writes JSON: for any formatter, and for one that indents.
#[inline(never)]
pub fn text(value: &Value) -> String {
    // Writing a value into memory does not fail.
    serde_json::to_string(value).unwrap_or_default()
}

/// Writes a text as a JSON string. It costs an adapter less than half of what the library's own
/// way costs it, which a long prompt shows.
#[inline(never)]
pub fn write_string(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    let mut rest = text.as_bytes();
    loop {
        let (plain, from_escape) = rest.split_at(plain(rest));
        out.extend_from_slice(plain);
        let Some((byte, after)) = from_escape.split_first() else { break };
        let letter = match byte {
            b'"' | b'\\' => *byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            8 => b'b',
            12 => b'f',
            _ => b'u',
        };
        out.extend_from_slice(&[b'\\', letter]);
        if letter == b'u' {
            let digit = |digit: u8| b"0123456789abcdef"[usize::from(digit)];
            out.extend_from_slice(&[b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
        }
        rest = after;
    }
    out.push(b'"');
}

/// The number of bytes before a quotation mark, a backslash or a control character, which a
/// JSON string has only escaped. Eight at a time: most strings are too short for a library's
/// search to be worth its call.
pub fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
    // The lowest high bit that is set marks the first byte that is less.
    let less = |word: u64, than: u8| word.wrapping_sub(ONES * u64::from(than)) & !word & HIGHS;
    let is = |word: u64, byte: u8| less(word ^ (ONES * u64::from(byte)), 1);
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = is(word, b'"') | is(word, b'\\') | less(word, 0x20);
        if found != 0 {
            return index * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let found = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..0x20));
    words.len() * 8 + found.unwrap_or(rest.len())
}

/// Reads the text of a JSON object, such as a tool's schema or a call's arguments.
///
/// # Errors
/// `invalid-request`, where it is something else.
#[inline(never)]
pub fn object(text: &str, what: &str) -> Result<Map<String, Value>, Failure> {
    match parse(text, what)? {
        Value::Object(members) => Ok(members),
        _ => {
            let why = format!("{what} is not a JSON object");
            Err(Failure::new(FailureKind::InvalidRequest, why))
        }
    }
}

/// Reads JSON text that the interface promises to parse.
///
/// # Errors
/// `invalid-request`, where it does not.
#[inline(never)]
pub fn parse(text: &str, what: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|error| {
        Failure::new(FailureKind::InvalidRequest, format!("{what} is not JSON: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn each_character_is_written_as_the_library_writes_it() {
        for character in (0..0x180).filter_map(char::from_u32).chain(['\u{2028}', '😀', '\u{ffff}'])
        {
            for around in ["", "a", "seven78", "eight, or more of them"] {
                let text = format!("{around}{character}{around}{character}");
                let mut out = Vec::new();
                write_string(&text, &mut out);
                assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&text).unwrap());
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_written_as_the_library_writes_it(text in any::<String>()) {
            let mut out = Vec::new();
            write_string(&text, &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&text).unwrap());
        }
    }

    #[test]
    fn what_is_read_is_written_as_it_was() {
        let text =
            r#"{"z":1,"a":[0.1,1e-7,18446744073709551615,-9223372036854775808,1.0],"m":null}"#;
        let read = object(text, "it").unwrap();
        assert_eq!(extra(read, "d").unwrap().value, text);
        assert_eq!(extra(Map::new(), "d"), None);
    }

    #[test]
    fn members_of_the_same_dialect_win_and_keep_their_place() {
        let mut lost = Vec::new();
        let mut body = object(r#"{"a":1,"b":2}"#, "it").unwrap();
        let own = native(&json!({ "c": 3, "a": 4 }), "d");
        merge(&mut body, Some(&own), "d", &mut lost).unwrap();
        assert_eq!(Value::Object(body).to_string(), r#"{"a":4,"b":2,"c":3}"#);
        assert!(lost.is_empty());
    }

    #[test]
    fn what_is_no_object_is_an_invalid_request() {
        for text in ["", "[]", "1", "{", "{} {}"] {
            let failure = object(text, "it").unwrap_err();
            assert_eq!(failure.kind, FailureKind::InvalidRequest, "{text:?}");
            let extra = Native { dialect: "d".to_owned(), value: text.to_owned() };
            assert!(members(Some(&extra), "d", &mut Vec::new()).is_err(), "{text:?}");
            assert!(members(Some(&extra), "other", &mut Vec::new()).is_err(), "{text:?}");
        }
    }
}
