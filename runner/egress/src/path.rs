//! Paths of requests: one reading, or none.

use crate::error::{EgressError, Rule};

/// A path and query that can be read in one way only.
#[derive(Debug)]
pub(crate) struct CheckedPath {
    /// Segments below the endpoint's base, percent-decoded. One that is the name of an AWS
    /// resource may hold slashes: whether it may do so there, the grant says.
    pub(crate) segments: Vec<String>,
    /// Query parameter names, in order, without repetition; `name[]` is a list's.
    pub(crate) query: Vec<String>,
    /// The text as the guest wrote it, which is what is sent.
    pub(crate) text: String,
}

/// What follows the name of a list's parameter, as it is written.
const LIST: &str = "%5B%5D";

/// Reads a path that a guest wrote.
pub(crate) fn check(text: &str) -> Result<CheckedPath, EgressError> {
    let bad = |why: &str| EgressError::denied(Rule::PathForm, format!("the path {why}"));
    if let Some(c) = text.chars().find(|c| !c.is_ascii_graphic()) {
        return Err(bad(&format!("has the character {c:?}, which must be percent-encoded")));
    }
    // `;` is a character of paths, but some servers cut a segment off there, and
    // some read it as `&`.
    const NEVER: &[char] = &['\\', '#', ';', '<', '>', '"', '^', '`', '{', '|', '}', '[', ']'];
    if text.contains(NEVER) {
        return Err(bad("has a character that servers read in different ways"));
    }
    let (path, query) = match text.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (text, None),
    };
    let below = path.strip_prefix('/').ok_or_else(|| bad("does not start with `/`"))?;
    let mut segments = Vec::new();
    for raw in below.split('/') {
        let segment = decode(raw).map_err(bad)?;
        // Some servers take spaces and dots from the end before they look.
        if segment.trim_matches(['.', ' ']).is_empty() {
            return Err(bad("has an empty or dot segment"));
        }
        if segment.contains(['\\', '%', '?', '#', ';'])
            || segment.contains('/') && !hotcell_manifest::is_resource_name(&segment)
        {
            return Err(bad("hides a separator or an escape"));
        }
        // Beyond ASCII there are letters that some servers fold to `/` and `.`.
        if !segment.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
            return Err(bad("hides a control or non-ASCII character"));
        }
        segments.push(segment);
    }
    let mut names = Vec::new();
    for pair in query.into_iter().flat_map(|query| query.split('&')) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        // `name[]`, one of a list: the one escape that a name may have.
        let list = name.strip_suffix(LIST).map(|name| format!("{name}[]"));
        let bare = name.strip_suffix(LIST).unwrap_or(name);
        if bare.is_empty() || !bare.chars().all(plain) {
            return Err(bad("has a query parameter without a plain name"));
        }
        let is_list = list.is_some();
        let name = list.unwrap_or_else(|| name.to_owned());
        let is_seen = names.contains(&name);
        if is_seen && !is_list {
            return Err(bad("has a query parameter twice"));
        }
        let value = decode(value).map_err(bad)?;
        if value.contains(char::is_control) {
            return Err(bad("hides a control character in its query"));
        }
        if has_escape(&value) {
            return Err(bad("has a query value that is escaped twice"));
        }
        if !is_seen {
            names.push(name);
        }
    }
    Ok(CheckedPath { segments, query: names, text: text.to_owned() })
}

fn has_escape(text: &str) -> bool {
    let hex = |byte: u8| byte.is_ascii_hexdigit();
    text.as_bytes().windows(3).any(|three| three[0] == b'%' && hex(three[1]) && hex(three[2]))
}

