//! The reader against a library that others keep.

use super::*;
use proptest::prelude::*;
use serde_json::Value;
use serde_json::value::RawValue;

fn is_json(text: &str) -> bool {
    Reader::whole(text, Reader::value).is_ok()
}

/// A library that others keep is the judge.
fn judged(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok()
}

#[test]
fn the_grammar_is_that_of_json() {
    for text in [
        "",
        " ",
        "null",
        " nul",
        "nulll",
        "true false",
        "-",
        "-0",
        "01",
        "1.",
        ".5",
        "1.5e",
        "1e+",
        "1E-7",
        "-1.25e+3 ",
        "+1",
        "NaN",
        "\"",
        "\"a",
        "\"a\"",
        "\"\\",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\\ud800\"",
        "\"\\u123\"",
        "\"\n\"",
        "\"\u{7f}\u{e9}\"",
        "[",
        "[]",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1}",
        "{",
        "{}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\" : [ 1 , 2 ] }",
        "{a:1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1]",
        "{1:2}",
        "[]]",
        "{} {}",
        "\u{c}1",
        "\u{a0}1",
        "\u{feff}1",
        "12345678\"",
        "\"1234567\u{1f}\"",
        "\"12345678\u{1f}\"",
        "\"12345678\\\"",
    ] {
        assert_eq!(is_json(text), judged(text), "{text:?}");
    }
}

#[test]
fn nothing_lies_deeper_than_the_stack_is() {
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(is_json(&deep(128)));
    assert!(!is_json(&deep(129)));
    assert!(!is_json(&deep(1_000_000)));
}

#[test]
fn what_follows_a_mistake_is_not_read() {
    let mut read = Vec::new();
    let result = Reader::whole("[1, x, 2]", |reader| {
        reader.list(|reader| read.push(reader.value().to_owned()));
    });
    assert_eq!(result.unwrap_err().to_string(), "it goes wrong at byte 4");
    assert_eq!(read[..1], ["1"]);
    assert!(!read.contains(&"2".to_owned()));
}

/// Text of the tokens of JSON, whole or not.
fn any_text() -> impl Strategy<Value = String> {
    const TOKENS: &[&str] = &[
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"",
        "\\",
        "\\u00e9",
        "1",
        "-0.5e3",
        "0",
        ".",
        "e",
        "true",
        "null",
        " ",
        "\n",
        "\u{1f}",
        "\u{e9}",
        "{\"b\":2}",
        "[3,4]",
        "\"c\":5",
        "long enough text",
    ];
    proptest::collection::vec(proptest::sample::select(TOKENS), 0..12)
        .prop_map(|tokens| tokens.concat())
}

/// JSON with one byte that is not as it was.
fn spoilt() -> impl Strategy<Value = String> {
    (any_text(), any_text(), 0_usize..200, "[ -~\u{0}-\u{1f}]").prop_map(
        |(one, other, at, with)| {
            let value = serde_json::json!({ "a": [one, { "b": other }, -1.5e-9, null] });
            let mut text = value.to_string();
            let at = text.char_indices().map(|(at, _)| at).nth(at % text.chars().count());
            let end = at.and_then(|at| text[at..].chars().next().map(|c| at + c.len_utf8()));
            text.replace_range(at.unwrap_or(0)..end.unwrap_or(0), &with);
            text
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_judge_says_the_same_of_any_text(text in any_text()) {
        prop_assert_eq!(is_json(&text), judged(&text));
    }

    #[test]
    fn the_judge_says_the_same_of_spoilt_json(text in spoilt()) {
        prop_assert_eq!(is_json(&text), judged(&text));
    }

    #[test]
    fn members_are_those_of_the_judge(one in any_text(), other in any_text()) {
        let text = serde_json::json!({ "x": one, "y": [other, 1], &one: {} }).to_string();
        let mut members = serde_json::Map::new();
        let object = Reader::whole(&text, |reader| reader.object(|name, reader| {
            let value = serde_json::from_str::<Value>(reader.value()).unwrap();
            members.insert(name.into_owned(), value);
        }));
        prop_assert!(object.unwrap());
        prop_assert_eq!(Value::Object(members), serde_json::from_str::<Value>(&text).unwrap());
    }
}
