//! Headers that a guest may send, and what it may see of a response.

use crate::error::{EgressError, Rule};
use crate::limits::Limits;
use hotcell_manifest::HeaderPattern;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Names that no manifest can grant: who is asking, whom, on whose account, and
/// how the message is framed. An entry that ends in `-` stands for all names that
/// begin with it.
const FLOOR: &[&str] = &[
    // Credentials and identities.
    "authorization",
    "authentication",
    "proxy-",
    "cookie",
    "cookie2",
    "set-cookie",
    "x-api-key",
    "api-key",
    "apikey",
    "x-auth-",
    "x-goog-",
    "x-amz-",
    "x-amzn-",
    "x-ms-",
    "ocp-apim-",
    "x-access-token",
    "x-session-token",
    "x-functions-key",
    "x-subscription-token",
    "helicone-auth",
    "x-csrf-token",
    "openai-organization",
    "openai-project",
    "anthropic-organization",
    "x-organization",
    "x-project",
    "x-user-",
    // Where to, and on whose behalf.
    "host",
    "origin",
    "referer",
    "forwarded",
    "x-forwarded-",
    "x-original-",
    "x-rewrite-",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "fastly-",
    "x-envoy-",
    "x-host",
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    "via",
    "cf-",
    // Framing and connection.
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "content-encoding",
    "content-range",
    "range",
    "expect",
    "max-forwards",
    "http2-settings",
    "alt-used",
    // Egress's own.
    "accept-encoding",
    "user-agent",
];

/// Names that begin like some of the floor, and say only what is asked. A manifest can
/// grant each of them by its whole name.
const ABOVE: &[&str] = &[
    // Which of the account's guardrails a model is asked under.
    "x-amzn-bedrock-guardrailidentifier",
    "x-amzn-bedrock-guardrailversion",
    // The media type that a container answers in, and which of an endpoint's models is meant.
    "x-amzn-sagemaker-accept",
    "x-amzn-sagemaker-inference-component",
];

/// Whether no manifest can grant this name, which is in lower case. Many servers
/// do not tell `_` from `-`.
pub(crate) fn is_below_floor(name: &str) -> bool {
    let folded;
    let name = match name.contains('_') {
        true => {
            folded = name.replace('_', "-");
            &folded
        }
        false => name,
    };
    is_on_floor(name) && !ABOVE.contains(&name)
}

fn is_on_floor(name: &str) -> bool {
    // Every header of every request is looked for, and hardly one begins like it.
    let first = name.as_bytes().first();
    let mut near = FLOOR.iter().filter(|floor| floor.as_bytes().first() == first);
    near.any(|floor| match floor.ends_with('-') {
        true => name.starts_with(floor),
        false => name == *floor,
    })
}

/// Names that say how a message is framed, which neither a credential nor an
/// operator's header may carry.
pub(crate) fn is_framing(name: &str) -> bool {
    const FRAMING: &[&str] = &[
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    FRAMING.contains(&name)
}

/// Whether AWS reads a parameter of a query as part of a signature, as in links that carry
/// one.
pub(crate) fn is_of_a_signature(parameter: &str) -> bool {
    let folded = parameter.to_ascii_lowercase().replace('_', "-");
    folded.starts_with("x-amz-") || folded == "x-amz"
}

/// Whether a server could take the one name for the other.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    let fold = |byte: u8| if byte == b'_' { b'-' } else { byte };
    one.bytes().map(fold).eq(other.bytes().map(fold))
}

/// Whether a pattern of a manifest would grant a name of the floor.
pub(crate) fn reaches_floor(pattern: &HeaderPattern) -> bool {
    match pattern.as_str().strip_suffix('*') {
        Some(prefix) => {
            let prefix = prefix.replace('_', "-");
            is_on_floor(&prefix) || FLOOR.iter().any(|floor| floor.starts_with(&prefix))
        }
        None => is_below_floor(pattern.as_str()),
    }
}

