//! A provider that says what a test wants, and a reader of forms.

use hotcell_sdk::testing::{Script, Sent};
use hotcell_sdk::{Failure, Native};
use serde_json::Value;

pub(crate) const DIALECT: &str = "openai-media";

/// A provider that gives this answer.
pub(crate) fn answering(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Script {
    let mut script = Script::new();
    script.manifest(include_str!("../../adapter.toml"));
    script.answer(status, kind, body).header("x-request-id", "req_1");
    script
}

pub(crate) fn native(value: Value) -> Native {
    Native { dialect: DIALECT.to_owned(), value: value.to_string() }
}

/// The value of something in this dialect; null of nothing.
pub(crate) fn value(native: Option<&Native>) -> Value {
    let Some(native) = native else { return Value::Null };
    assert_eq!(native.dialect, DIALECT);
    serde_json::from_str(&native.value).expect("JSON")
}

/// The only request, and what came of it.
pub(crate) fn one<T>(outcome: (Result<T, Failure>, Vec<Sent>)) -> (Result<T, Failure>, Sent) {
    let (result, mut sent) = outcome;
    assert_eq!(sent.len(), 1, "{:?}", result.err());
    (result, sent.remove(0))
}

/// A field of a form: name, file name, content type and content.
pub(crate) type Field = (String, Option<String>, Option<String>, Vec<u8>);

/// Takes a form apart, as RFC 7578 has it.
pub(crate) fn fields(sent: &Sent) -> Vec<Field> {
    let kind = sent.header("content-type").expect("a content type");
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").expect("a form");
    let line = format!("--{boundary}");
    let body = &sent.body[..];
    let find = |haystack: &[u8], needle: &[u8]| {
        haystack.windows(needle.len()).position(|window| window == needle)
    };
    let mut rest = body.strip_prefix(line.as_bytes()).expect("the first boundary");
    let mut fields = Vec::new();
    while let Some(field) = rest.strip_prefix(b"\r\n") {
        let end = find(field, format!("\r\n{line}").as_bytes()).expect("a boundary behind");
        let (field, after) = field.split_at(end);
        rest = &after[2 + line.len()..];
        let head = find(field, b"\r\n\r\n").expect("a head");
        let content = field[head + 4..].to_vec();
        let head = String::from_utf8(field[..head].to_vec()).expect("text");
        let quoted = |name: &str| {
            let (_, rest) = head.split_once(&format!(" {name}=\""))?;
            rest.split('"').next().map(str::to_owned)
        };
        let mime = head.split_once("content-type: ").map(|(_, mime)| mime.to_owned());
        fields.push((quoted("name").expect("a name"), quoted("filename"), mime, content));
    }
    assert_eq!(rest, b"--\r\n");
    fields
}

/// The fields of a form that are texts.
pub(crate) fn texts(sent: &Sent) -> Vec<(String, String)> {
    let fields = fields(sent).into_iter().filter(|field| field.1.is_none());
    fields.map(|(name, _, _, text)| (name, String::from_utf8(text).expect("text"))).collect()
}
