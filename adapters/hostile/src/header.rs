//! The headers of a request.

use crate::ask::{self, Header, Request};
use crate::cell::Answer;
use hotcell_sdk::Failure;

fn with(headers: Vec<Header>) -> Result<ask::Response, Failure> {
    let mut request: Request = ask::request("hello");
    request.headers.extend(headers);
    ask::send(&request)
}

fn headers(headers: &[(&str, &str)]) -> Answer {
    ask::each(
        headers,
        |(name, value)| format!("{name}: {value}"),
        |(name, value)| with(vec![ask::header(name, value)]),
    )
}

pub(crate) fn header_host() -> Answer {
    headers(&[("host", "evil.example"), ("Host", "evil.example"), ("HOST", ""), ("hOsT", "a:1")])
}

pub(crate) fn header_authorization() -> Answer {
    headers(&[
        ("authorization", "Bearer sk-of-the-attacker"),
        ("Authorization", "Bearer sk-of-the-attacker"),
        ("AUTHORIZATION", "Basic eDp5"),
    ])
}

pub(crate) fn header_api_key() -> Answer {
    headers(&[
        ("x-api-key", "stolen"),
        ("X-Api-Key", "stolen"),
        ("api-key", "stolen"),
        ("x-goog-api-key", "stolen"),
        ("x-amz-security-token", "stolen"),
        ("x-auth-token", "stolen"),
    ])
}

pub(crate) fn header_cookie() -> Answer {
    headers(&[
        ("cookie", "session=stolen"),
        ("Cookie", ""),
        ("set-cookie", "a=b"),
        ("cookie2", "x"),
    ])
}

pub(crate) fn header_organization() -> Answer {
    headers(&[
        ("openai-organization", "org-attacker"),
        ("OpenAI-Organization", "org-attacker"),
        ("openai-project", "proj-attacker"),
        ("anthropic-organization", "attacker"),
        ("x-goog-user-project", "attacker"),
    ])
}

pub(crate) fn header_proxy() -> Answer {
    headers(&[
        ("proxy-authorization", "Basic eDp5"),
        ("Proxy-Connection", "keep-alive"),
        ("proxy-authenticate", "x"),
    ])
}

pub(crate) fn header_transfer_encoding() -> Answer {
    headers(&[
        ("transfer-encoding", "chunked"),
        ("Transfer-Encoding", "identity, chunked"),
        ("TRANSFER-ENCODING", "\tchunked"),
        ("te", "trailers"),
        ("trailer", "authorization"),
    ])
}

pub(crate) fn header_content_length() -> Answer {
    headers(&[("content-length", "0"), ("Content-Length", "999999"), ("content-length", "1, 2")])
}

pub(crate) fn header_connection() -> Answer {
    headers(&[
        ("connection", "authorization"),
        ("Connection", "upgrade"),
        ("upgrade", "websocket"),
        ("http2-settings", "AAMAAABkAAQAoAAAAAIAAAAA"),
        ("keep-alive", "timeout=9999"),
        ("expect", "100-continue"),
    ])
}

pub(crate) fn header_forwarded() -> Answer {
    headers(&[
        ("x-forwarded-host", "evil.example"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("forwarded", "host=evil.example"),
        ("x-original-url", "/files"),
        ("x-rewrite-url", "/files"),
        ("x-http-method-override", "DELETE"),
        ("x-real-ip", "127.0.0.1"),
        ("via", "1.1 evil.example"),
        ("origin", "https://evil.example"),
        ("referer", "https://evil.example"),
    ])
}

pub(crate) fn header_coding() -> Answer {
    headers(&[
        ("accept-encoding", "br"),
        ("content-encoding", "gzip"),
        ("user-agent", "somebody/else"),
        ("range", "bytes=0-0"),
    ])
}

pub(crate) fn header_not_granted() -> Answer {
    headers(&[("x-custom", "1"), ("openai-beta", "x"), ("accept-language", "en"), ("accept-", "x")])
}

pub(crate) fn header_underscores() -> Answer {
    headers(&[
        ("x_api_key", "stolen"),
        ("openai_organization", "org-attacker"),
        ("content_length", "0"),
        ("transfer_encoding", "chunked"),
    ])
}

pub(crate) fn header_name_malformed() -> Answer {
    headers(&[
        ("", "x"),
        (" ", "x"),
        ("accept ", "x"),
        (" accept", "x"),
        ("accept:", "x"),
        (":authority", "evil.example"),
        (":path", "/files"),
        ("(accept)", "x"),
        ("a/b", "x"),
        ("host\t", "evil.example"),
        ("accept\r\nhost", "evil.example"),
    ])
}

pub(crate) fn header_line_break() -> Answer {
    headers(&[
        ("accept", "x\r\nhost: evil.example"),
        ("accept", "x\nhost: evil.example"),
        ("accept", "x\rhost: evil.example"),
        ("accept", "x\r\n folded"),
        ("accept", "x\r\n\r\nGET /files HTTP/1.1"),
    ])
}

pub(crate) fn header_nul() -> Answer {
    headers(&[
        ("accept", "x\0y"),
        ("accept\0", "x"),
        ("accept", "\u{7f}"),
        ("accept", "\u{1b}[2J"),
        ("accept", "\u{b}"),
    ])
}

pub(crate) fn header_not_ascii() -> Answer {
    headers(&[("accept", "é"), ("accept", "\u{85}"), ("açcept", "x"), ("accept", "x\u{2028}y")])
}

pub(crate) fn header_many() -> Answer {
    let flood = vec![ask::header("accept", ""); 100_000];
    Answer::telling(ask::line("a hundred thousand headers", with(flood)))
}

pub(crate) fn header_gigantic() -> Answer {
    let value = "x".repeat(1 << 20);
    headers(&[("accept", &value), (&value, "x")])
}
