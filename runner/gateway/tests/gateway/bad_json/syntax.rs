//! What is no JSON, no request, or too much of one.

use super::{REQUESTS, bed, post, post_as, refused};
use crate::upstream::say;
use serde_json::{Value, json};
use std::fmt::Write as _;

#[tokio::test]
async fn what_is_no_json_is_refused_in_every_dialect() {
    let (upstream, bed) = bed().await;
    for (path, good, _) in REQUESTS {
        let with = |what: &str| good.replacen('{', &format!("{{{what},"), 1);
        for (name, body) in [
            ("nothing", String::new()),
            ("blank", "  \r\n".to_owned()),
            ("null", "null".to_owned()),
            ("a list", "[]".to_owned()),
            ("a string", "\"model\"".to_owned()),
            ("an empty object", "{}".to_owned()),
            ("cut", good[..good.len() - 1].to_owned()),
            ("something behind it", format!("{good}{good}")),
            ("not a number", with("\"x\":NaN")),
            ("no number", with("\"x\":Infinity")),
            ("a number that begins with zero", with("\"x\":01")),
            ("a comma too many", with("\"x\":1,")),
            ("a comment", with("/* */\"x\":1")),
            ("a line end in a string", with("\"x\":\"\n\"")),
            ("a byte order mark", format!("\u{feff}{good}")),
            ("single quotes", good.replace('"', "'")),
            ("a model that is a number", good.replacen("\"up/m\"", "1", 1)),
            ("a stream that is a number", with("\"stream\":1")),
            ("a stream that is a word", with("\"stream\":\"true\"")),
        ] {
            // Only these are a client's to say in JSON: elsewhere the path does, or nobody.
            let streams = ["chat/completions", "completions", "responses", "messages"];
            let may_say = match name.split_once(" that is").map_or("", |(member, _)| member) {
                "a stream" => streams.iter().any(|end| path.strip_prefix("/v1/") == Some(end)),
                "a model" => !path.starts_with("/v1beta"),
                _ => name != "an empty object" || !path.starts_with("/v1beta"),
            };
            if !may_say {
                continue;
            }
            refused(name, path, &post(&bed, path, body).await);
        }
        let mut not_utf8 = good.as_bytes().to_vec();
        let at = good.find("hi").expect("a text");
        not_utf8[at] = 0xff;
        refused("not UTF-8", path, &post(&bed, path, not_utf8).await);
        let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
        refused("UTF-16", path, &post(&bed, path, utf16).await);
        refused(
            "half of a surrogate pair",
            path,
            &post(&bed, path, good.replace("hi", "\\ud800")).await,
        );
    }
    assert!(upstream.asked().is_empty(), "none of it reached a provider");
}

/// However deep lists and objects are within one another, in whichever place.
#[tokio::test(flavor = "multi_thread")]
async fn depth_has_an_end_in_every_place_of_every_dialect() {
    const DEEP: usize = 100_000;
    let (upstream, bed) = bed().await;
    let lists = "[".repeat(DEEP) + &"]".repeat(DEEP);
    let objects = "{\"a\":".repeat(DEEP) + "1" + &"}".repeat(DEEP);
    let unclosed = "[".repeat(DEEP);
    let results = r#"[{"type":"tool_result","tool_use_id":"a","content":"#.repeat(10_000)
        + "\"\""
        + &"}]".repeat(10_000);
    for (path, good, _) in REQUESTS {
        let whole: Value = serde_json::from_str(good).expect("JSON");
        let mut places = vec![good.replacen('{', "{\"x-unknown\":@,", 1), "@".to_owned()];
        insides(&whole, &mut |place| places.push(place));
        for more in [
            r#""tools":[{"type":"function","function":{"name":"f","parameters":@}}]"#,
            r#""tools":[{"name":"f","input_schema":@}]"#,
            r#""tools":[{"functionDeclarations":[{"name":"f","parameters":@}]}]"#,
            r#""metadata":@"#,
            r#""system":@"#,
            r#""thinking":@"#,
            r#""response_format":@"#,
            r#""text":@"#,
            r#""generationConfig":@"#,
            r#""output_config":@"#,
            r#""tool_choice":@"#,
        ] {
            places.push(good.replacen('{', &format!("{{{more},"), 1));
        }
        for place in places {
            for deep in [&lists, &objects, &unclosed, &results] {
                let answer = post(&bed, path, place.replacen('@', deep, 1)).await;
                refused(&place, path, &answer);
            }
        }
    }
    assert!(upstream.asked().is_empty(), "none of it reached a provider");
    // What is not too deep goes through, and brackets within strings are no depth.
    upstream.script("m", [say("fine")]);
    let flat = json!({ "model": "up/m", "max_tokens": 9, "messages": [{ "role": "user", "content": lists }] });
    for path in ["/v1/messages", "/v1/chat/completions"] {
        assert_eq!(post(&bed, path, flat.to_string()).await.status, 200);
    }
}

