//! Numbers that a tree of values would write in another way than they were read.

use super::depth::behind_string;
use serde_json::Value;

/// Whether a text has one: a whole number of more than 64 bits, more digits than a number of
/// 64 bits has, or a spelling such as `1e3`.
pub(crate) fn has_odd_number(text: &str) -> bool {
    let mut rest = text.as_bytes();
    let begins = |byte: &u8| matches!(byte, b'"' | b'-' | b'0'..=b'9');
    let goes_on = |byte: &&u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
    while let Some(at) = rest.iter().position(begins) {
        if rest[at] == b'"' {
            rest = behind_string(&rest[at + 1..]);
            continue;
        }
        let length = rest[at..].iter().take_while(goes_on).count();
        if is_odd(&rest[at..at + length]) {
            return true;
        }
        rest = &rest[at + length..];
    }
    false
}

fn is_odd(number: &[u8]) -> bool {
    // Most are small and whole.
    let plain = number.len() < 19 && number.iter().all(u8::is_ascii_digit);
    let value = || serde_json::from_slice::<Value>(number).ok();
    !plain && value().is_some_and(|value| value.to_string().as_bytes() != number)
}

#[cfg(test)]
mod tests {
    use super::has_odd_number;

    #[test]
    fn a_number_is_odd_where_it_would_be_written_otherwise() {
        for usual in ["0", "-7", "0.7", "1.0", "18446744073709551615", "-9223372036854775808"] {
            assert!(!has_odd_number(&format!(r#"{{"a":[1,{usual}],"1e3":"1e3"}}"#)), "{usual}");
        }
        for odd in ["18446744073709551616", "1e3", "0.10", "-0", "1E+2", "0.12345678901234567890"] {
            assert!(has_odd_number(&format!(r#"{{"a\"1":[1,{odd}]}}"#)), "{odd}");
        }
    }
}