/// Checks the headers that a guest wrote against the grant.
pub(crate) fn check(
    headers: Vec<(String, String)>,
    granted: &[HeaderPattern],
    credential: Option<&HeaderName>,
    limits: &Limits,
) -> Result<HeaderMap, EgressError> {
    if headers.len() > limits.request_headers {
        return Err(EgressError::denied(
            Rule::Limit,
            format!("{} headers; the limit is {}", headers.len(), limits.request_headers),
        ));
    }
    let bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > limits.request_header_bytes {
        return Err(EgressError::denied(
            Rule::Limit,
            format!("{bytes} bytes of headers; the limit is {}", limits.request_header_bytes),
        ));
    }
    let mut checked = HeaderMap::with_capacity(headers.len() + 4);
    for (name, value) in headers {
        let form = |why: &str| EgressError::denied(Rule::HeaderForm, format!("a header {why}"));
        // The parser takes upper case too, and folds it.
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| form("name is not a token of HTTP"))?;
        let visible = |byte: u8| byte == b'\t' || (b' '..=b'~').contains(&byte);
        if !value.bytes().all(visible) {
            return Err(form(&format!("value of `{name}` has a control or non-ASCII character")));
        }
        if is_below_floor(name.as_str())
            || credential.is_some_and(|own| is_same(own.as_str(), name.as_str()))
        {
            return Err(EgressError::denied(
                Rule::HeaderFloor,
                format!("no adapter may send the header `{name}`"),
            ));
        }
        if !granted.iter().any(|pattern| pattern.matches(name.as_str())) {
            return Err(EgressError::denied(
                Rule::Header,
                format!("the grant has no request header `{name}`"),
            ));
        }
        let value = HeaderValue::from_str(&value).map_err(|_| form("value is not of HTTP"))?;
        checked.append(name, value);
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(name: &str, value: &str, granted: &[&str]) -> Result<HeaderMap, EgressError> {
        let granted: Vec<HeaderPattern> =
            granted.iter().map(|pattern| pattern.parse().unwrap()).collect();
        let headers = vec![(name.to_owned(), value.to_owned())];
        check(
            headers,
            &granted,
            Some(&HeaderName::from_static("x-secret-name")),
            &Limits::default(),
        )
    }

    #[test]
    fn the_floor_holds_whatever_is_granted() {
        for name in [
            "Host",
            "authorization",
            "Authorization",
            "X-API-Key",
            "cookie",
            "Proxy-Connection",
            "proxy-authorization",
            "transfer-encoding",
            "content-length",
            "openai-organization",
            "x-forwarded-host",
            "accept-encoding",
            "connection",
            "upgrade",
            "x-amz-security-token",
            "x_api_key",
            "X_Forwarded_For",
        ] {
            let error = checked(name, "x", &[&name.to_lowercase()]).unwrap_err();
            assert_eq!(error.rule, Some(Rule::HeaderFloor), "{name}");
        }
        let error = checked("X-Secret-Name", "x", &["x-secret-name"]).unwrap_err();
        assert_eq!(error.rule, Some(Rule::HeaderFloor));
    }

    #[test]
    fn what_is_not_granted_is_refused() {
        assert_eq!(checked("x-other", "1", &["accept"]).unwrap_err().rule, Some(Rule::Header));
        assert!(checked("Accept", "text/event-stream", &["accept"]).is_ok());
    }

    #[test]
    fn what_is_not_http_is_refused() {
        for (name, value) in [
            ("", "x"),
            ("a b", "x"),
            ("a:", "x"),
            ("a\r\nhost", "x"),
            ("a\0", "x"),
            ("é", "x"),
            ("accept", "x\r\nhost: evil"),
            ("accept", "x\ny"),
            ("accept", "\0"),
            ("accept", "é"),
            ("accept", "\u{7f}"),
            (":authority", "evil"),
            ("(accept)", "x"),
        ] {
            let error = checked(name, value, &["accept"]).unwrap_err();
            assert_eq!(error.rule, Some(Rule::HeaderForm), "{name:?}: {value:?}");
        }
    }

    #[test]
    fn patterns_that_reach_below_the_floor_are_seen() {
        for pattern in [
            "authorization",
            "x-forwarded-*",
            "proxy-authorization",
            "x-amz-*",
            "x-*",
            "x_forwarded-*",
            "content_length",
        ] {
            assert!(reaches_floor(&pattern.parse().unwrap()), "{pattern}");
        }
        // A prefix that many names begin with grants more than those that are above.
        for pattern in ["x-amzn-bedrock-*", "x-amzn-sagemaker-*", "x-amzn-sagemaker-acceptx"] {
            assert!(reaches_floor(&pattern.parse().unwrap()), "{pattern}");
        }
        let granted =
            ["accept", "anthropic-beta", "x-amzn-bedrock-guardrailversion", "x-stainless-*"];
        for pattern in granted.into_iter().chain(["x-amzn-sagemaker-accept"]) {
            assert!(!reaches_floor(&pattern.parse().unwrap()), "{pattern}");
        }
    }

    #[test]
    fn floods_are_refused() {
        let many = vec![("accept".to_owned(), "x".to_owned()); 33];
        let granted = ["accept".parse().unwrap()];
        let refused =
            |headers| check(headers, &granted, None, &Limits::default()).unwrap_err().rule;
        assert_eq!(refused(many), Some(Rule::Limit));
        assert_eq!(refused(vec![("accept".to_owned(), "x".repeat(20_000))]), Some(Rule::Limit));
    }
}
