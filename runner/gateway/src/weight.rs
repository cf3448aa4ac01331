//! How much JSON takes once it is read: a list of a million zeros has two megabytes, and as a list
//! of values some hundred.

use memchr::memchr_iter;

/// Bytes that a value takes, whatever it is. Some take less than half of it, and few more than twice.
pub(crate) const VALUE_BYTES: usize = 128;
/// Values of one body. A long conversation with many tools has some ten thousand.
pub(crate) const VALUES: usize = 1_000_000;

/// How many values JSON has, and no fewer: a member's name counts as one. It is not read for that,
/// and what is no JSON has at least as many as somebody finds who tries to.
pub(crate) fn values(json: &[u8]) -> usize {
    let mut count = 1;
    let mut rest = json;
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        match byte {
            b'"' => rest = behind_text(behind),
            b',' | b':' | b'[' | b'{' => count += 1,
            _ => {}
        }
    }
    count
}

/// What stands behind a text of which this is the rest.
fn behind_text(text: &[u8]) -> &[u8] {
    // A quotation mark behind an odd number of backslashes is escaped, and ends nothing.
    let is_end = |at: &usize| {
        let before = text[..*at].iter().rev();
        before.take_while(|byte| **byte == b'\\').count().is_multiple_of(2)
    };
    let end = memchr_iter(b'"', text).find(is_end);
    end.map_or(&[], |at| &text[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// Values and names, as somebody finds them who reads it.
    fn found(value: &Value) -> usize {
        match value {
            Value::Array(list) => 1 + list.iter().map(found).sum::<usize>(),
            Value::Object(members) => 1 + members.values().map(|it| 1 + found(it)).sum::<usize>(),
            _ => 1,
        }
    }

    #[test]
    fn nobody_finds_more() {
        for json in [
            "0",
            "[]",
            "[[],{},[[]]]",
            "[0,0,0]",
            r#"{"a":1,"b":[true,null],"c":{"d":"e"}}"#,
            r#"["a,b:[{", "\"", "\\", "\\\"", "\u0022,"]"#,
            r#"{"\"":"\\","\\":"\"" , "x" : [ "," ] }"#,
        ] {
            let read: Value = serde_json::from_str(json).unwrap();
            assert!(values(json.as_bytes()) >= found(&read), "{json}");
        }
    }

    #[test]
    fn what_is_text_is_one() {
        let text = serde_json::to_string(&"{\"a\":[1,2,3]},\\ \"".repeat(1000)).unwrap();
        assert_eq!(values(text.as_bytes()), 1);
        assert_eq!(values(format!("[{text},{text}]").as_bytes()), 3);
        for broken in ["\"", "\"\\", "\"a\\\",", "\"\\\\", "\"\\\\\\\"[["] {
            assert_eq!(values(broken.as_bytes()), 1, "{broken}");
        }
    }
}