/// The request with `@` in the place of each value.
fn insides(whole: &Value, found: &mut impl FnMut(String)) {
    fn walk(whole: &Value, at: &str, found: &mut impl FnMut(String)) {
        let value = whole.pointer(at).expect("a place");
        let inner: Vec<String> = match value {
            Value::Object(members) => members.keys().cloned().collect(),
            Value::Array(list) => (0..list.len()).map(|index| index.to_string()).collect(),
            _ => Vec::new(),
        };
        for name in inner {
            let at = format!("{at}/{name}");
            let mut marked = whole.clone();
            *marked.pointer_mut(&at).expect("a place") = Value::from("@@");
            found(marked.to_string().replace("\"@@\"", "@"));
            walk(whole, &at, found);
        }
    }
    walk(whole, "", found);
}

/// Numbers that nobody can hold are refused or kept as they are, and never other numbers.
#[tokio::test]
async fn huge_numbers_are_no_other_numbers() {
    let (upstream, bed) = bed().await;
    upstream.script("m", [say("fine")]);
    let digits = "9".repeat(100_000);
    for (path, good, _) in REQUESTS {
        for member in
            ["max_tokens", "max_output_tokens", "n", "top_n", "seed", "temperature", "x-unknown"]
        {
            for number in [
                "1e999",
                "-1e999",
                "1e-999",
                "18446744073709551616",
                "-9223372036854775809",
                "0.1e1000000000",
                &digits,
            ] {
                let base = good.replace("\"max_tokens\":9,", "\"max_tokens\":9 ,");
                let body = base.replacen('{', &format!("{{\"{member}\":{number},"), 1);
                let answer = post(&bed, path, body).await;
                // A provider that answers nonsense is 502; the gateway itself never is 500.
                assert!(answer.status != 500, "{path}, {member}, {number:.30}: {}", answer.text());
                if answer.status == 400 {
                    refused(member, path, &answer);
                }
            }
        }
    }
    let asked = upstream.asked();
    for asked in asked {
        let text = asked.text();
        assert!(!text.contains(":null") && !text.contains("inf"), "{text:.300}");
    }
}

/// A great many members, names and items: what is within the size that is allowed is read in
/// time that grows with it and no faster.
#[tokio::test(flavor = "multi_thread")]
async fn many_small_things_are_only_many() {
    let (upstream, bed) = bed().await;
    upstream.script("m", [say("fine")]);
    let mut members = String::new();
    let mut same = String::new();
    for number in 0..200_000 {
        let _ = write!(members, "\"x{number}\":1,");
        same += "\"x\":1,";
    }
    let items = "[],".repeat(300_000) + "[]";
    let name = "a".repeat(4_000_000);
    for (path, good, _) in REQUESTS {
        for (what, body) in [
            ("members", good.replacen('{', &format!("{{{members}"), 1)),
            ("members of one name", good.replacen('{', &format!("{{{same}"), 1)),
            ("items", good.replacen('{', &format!("{{\"x\":[{items}],"), 1)),
            ("a name", good.replacen('{', &format!("{{\"{name}\":1,"), 1)),
            ("a text", good.replace("hi", &name)),
            ("escapes", good.replace("hi", &"\\u0000".repeat(500_000))),
        ] {
            let answer = post(&bed, path, body).await;
            assert_ne!(answer.status, 500, "{path}, {what}: {:.500}", answer.text());
        }
    }
}

/// What a client calls a model stands in errors and logs.
#[tokio::test]
async fn a_name_is_no_novel() {
    let (upstream, bed) = bed().await;
    let long = "x".repeat(1_000_000);
    for name in [long.clone(), format!("up/{long}")] {
        let model = json!(name).to_string();
        for (path, good, _) in REQUESTS.iter().filter(|(_, good, _)| good.contains("up/m")) {
            refused("a long name", path, &post(&bed, path, good.replace("\"up/m\"", &model)).await);
        }
    }
    assert!(upstream.asked().is_empty());
    // Quotes, line ends and the like are a name's as well.
    for name in ["a\"}b", "a\r\nx-evil: 1", "\u{0}", "<script>", "{{7*7}}", "' OR 1=1 --"] {
        let body = json!({ "model": name, "messages": [{ "role": "user", "content": "hi" }] });
        let answer = post(&bed, "/v1/chat/completions", body.to_string()).await;
        assert_eq!(answer.status, 404, "{name}");
        assert!(answer.json()["error"]["message"].as_str().is_some_and(|said| said.contains(name)));
        assert!(answer.header("x-evil").is_none());
    }
}

#[tokio::test]
async fn json_that_calls_itself_something_else_is_refused() {
    let (upstream, bed) = bed().await;
    upstream.script("m", [say("fine")]);
    let (path, good, _) = REQUESTS[0];
    for kind in [
        "text/plain",
        "TEXT/PLAIN; charset=utf-8",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=a",
    ] {
        refused(kind, path, &post_as(&bed, path, Some(kind), good).await);
    }
    assert!(upstream.asked().is_empty());
    for kind in [
        None,
        Some("application/json"),
        Some("application/json; charset=utf-8"),
        Some("application/vnd.api+json"),
    ] {
        assert_eq!(post_as(&bed, path, kind, good).await.status, 200, "{kind:?}");
    }
}
