//! Forms.

use super::{bed, post_as};

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
