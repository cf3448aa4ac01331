//! No adapter gets hold of a credential, whatever the provider sends back.

use crate::world::{KEY, Setup, World};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use hotcell_tests::loopback::{Received, Step, chunked, head, response, whole};
use std::io::Write;

/// What a text may not hold: the key, and what it looks like inside of base64, at
/// each of the three places where it can begin.
fn assert_clean(text: &str) {
    let percent = |upper: bool| -> String {
        let escape = |byte: u8| match (byte.is_ascii_alphanumeric(), upper) {
            (true, _) => char::from(byte).to_string(),
            (_, true) => format!("%{byte:02X}"),
            (_, false) => format!("%{byte:02x}"),
        };
        KEY.bytes().map(escape).collect()
    };
    let hex: String = KEY.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![
        KEY.to_owned(),
        KEY.replace('"', "\\\""),
        KEY.chars().rev().collect(),
        percent(true),
        percent(false),
        hex.to_uppercase(),
        hex,
    ];
    for before in 0..3 {
        for engine in [&STANDARD, &URL_SAFE] {
            let encoded = engine.encode(["\0".repeat(before).as_str(), KEY].concat());
            // What the neighbours of the key decide is left out.
            forms.push(encoded[4..encoded.len() - 4].to_owned());
        }
    }
    for form in forms {
        // Most of a key is as good as the key.
        for part in [&form[..], &form[..form.len() * 3 / 4], &form[form.len() / 4..]] {
            assert!(!text.contains(part), "the key is there, as {part}:\n{text}");
        }
    }
}

/// Nobody has the key: not the adapter, not the audit.
async fn stays_hidden(
    name: &str,
    script: impl Fn(&Received) -> Vec<Step> + Send + Sync + 'static,
) -> String {
    let world = Setup::scripted(script).open().await;
    let (told, failed) = match world.attempt(name).await {
        Ok(collected) => (collected.choices[0].text(), String::new()),
        Err(error) => (String::new(), format!("{error} {error:?}")),
    };
    assert_eq!(world.server.received()[0].key(), KEY, "the provider has it");
    assert_clean(&told);
    assert_clean(&failed);
    assert_clean(&format!("{:?}", world.audit.records()));
    world.goes_on().await;
    told
}

