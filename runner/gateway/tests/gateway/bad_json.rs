//! JSON, and forms, as nobody should send them.

use crate::bed::{Answer, Bed};
use crate::upstream::{PATIENCE, Upstream, respond, say};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Every endpoint that takes JSON, a small request there, and where its errors have their
/// sentence.
const REQUESTS: [(&str, &str, &str); 13] = [
    (
        "/v1/chat/completions",
        r#"{"model":"up/m","messages":[{"role":"user","content":"hi"}]}"#,
        "/error/message",
    ),
    ("/v1/completions", r#"{"model":"up/m","prompt":"hi"}"#, "/error/message"),
    (
        "/v1/responses",
        r#"{"model":"up/m","input":[{"role":"user","content":[{"type":"input_text","text":"hi"}]}]}"#,
        "/error/message",
    ),
    (
        "/v1/messages",
        r#"{"model":"up/m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}"#,
        "/error/message",
    ),
    (
        "/v1/messages/count_tokens",
        r#"{"model":"up/m","messages":[{"role":"user","content":"hi"}]}"#,
        "/error/message",
    ),
    (
        "/v1beta/models/up%2Fm:generateContent",
        r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#,
        "/error/message",
    ),
    (
        "/v1beta/models/up%2Fm:countTokens",
        r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#,
        "/error/message",
    ),
    (
        "/v1beta/models/up%2Fm:embedContent",
        r#"{"content":{"parts":[{"text":"hi"}]}}"#,
        "/error/message",
    ),
    ("/v1/embeddings", r#"{"model":"up/m","input":["hi"]}"#, "/error/message"),
    ("/v1/rerank", r#"{"model":"up/m","query":"hi","documents":["a","b"]}"#, "/error/message"),
    ("/v1/moderations", r#"{"model":"up/m","input":["hi"]}"#, "/error/message"),
    ("/v1/images/generations", r#"{"model":"up/m","prompt":"hi"}"#, "/error/message"),
    ("/v1/audio/speech", r#"{"model":"up/m","input":"hi","voice":"alloy"}"#, "/error/message"),
];

async fn bed() -> (Upstream, Bed) {
    let upstream = Upstream::new().await;
    // Whatever comes through is answered in a way that no adapter takes for an answer.
    upstream.script("*", [vec![respond(200, "content-type: application/json\r\n", b"{}")]]);
    let more = upstream.provider("up")
        + "[gateway.models.\"up/m\"]\ndeployments = [\"up/m\"]\nretries = 0\n";
    let bed = Bed::new(&more).await;
    (upstream, bed)
}

async fn post(bed: &Bed, path: &str, body: impl Into<Bytes>) -> Answer {
    post_as(bed, path, Some("application/json"), body).await
}

async fn post_as(bed: &Bed, path: &str, kind: Option<&str>, body: impl Into<Bytes>) -> Answer {
    let mut request = Request::post(path);
    if let Some(kind) = kind {
        request = request.header("content-type", kind);
    }
    let request = request.body(Full::new(body.into())).expect("a request");
    tokio::time::timeout(PATIENCE, bed.send(request)).await.expect("an answer in time")
}

/// A refusal in the words of the client's dialect, that nobody can take for something else.
fn refused(name: &str, path: &str, answer: &Answer) {
    assert_eq!(answer.status, 400, "{path}, {name}: {}", answer.text());
    let pointer =
        REQUESTS.iter().find(|request| request.0 == path).map_or("/error/message", |it| it.2);
    let body = answer.json();
    let message = body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    assert!(!message.is_empty() && message.len() < 1000, "{path}, {name}: {body}");
}

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

/// Of several members with one name the last counts, for the gateway and for whoever it
/// asks: a provider is never told of two.
#[tokio::test]
async fn a_member_that_comes_twice_counts_once_and_for_all() {
    let upstream = Upstream::new().await;
    upstream.script("*", [say("fine")]);
    let more = upstream.provider("up")
        + "[gateway]\nonly-models = true\n\
        [gateway.models.allowed]\ndeployments = [\"up/cheap\"]\n";
    let bed = Bed::new(&more).await;
    let messages = r#""max_tokens":9,"messages":[{"role":"user","content":"hi"}]"#;
    for path in ["/v1/chat/completions", "/v1/messages"] {
        for (name, body, expected) in [
            (
                "the last one is allowed",
                format!(r#"{{"model":"dear","model":"allowed",{messages}}}"#),
                200,
            ),
            (
                "the last one is not",
                format!(r#"{{"model":"allowed",{messages},"model":"dear"}}"#),
                404,
            ),
            (
                "by another spelling",
                format!(r#"{{"model":"allowed",{messages},"mod\u0065l":"dear"}}"#),
                404,
            ),
            ("in capitals", format!(r#"{{"model":"allowed",{messages},"Model":"dear"}}"#), 200),
            ("as nothing", format!(r#"{{"model":"allowed",{messages},"model":null}}"#), 400),
            (
                "a stream and none",
                format!(r#"{{"model":"allowed",{messages},"stream":true,"stream":false}}"#),
                200,
            ),
        ] {
            let answer = post(&bed, path, body).await;
            assert_eq!(answer.status, expected, "{path}, {name}: {}", answer.text());
        }
    }
    for asked in upstream.asked() {
        let text = asked.text();
        assert_eq!(asked.model, "cheap", "{text}");
        assert_eq!(text.matches("\"model\"").count(), 1, "{text}");
        assert!(
            text.matches("\"stream\"").count() <= 1 && !text.contains("\"stream\":true"),
            "{text}"
        );
    }
}

/// The same where the provider speaks the client's own dialect, whose members go through.
#[tokio::test]
async fn members_of_a_clients_own_cannot_take_the_place_of_what_was_decided() {
    let upstream = Upstream::new().await;
    upstream.script("*", [vec![respond(200, "content-type: application/json\r\n", b"{}")]]);
    let more = upstream.provider("up")
        + &upstream.provider_of("claude", "anthropic")
        + "[gateway]\nonly-models = true\n[gateway.models.o]\ndeployments = [\"up/cheap\"]\nretries = 0\n\
           [gateway.models.a]\ndeployments = [\"claude/cheap\"]\nretries = 0\n";
    let bed = Bed::new(&more).await;
    for (path, model) in [
        ("/v1/chat/completions", "o"),
        ("/v1/messages", "a"),
        ("/v1/chat/completions", "a"),
        ("/v1/messages", "o"),
    ] {
        for more in [
            r#""__proto__":{"model":"dear","stream":true}"#,
            r#""constructor":{"prototype":{"model":"dear"}}"#,
            r#""extra_body":{"model":"dear","stream":true}"#,
            r#""extra":{"model":"dear"}"#,
            r#""":{"model":"dear"}"#,
            r#""mod\u0065l":"MODEL","stream":true,"stream":false"#,
            r#""stream":false,"model":"MODEL""#,
        ] {
            let more = more.replace("MODEL", model);
            let body = format!(
                r#"{{"model":"{model}",{more},"max_tokens":9,"messages":[{{"role":"user","content":"hi"}}]}}"#
            );
            post(&bed, path, body).await;
        }
    }
    let asked = upstream.asked();
    assert!(asked.len() >= 7, "{}", asked.len());
    for asked in asked {
        let text = asked.text();
        let at_top = Top::of(&text);
        assert_eq!(at_top.count("model"), 1, "{text}");
        assert!(at_top.count("stream") <= 1, "{text}");
        let json = asked.json();
        assert_eq!(json["model"], "cheap", "{text}");
        assert_ne!(json["stream"], true, "{text}");
    }
}

/// The names of the outermost object, each as often as it is there.
struct Top(Vec<String>);

impl Top {
    fn of(text: &str) -> Self {
        struct Names;
        impl<'de> serde::de::Visitor<'de> for Names {
            type Value = Top;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Top, A::Error> {
                let mut names = Vec::new();
                while let Some((name, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
                    names.push(name);
                }
                Ok(Top(names))
            }
        }
        let mut reader = serde_json::Deserializer::from_str(text);
        serde::Deserializer::deserialize_map(&mut reader, Names).expect("an object")
    }

    fn count(&self, name: &str) -> usize {
        self.0.iter().filter(|known| *known == name).count()
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

/// Google's clients name the model in the path; one in the body is none.
#[tokio::test]
async fn a_model_of_the_path_is_the_only_one() {
    let upstream = Upstream::new().await;
    upstream.script("*", [vec![respond(200, "content-type: application/json\r\n", b"{}")]]);
    let more = upstream.provider("up")
        + &upstream.provider_of("google", "gemini")
        + "[gateway]\nonly-models = true\n[gateway.models.o]\ndeployments = [\"up/cheap\"]\nretries = 0\n\
           [gateway.models.g]\ndeployments = [\"google/cheap\"]\nretries = 0\n";
    let bed = Bed::new(&more).await;
    for (path, model) in [
        ("/v1beta/models/@:generateContent", "g"),
        ("/v1beta/models/@:generateContent", "o"),
        ("/openai/deployments/@/chat/completions", "o"),
        ("/openai/deployments/@/chat/completions", "g"),
    ] {
        let body = r#"{"model":"models/dear","contents":[{"role":"user","parts":[{"text":"hi"}]}],"messages":[{"role":"user","content":"hi"}]}"#;
        post(&bed, &path.replace('@', model), body).await;
    }
    let asked = upstream.asked();
    assert_eq!(asked.len(), 4);
    for asked in asked {
        let text = asked.text();
        assert!(!text.contains("dear"), "{}\n{text}", asked.head);
        assert!(
            asked.head.contains("models/cheap:") || text.contains("\"model\":\"cheap\""),
            "{}\n{text}",
            asked.head
        );
    }
}

// ---- forms -------------------------------------------------------------------

#[tokio::test]
async fn forms_are_taken_apart_only_as_far_as_they_are_forms() {
    let (upstream, bed) = bed().await;
    let field = |name: &str, more: &str, value: &str| {
        format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"{more}\r\n\r\n{value}\r\n")
    };
    let file = field("file", "; filename=\"a.wav\"", "RIFF");
    let whole = field("model", "", "up/m") + &file;
    let kind = "multipart/form-data; boundary=b";
    let long = "x".repeat(1_000_000);
    for path in ["/v1/audio/transcriptions", "/v1/audio/translations", "/v1/images/edits"] {
        for (name, kind, body) in [
            ("nothing", kind, String::new()),
            ("no end", kind, whole.clone()),
            ("an end too early", kind, "--b--\r\n".to_owned()),
            (
                "a field without end",
                kind,
                "--b\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n".to_owned() + &long,
            ),
            ("headers without end", kind, format!("--b\r\ncontent-disposition: {long}")),
            (
                "many headers",
                kind,
                format!("--b\r\n{}\r\n\r\n--b--\r\n", "x-a: b\r\n".repeat(10_000)),
            ),
            ("many fields", kind, field("a", "", "b").repeat(50_000) + &whole + "--b--\r\n"),
            ("many nameless fields", kind, "--b\r\n\r\n\r\n".repeat(50_000) + "--b--\r\n"),
            ("a huge name", kind, field(&long, "", "b") + "--b--\r\n"),
            ("another boundary", "multipart/form-data; boundary=c", whole.clone() + "--b--\r\n"),
            ("no boundary", "multipart/form-data", whole.clone() + "--b--\r\n"),
            (
                "an empty boundary",
                "multipart/form-data; boundary=\"\"",
                whole.clone() + "--b--\r\n",
            ),
            ("another type", "application/json", "{\"model\":\"up/m\"}".to_owned()),
            ("parts in parts", "multipart/mixed; boundary=b", whole.clone() + "--b--\r\n"),
            (
                "a model that is not UTF-8",
                kind,
                field("model", "", "\u{fffd}").replace('\u{fffd}', "\u{1}") + "--b--\r\n",
            ),
        ] {
            let answer = post_as(&bed, path, Some(kind), body).await;
            assert!(
                [400, 404].contains(&answer.status),
                "{path}, {name}: {} {:.500}",
                answer.status,
                answer.text()
            );
            assert!(answer.body.len() < 10_000, "{path}, {name}: {} bytes", answer.body.len());
        }
    }
    assert!(upstream.asked().is_empty(), "none of it reached a provider");
}

#[tokio::test]
async fn a_field_that_comes_twice_counts_once_and_for_all() {
    let upstream = Upstream::new().await;
    upstream.script("*", [vec![respond(200, "content-type: application/json\r\n", b"{}")]]);
    let more = upstream.provider_of("media", "openai-media")
        + "[gateway]\nonly-models = true\n[gateway.models.allowed]\ndeployments = [\"media/cheap\"]\nretries = 0\n";
    let bed = Bed::new(&more).await;
    let field = |name: &str, more: &str, value: &str| {
        format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"{more}\r\n\r\n{value}\r\n")
    };
    let file = field("file", "; filename=\"a.wav\"", "RIFF");
    let end = "--b--\r\n";
    for (models, is_there) in [(["allowed", "dear"], false), (["dear", "allowed"], true)] {
        let body = models.map(|model| field("model", "", model)).join("") + &file + end;
        let kind = Some("multipart/form-data; boundary=b");
        let answer = post_as(&bed, "/v1/audio/transcriptions", kind, body).await;
        assert_eq!(answer.status == 404, !is_there, "{models:?}: {}", answer.text());
    }
    let asked = upstream.asked();
    assert_eq!(asked.len(), 1);
    let text = asked[0].text();
    assert!(text.contains("cheap") && !text.contains("dear"), "{text}");
    assert_eq!(text.matches("name=\"model\"").count(), 1, "{text}");
}