fn decode(raw: &str) -> Result<String, &'static str> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let (Some(high), Some(low)) = (rest.first(), rest.get(1)) else {
            return Err("has an incomplete escape");
        };
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        let (Some(high), Some(low)) = (digit(high), digit(low)) else {
            return Err("has an escape that is not two hex digits");
        };
        bytes.push((high * 16 + low) as u8);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).map_err(|_| "has escapes that are not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        for bad in [
            "",
            "v1",
            "chat/completions",
            "http://evil.example/chat",
            "https://evil.example",
            "//evil.example/chat",
            "/",
            "/chat//completions",
            "/chat/",
            "/../x",
            "/chat/../files",
            "/./chat",
            "/chat/..",
            "/%2e%2e/files",
            "/%2E./files",
            "/.%2e/x",
            "/%2e/x",
            "/chat%2fcompletions",
            "/chat%2Fcompletions",
            "/chat%5c..",
            "/chat\\..\\files",
            "/%252e%252e/files",
            "/chat%252fcompletions",
            "/a%25",
            "/chat%00",
            "/chat\0",
            "/chat\r\nhost: evil",
            "/chat%0d%0ahost:evil",
            "/chat completions",
            "/chät",
            "/chat%",
            "/chat%2",
            "/chat%zz",
            "/%ff%fe",
            "/chat#frag",
            "/user@host/..",
            "/a?b=c&b=d",
            "/a?=x",
            "/a?",
            "/a?x=%0a",
            "/a?b%63=1",
            "/a?b[0]=1",
            "/a%3fb=c",
            "/a%23b",
            "/{x}",
            "/...",
            "/.%20",
            "/%20",
            "/..;/files",
            "/chat;x=1",
            "/chat%3bx",
            "/a%EF%BC%8Fb",
            "/%EF%BC%8E%EF%BC%8E/x",
            "/a%7f",
            "/a?x=1;key=2",
            "/a?x=1%250a",
            "/a?x=[1]",
            "/a?x[]=1",
            "/a?%5B%5D=1",
            "/a?x%5b%5d=1",
            "/a?x%5B0%5D=1",
            "/a?x%5B%5D%5B%5D=1",
            "/a?x%5B%5Dy=1",
        ] {
            assert!(check(bad).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn a_slash_is_hidden_by_the_name_of_a_resource_alone() {
        let arn =
            "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.x-v1%3A0";
        let path = check(&format!("/model/{arn}/converse")).unwrap();
        assert_eq!(
            path.segments,
            [
                "model",
                "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.x-v1:0",
                "converse"
            ]
        );
        for hostile in [
            "/model/a%2Fb/converse",
            "/model/%2E%2E%2Ffiles/converse",
            "/model/..%2Ffiles/converse",
            "/model/arn:%2Fx/converse",
            "/model/arn:aws:s:r:1:t%2F..%2F..%2Ffiles/converse",
            "/model/arn:aws:s:r:1:t%2F%2E%2E/converse",
            "/model/arn:aws:s:r:1:t%2F/converse",
            "/model/arn:aws:s:r:1:t%2F%2Fx/converse",
            "/model/arn:aws:s:r:1:t%2Fx%3Fkey=1/converse",
            "/model/arn:aws:s:r:1:t%2Fx%23/converse",
            "/model/arn:aws:s:r:1:t%252Fx/converse",
            "/model/arn:aws:s:r:1:t%2Fx%5Cy/converse",
            "/model/arn:aws:s:r:1:t%2Fx%20/converse",
            "/model/arn:aws:s:r:1:t%2Fx%00/converse",
            "/model/arn:aws:s:r:1:t%2Fx%EF%BC%8Fy/converse",
            "/model/arn:aws:s:r:1:t%2Fx@y/converse",
            "/model/%2Farn:aws:s:r:1:t%2Fx/converse",
        ] {
            assert!(check(hostile).is_err(), "{hostile:?} was accepted");
        }
    }

    #[test]
    fn ordinary_paths_are_read_as_written() {
        let path = check("/models/a%3Ab%20c:generate?alt=sse&x=1%2F2&y=100%25").unwrap();
        assert_eq!(path.segments, ["models", "a:b c:generate"]);
        assert_eq!(path.query, ["alt", "x", "y"]);
        assert_eq!(path.text, "/models/a%3Ab%20c:generate?alt=sse&x=1%2F2&y=100%25");
        // Of a list there may be several.
        let path = check("/a?x%5B%5D=1&y=2&x%5B%5D=3").unwrap();
        assert_eq!(path.query, ["x[]", "y"]);
        assert_eq!(check("/chat/completions").unwrap().segments, ["chat", "completions"]);
    }
}