#[tokio::test]
pub(super) async fn key_in_settings() {
    let world = World::open().await;
    let told = world.told("key-in-settings").await;
    assert!(told.lines().all(|line| line.ends_with(": there is no such setting")), "{told}");
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn key_in_headers() {
    let told = stays_hidden("key-in-headers", |received| {
        let key = received.key();
        let bearer = format!("Bearer {key}");
        let inside = STANDARD.encode(format!("{{\"authorization\":\"{bearer}\"}}"));
        let headers = [
            ("x-request-id", key),
            ("x-ratelimit-a", &bearer),
            ("x-ratelimit-b", &STANDARD.encode(key)),
            ("x-ratelimit-c", &inside),
            ("authorization", &bearer),
            ("x-echo", key),
            ("set-cookie", key),
        ];
        whole("200 OK", &headers, "{}")
    })
    .await;
    assert!(told.contains("GOT header x-request-id: [secret]"), "{told}");
    assert!(!told.contains("x-echo") && !told.contains("set-cookie"), "{told}");
}

#[tokio::test]
async fn the_name_of_a_header_does_not_hold_the_key() {
    let key = "sk-0123456789abcdefghij";
    let script = move |_: &Received| whole("200 OK", &[(&format!("x-ratelimit-{key}"), "1")], "{}");
    let world = Setup { key, ..Setup::scripted(script) }.open().await;
    let told = world.told("key-in-headers").await;
    assert!(!told.contains(key), "{told}");
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn key_in_body() {
    let told = stays_hidden("key-in-body", |received| {
        let key = received.key();
        response(serde_json::json!({ "plain": key, "again": key, "end": true }).to_string())
    })
    .await;
    assert!(told.contains(r#""again":"[secret]","end":true"#), "{told}");
}

#[tokio::test]
async fn every_encoding_of_the_key_is_found_in_a_body() {
    type Encoding = fn(&str) -> String;
    let encodings: [Encoding; 9] = [
        |key| STANDARD.encode(key),
        |key| STANDARD_NO_PAD.encode(format!("Bearer {key}")),
        |key| URL_SAFE.encode(format!("a{key}b")),
        |key| STANDARD.encode(format!("user:{key} and more")),
        |key| key.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        |key| key.bytes().map(|byte| format!("%{byte:02x}")).collect(),
        |key| key.bytes().map(|byte| format!("{byte:02x}")).collect(),
        |key| key.bytes().map(|byte| format!("{byte:02X}")).collect(),
        |key| key.chars().rev().collect(),
    ];
    for encoding in encodings {
        stays_hidden("key-in-body", move |received| {
            response(format!("before {} after", encoding(received.key())))
        })
        .await;
        stays_hidden("key-in-body", move |received| {
            let text = format!("before {} after", encoding(received.key()));
            chunked(&[], text.as_bytes().chunks(7))
        })
        .await;
    }
}

#[tokio::test]
pub(super) async fn key_byte_by_byte() {
    // The guest reads one byte at a time; then the provider sends one at a time, too.
    let told = stays_hidden("key-byte-by-byte", |received| {
        response(format!("before {} after", received.key()))
    })
    .await;
    assert!(told.contains("GOT body before [secret] after"), "{told}");
    let told = stays_hidden("key-byte-by-byte", |received| {
        let text = format!("before {} after", received.key());
        chunked(&[], text.as_bytes().chunks(1))
    })
    .await;
    assert!(told.contains("GOT body before [secret] after"), "{told}");
}

#[tokio::test]
async fn half_a_key_at_the_end_of_a_body_is_what_it_is() {
    let told = stays_hidden("key-in-body", |_| response(&KEY[..KEY.len() / 2])).await;
    assert!(told.ends_with(&KEY[..KEY.len() / 2]), "{told}");
}

#[tokio::test]
async fn a_key_inside_of_compression_is_found() {
    let told = stays_hidden("key-in-body", |received| {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(format!("before {} after", received.key()).as_bytes()).expect("memory");
        let bytes = gzip.finish().expect("memory");
        chunked(&[("content-encoding", "gzip")], bytes.chunks(1))
    })
    .await;
    assert!(told.contains("GOT body before [secret] after"), "{told}");
    let told = stays_hidden("key-in-body", |received| {
        let mut deflate = ZlibEncoder::new(Vec::new(), Compression::best());
        deflate.write_all(format!("before {} after", received.key()).as_bytes()).expect("memory");
        whole("200 OK", &[("content-encoding", "deflate")], deflate.finish().expect("memory"))
    })
    .await;
    assert!(told.contains("GOT body before [secret] after"), "{told}");
}

#[tokio::test]
pub(super) async fn key_in_failure() {
    let told = stays_hidden("key-in-failure", |received| {
        let error = format!("Incorrect API key provided: {}", received.key());
        whole("401 Unauthorized", &[], error)
    })
    .await;
    assert!(told.contains("Incorrect API key provided: [secret]"), "{told}");
}

#[tokio::test]
async fn a_failure_of_egress_does_not_repeat_the_providers_words() {
    type Script = fn(&Received) -> Vec<Step>;
    let scripts: [Script; 6] = [
        |received| whole("200 OK", &[("content-encoding", received.key())], "x"),
        |received| vec![Step::Send(format!("HTTP/1.1 {}\r\n\r\n", received.key()).into())],
        |received| vec![Step::Send(format!("{}\r\n\r\n", received.key()).into()), Step::Close],
        |received| {
            vec![Step::Send(
                [head("200 OK", &[("content-length", received.key())]), b"\r\n".to_vec()].concat(),
            )]
        },
        |received| {
            let head = head("200 OK", &[("transfer-encoding", "chunked")]);
            let chunk = format!("\r\n{}\r\n", received.key());
            vec![Step::Send([head, chunk.into()].concat()), Step::Close]
        },
        |received| {
            let mut bytes = head("200 OK", &[("content-encoding", "gzip")]);
            bytes.extend(format!("content-length: 60\r\n\r\n{:<60}", received.key()).bytes());
            vec![Step::Send(bytes)]
        },
    ];
    for script in scripts {
        let told = stays_hidden("key-in-failure", script).await;
        assert!(!told.contains("secret"), "{told}");
    }
}
