//! The pattern language of grants: small enough for its whole meaning to stand
//! in the table of tests below.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An HTTP method that an adapter can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names are the methods of RFC 9110")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// The method as it stands in a request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A method and a path pattern: `POST /chat/completions`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rule {
    /// The method.
    pub method: Method,
    /// The path below the endpoint's base.
    pub path: PathPattern,
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (method, path) = text
            .split_once(' ')
            .ok_or_else(|| format!("`{text}` is not a rule: expected METHOD /path"))?;
        let method = match method {
            "GET" => Method::Get,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "PATCH" => Method::Patch,
            "DELETE" => Method::Delete,
            other => {
                return Err(format!(
                    "`{other}` is not a method that can be granted: GET, POST, PUT, PATCH or DELETE"
                ));
            }
        };
        Ok(Self { method, path: PathPattern::parse(path)? })
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// A path of literal segments and placeholders. `{name}` stands for exactly
/// one segment that is not empty; text may stand before or behind it in the
/// segment, as in `/models/{model}:generateContent`.
///
/// `{name:arn}` has its segment for itself, and may also stand for the name of an AWS
/// resource ([`is_resource_name`]), whose slashes are percent-encoded. No other segment
/// may hide a slash.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PathPattern {
    text: String,
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Segment {
    before: String,
    /// What follows the placeholder; none where the segment is literal.
    after: Option<String>,
    /// The placeholder may stand for the name of an AWS resource.
    resource: bool,
}

/// Whether a decoded segment is the name of an AWS resource (ARN) with slashes in it, such
/// as `arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.vendor.model-v1:0`
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>).
///
/// Even a server that decodes the slashes before it looks finds nothing that could be read
/// in another way: no part between them is empty or made of dots alone, and the first
/// begins with `arn:`, as no path of a service does.
pub fn is_resource_name(segment: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
    let mut parts = segment.split('/');
    let name = parts.next().and_then(|first| first.strip_prefix("arn:"));
    // Partition, service, region and account come before what a slash can stand in.
    let fields = name.is_some_and(|name| name.split(':').count() >= 5);
    fields
        && segment
            .split('/')
            .all(|part| part.chars().all(good) && !part.trim_matches('.').is_empty())
}

impl PathPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// A sentence for the author, where the pattern could be read in two ways.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bad = |why: &str| format!("the path `{text}` {why}");
        let rest = text.strip_prefix('/').ok_or_else(|| bad("does not start with `/`"))?;
        let segments = rest
            .split('/')
            .map(|segment| {
                let literal = |part: &str| {
                    let good = |c: char| c.is_ascii_alphanumeric() || "-._~:@".contains(c);
                    part.chars().all(good).then(|| part.to_owned()).ok_or_else(|| {
                        bad("may hold only letters, digits, `-._~:@` and one {placeholder} a segment")
                    })
                };
                if matches!(segment, "" | "." | "..") {
                    return Err(bad("has an empty or dot segment"));
                }
                match segment.split_once('{') {
                    None => {
                        Ok(Segment { before: literal(segment)?, after: None, resource: false })
                    }
                    Some((before, rest)) => {
                        let (name, after) =
                            rest.split_once('}').ok_or_else(|| bad("has a `{` without its `}`"))?;
                        let (name, resource) = match name.strip_suffix(":arn") {
                            Some(name) => (name, true),
                            None => (name, false),
                        };
                        if !is_plain_name(name) {
                            return Err(bad("has a placeholder without a plain name"));
                        }
                        if resource && !(before.is_empty() && after.is_empty()) {
                            return Err(bad("has a placeholder for an ARN that is not alone"));
                        }
                        let (before, after) = (literal(before)?, Some(literal(after)?));
                        Ok(Segment { before, after, resource })
                    }
                }
            })
            .collect::<Result<_, String>>()?;
        Ok(Self { text: text.to_owned(), segments })
    }

    /// Whether the pattern has no placeholder.
    pub fn is_literal(&self) -> bool {
        self.segments.iter().all(|segment| segment.after.is_none())
    }

    /// Whether every segment is a placeholder and nothing else, so that the pattern says no
    /// more than how long a path is.
    pub fn is_wildcard(&self) -> bool {
        let open = |segment: &Segment| {
            segment.before.is_empty() && segment.after.as_ref().is_some_and(String::is_empty)
        };
        self.segments.iter().all(open)
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern covers these decoded path segments.
    pub fn matches<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> bool {
        let mut segments = segments.into_iter();
        let all = self.segments.iter().all(|pattern| {
            segments.next().is_some_and(|segment| match &pattern.after {
                None => segment == pattern.before,
                Some(after) => segment
                    .strip_prefix(pattern.before.as_str())
                    .and_then(|rest| rest.strip_suffix(after.as_str()))
                    .is_some_and(|middle| {
                        let hides = middle.contains('/');
                        !middle.is_empty()
                            && (!hides || pattern.resource && is_resource_name(middle))
                    }),
            })
        });
        all && segments.next().is_none()
    }
}

