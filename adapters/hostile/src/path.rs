//! The path and query of a request.

use crate::ask::{self, GRANTED, Method, Request};
use crate::cell::Answer;

fn paths(paths: &[&str]) -> Answer {
    ask::each(
        paths,
        |path| path.to_owned(),
        |path| ask::send(&Request { path: path.to_owned(), ..ask::request("hello") }),
    )
}

pub(crate) fn path_not_granted() -> Answer {
    paths(&["/files", "/fine_tuning/jobs", "/models", "/organization/users", "/responses"])
}

pub(crate) fn path_almost_granted() -> Answer {
    paths(&[
        "/chat",
        "/chat/completions/x",
        "/chat/completionsx",
        "/Chat/Completions",
        "/v1/chat/completions",
        "/chat/completions;x=y",
        "/chat;x/completions",
        "/chat/completions/",
        "/",
        "",
    ])
}

pub(crate) fn method_not_granted() -> Answer {
    ask::each(
        &[Method::Get, Method::Put, Method::Patch, Method::Delete],
        |method| format!("{method:?}"),
        |method| ask::send(&Request { method, ..ask::request("hello") }),
    )
}

pub(crate) fn path_dot_segments() -> Answer {
    paths(&[
        "/../files",
        "/..",
        "/chat/../files",
        "/chat/completions/../../files",
        "/chat/completions/..",
        "/./chat/completions",
        "/chat/./completions",
        "/chat/completions/.",
        "/../v1/chat/completions",
    ])
}

pub(crate) fn path_encoded_dots() -> Answer {
    paths(&[
        "/%2e%2e/files",
        "/%2E%2E/files",
        "/.%2e/files",
        "/%2e./files",
        "/chat/%2e%2e/files",
        "/chat/%2e/completions",
    ])
}

pub(crate) fn path_encoded_slash() -> Answer {
    paths(&["/chat%2fcompletions", "/chat%2Fcompletions", "/chat%2f..%2ffiles", "/%2fevil.example"])
}

pub(crate) fn path_resource_name() -> Answer {
    paths(&[
        "/arn:aws:s:r:1:t%2Fx/completions",
        "/chat/arn:aws:s:r:1:t%2Fcompletions",
        "/chat/completions%2Farn:aws:s:r:1:t%2Fx",
        "/arn:aws:s:r:1:t%2F..%2Ffiles",
        "/chat/arn:aws:s:r:1:t%2F%2e%2e%2Fcompletions",
    ])
}

pub(crate) fn path_doubly_encoded() -> Answer {
    paths(&["/%252e%252e/files", "/chat%252fcompletions", "/%25%32%65%25%32%65/files", "/chat%25"])
}

pub(crate) fn path_absolute_form() -> Answer {
    paths(&[
        "http://evil.example/chat/completions",
        "https://evil.example",
        "HTTPS://evil.example/",
        "file:///etc/passwd",
        "evil.example:443",
        "*",
    ])
}

pub(crate) fn path_double_slash() -> Answer {
    paths(&["//evil.example/chat/completions", "///evil.example", "/chat//completions", "//"])
}

pub(crate) fn path_userinfo() -> Answer {
    paths(&[
        "@evil.example/chat/completions",
        ":x@evil.example/",
        "/@evil.example",
        "//x@evil.example",
    ])
}

pub(crate) fn path_host_suffix() -> Answer {
    paths(&[".evil.example/chat/completions", ":8443/chat/completions", "chat/completions", "-x"])
}

pub(crate) fn path_backslash() -> Answer {
    paths(&[
        "\\\\evil.example\\chat",
        "/\\evil.example",
        "/chat\\completions",
        "/chat/completions\\..\\files",
        "/chat%5ccompletions",
        "/..%5c..%5cfiles",
    ])
}

pub(crate) fn path_line_break() -> Answer {
    paths(&[
        "/chat/completions HTTP/1.1\r\nhost: evil.example\r\n\r\nGET /files",
        "/chat/completions\n",
        "/chat/completions\r",
        "/chat/completions%0d%0ahost:evil.example",
        "/chat/completions?api-version=1%0d%0ahost:evil.example",
        "/chat/completions\u{2028}",
        "/chat/completions\t",
        "/chat/completions ",
    ])
}

pub(crate) fn path_nul() -> Answer {
    paths(&[
        "/chat/completions\0",
        "/chat/completions%00",
        "/chat/completions%00/../../files",
        "\0",
    ])
}

pub(crate) fn path_fragment() -> Answer {
    paths(&["/chat/completions#x", "#", "/files#/chat/completions", "/chat/completions%23x"])
}

pub(crate) fn path_not_utf8() -> Answer {
    paths(&[
        "/chat%c0%afcompletions",
        "/%c0%ae%c0%ae/files",
        "/%e0%80%ae%e0%80%ae/files",
        "/chat/completions%ff",
        "/chat/completions%ed%a0%80",
        "/chat%",
        "/chat%2",
        "/chat%zz",
        "/chat%u002fcompletions",
    ])
}

pub(crate) fn path_not_ascii() -> Answer {
    paths(&[
        "/chat／completions",
        "/．．/files",
        "/chat∕completions",
        "/chat%ef%bc%8fcompletions",
        "/﹒﹒/x",
    ])
}

pub(crate) fn path_gigantic() -> Answer {
    paths(&[&format!("{GRANTED}?api-version={}", "a".repeat(1 << 20))])
}

pub(crate) fn query_not_granted() -> Answer {
    paths(&[
        "/chat/completions?key=stolen",
        "/chat/completions?api_key=stolen",
        "/chat/completions?access_token=stolen",
        "/chat/completions?api-version=1&key=stolen",
        "/chat/completions?API-VERSION=1",
        "/chat/completions?beta",
    ])
}

pub(crate) fn query_hidden() -> Answer {
    paths(&[
        "/chat/completions?api-version=1;key=stolen",
        "/chat/completions?api-version=1&&key=stolen",
        "/chat/completions?api-version=1&%6bey=stolen",
        "/chat/completions?api-version=1&api-version=2",
        "/chat/completions?api-version[]=1",
        "/chat/completions?api-version%00=1",
        "/chat/completions?=stolen",
        "/chat/completions?",
        "/chat/completions?api-version=1%26key=stolen%00",
        "/chat/completions%3fkey=stolen",
    ])
}