impl Rule {
    /// Whether whatever the other covers is covered by this.
    pub fn covers(&self, other: &Self) -> bool {
        self.method == other.method && self.path.covers(&other.path)
    }
}

impl PathPattern {
    /// Whether whatever the other covers is covered by this.
    pub fn covers(&self, other: &Self) -> bool {
        let covered = |(wide, narrow): (&Segment, &Segment)| match (&wide.after, &narrow.after) {
            (None, None) => wide.before == narrow.before,
            (None, Some(_)) => false,
            (Some(after), None) => narrow
                .before
                .strip_prefix(wide.before.as_str())
                .and_then(|rest| rest.strip_suffix(after.as_str()))
                .is_some_and(|middle| !middle.is_empty()),
            (Some(after), Some(narrow_after)) => {
                narrow.before.starts_with(wide.before.as_str())
                    && narrow_after.ends_with(after)
                    && (wide.resource || !narrow.resource)
            }
        };
        self.segments.len() == other.segments.len()
            && self.segments.iter().zip(&other.segments).all(covered)
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A header name, or the beginning of one followed by `*`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HeaderPattern {
    text: String,
}

impl HeaderPattern {
    /// The pattern as it was written, in lower case.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern covers this header name, which must be in lower case.
    pub fn matches(&self, name: &str) -> bool {
        match self.text.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix) && name.len() > prefix.len(),
            None => name == self.text,
        }
    }
}

impl HeaderPattern {
    /// Whether whatever the other covers is covered by this.
    pub fn covers(&self, other: &Self) -> bool {
        match (self.text.strip_suffix('*'), other.text.strip_suffix('*')) {
            (Some(wide), Some(narrow)) => narrow.starts_with(wide),
            (None, Some(_)) => false,
            (_, None) => self.matches(&other.text),
        }
    }
}

impl FromStr for HeaderPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.strip_suffix('*').unwrap_or(text);
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        // A bare `*`, or `x*`, would grant more than its author can have meant.
        let long_enough = if name.len() < text.len() { name.ends_with('-') } else { true };
        if name.is_empty() || !name.chars().all(good) || !long_enough {
            return Err(format!(
                "`{text}` is not a header name in lower case, nor a prefix like `x-ratelimit-*`"
            ));
        }
        Ok(Self { text: text.to_owned() })
    }
}

impl fmt::Display for HeaderPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

pub(crate) fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

macro_rules! text_form {
    ($($type:ident),*) => {$(
        impl TryFrom<String> for $type {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.to_string()
            }
        }
    )*};
}

impl FromStr for PathPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
}

text_form!(Rule, PathPattern, HeaderPattern);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_patterns_mean_what_the_table_says() {
        let table: &[(&str, &[&str], &[&str])] = &[
            (
                "/chat/completions",
                &["/chat/completions"],
                &["/chat", "/chat/completions/", "/chat/completions/x", "/Chat/completions", "/"],
            ),
            (
                "/models/{id}",
                &["/models/a", "/models/a:b"],
                &["/models", "/models/", "/models/a/b"],
            ),
            (
                "/models/{m}:generate",
                &["/models/x:generate", "/models/a:b:generate"],
                &["/models/:generate", "/models/x:delete", "/models/x:generate2"],
            ),
        ];
        for (pattern, yes, no) in table {
            let parsed = PathPattern::parse(pattern).unwrap();
            for (path, expected) in
                yes.iter().map(|p| (p, true)).chain(no.iter().map(|p| (p, false)))
            {
                let segments = path.trim_start_matches('/').split('/');
                assert_eq!(parsed.matches(segments), expected, "{pattern} against {path}");
            }
        }
    }

    const PROFILE: &str =
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.vendor.model-v1:0";

    #[test]
    fn only_a_placeholder_for_an_arn_stands_for_a_hidden_slash() {
        let pattern = |text: &str| PathPattern::parse(text).unwrap();
        let arn = pattern("/model/{id:arn}/converse");
        assert!(arn.matches(["model", PROFILE, "converse"]));
        assert!(arn.matches(["model", "vendor.model-v1:0", "converse"]));
        assert!(!arn.matches(["model", "", "converse"]));
        let plain = pattern("/model/{id}/converse");
        assert!(plain.matches(["model", "vendor.model-v1:0", "converse"]));
        assert!(!plain.matches(["model", PROFILE, "converse"]));
        assert!(!pattern("/model/{id:arn}").matches(["model", PROFILE, "converse"]));
        for hostile in [
            "a/b",
            "/",
            "x/../files",
            "../files",
            "arn:/x",
            "arn:aws/../../files",
            "arn:aws:s:r:1:t/../files",
            "arn:aws:s:r:1:t/..",
            "arn:aws:s:r:1:t/.",
            "arn:aws:s:r:1:t/",
            "arn:aws:s:r:1:t//x",
            "arn:aws:s:r:1:t/x/",
            "arn:aws:s:r:1:t/x?y=1",
            "arn:aws:s:r:1:t/x#y",
            "arn:aws:s:r:1:t/x%2fy",
            "arn:aws:s:r:1:t/x\\y",
            "arn:aws:s:r:1:t/x y",
            "arn:aws:s:r:1:t/x;y",
            "arn:aws:s:r:1:t/x@evil.example",
            "arn:aws:s:r:1:t/\u{e9}",
            "arn:aws:s:r:1:t/\0",
            "ARN:aws:s:r:1:t/x",
            "xarn:aws:s:r:1:t/x",
            "/arn:aws:s:r:1:t/x",
        ] {
            assert!(!arn.matches(["model", hostile, "converse"]), "{hostile:?}");
            assert!(!is_resource_name(hostile), "{hostile:?}");
        }
    }

    #[test]
    fn ambiguous_path_patterns_are_refused() {
        for bad in [
            "/x{a:arn}",
            "/{a:arn}x",
            "/{:arn}",
            "/{a:arnx}",
            "/{a:ARN}",
            "/{a:arn:arn}",
            "",
            "v1",
            "/",
            "//",
            "/v1/",
            "/../x",
            "/./x",
            "/a%2fb",
            "/a?b",
            "/a#b",
            "/*",
            "/{}",
            "/{a}{b}",
            "/{a",
            "/a}",
            "/a b",
            "/a\\b",
            "/é",
        ] {
            assert!(PathPattern::parse(bad).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn a_pattern_covers_what_matches_no_more_than_it_does() {
        for (wide, narrow, covered) in [
            ("/a/b", "/a/b", true),
            ("/a/b", "/a/c", false),
            ("/a/{x}", "/a/b", true),
            ("/a/b", "/a/{x}", false),
            ("/{x}", "/a/b", false),
            ("/{x}/b", "/{y}/b", true),
            ("/m/{x}:go", "/m/one:go", true),
            ("/m/{x}:go", "/m/:go", false),
            ("/m/{x}", "/m/{y}:go", true),
            ("/m/{x}:go", "/m/{y}", false),
            ("/m/v{x}", "/m/v1{y}", true),
            ("/m/{x:arn}", "/m/{y:arn}", true),
            ("/m/{x:arn}", "/m/{y}", true),
            ("/m/{x:arn}", "/m/y", true),
            ("/m/{x}", "/m/{y:arn}", false),
        ] {
            let pattern = |text: &str| PathPattern::parse(text).unwrap();
            assert_eq!(pattern(wide).covers(&pattern(narrow)), covered, "{wide} {narrow}");
        }
        for (wide, narrow, covered) in [
            ("accept", "accept", true),
            ("accept", "x-a", false),
            ("x-a-*", "x-a-b", true),
            ("x-a-*", "x-a-b-*", true),
            ("x-a-b-*", "x-a-*", false),
            ("x-a-b", "x-a-*", false),
        ] {
            let pattern = |text: &str| text.parse::<HeaderPattern>().unwrap();
            assert_eq!(pattern(wide).covers(&pattern(narrow)), covered, "{wide} {narrow}");
        }
    }

    #[test]
    fn header_patterns_mean_what_the_table_says() {
        let exact: HeaderPattern = "retry-after".parse().unwrap();
        assert!(exact.matches("retry-after"));
        assert!(!exact.matches("retry-after-ms"));
        let prefix: HeaderPattern = "x-ratelimit-*".parse().unwrap();
        assert!(prefix.matches("x-ratelimit-limit"));
        assert!(!prefix.matches("x-ratelimit-"));
        assert!(!prefix.matches("x-rate"));
        for bad in ["*", "x*", "Retry-After", "", "a b", "a:", "x-*-y"] {
            assert!(bad.parse::<HeaderPattern>().is_err(), "{bad:?} was accepted");
        }
    }
}
