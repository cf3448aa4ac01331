//! Pages in browsers that may use the gateway, and what their browsers are told of it (CORS,
//! <https://fetch.spec.whatwg.org/#http-cors-protocol>).
//!
//! No browser sends a key of its own accord, and there is no cookie: a page has to have a key, and
//! can then do what any other client can. So no page is let in by being named; a browser is only
//! told that the page may read the answer. The status page and the admin API are not for pages
//! from elsewhere.

use crate::body::Body;
use crate::error::GatewayError;
use crate::reply::Reply;
use crate::{admin, route, seeing};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::request::Parts;
use http::uri::{Scheme, Uri};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};

/// For how many seconds a browser need not ask again: the longest that all of them heed.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");
/// Asked where a page on the internet reaches into a private network, or to this machine
/// (<https://wicg.github.io/private-network-access/>).
const REQUEST_PRIVATE: HeaderName =
    HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// The pages that may.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    every: bool,
    named: Vec<String>,
}

/// A page that may, which asks.
pub(crate) struct Page {
    origin: HeaderValue,
}

impl Origins {
    /// Those of `origins` in `[gateway]`.
    ///
    /// # Errors
    /// What is no origin, and any at all where nobody is asked for a key: whoever looks at such a
    /// page would use what the gateway's owner pays for.
    pub(crate) fn of(said: &[String], is_open: bool) -> Result<Self, GatewayError> {
        let named = said.iter().filter(|origin| *origin != "*");
        let named = named.map(|origin| normal(origin)).collect::<Result<_, _>>()?;
        if is_open && !said.is_empty() {
            let message = "a page from elsewhere needs a key, and this gateway asks nobody for \
                           one; make keys (`hotcell keys create`), or name hosts of your own \
                           pages as `hosts`";
            return Err(GatewayError::Origins(message.to_owned()));
        }
        Ok(Self { every: said.iter().any(|origin| origin == "*"), named })
    }

    /// The page that asks, if one does, and may.
    pub(crate) fn page(&self, path: &str, headers: &HeaderMap) -> Option<Page> {
        if !self.every && self.named.is_empty() {
            return None;
        }
        let mut origins = headers.get_all(ORIGIN).iter();
        let (origin, None) = (origins.next()?, origins.next()) else { return None };
        let is_named =
            |origin: &str| self.named.iter().any(|known| known.eq_ignore_ascii_case(origin));
        let may = self.every || origin.to_str().is_ok_and(is_named);
        let is_api = seeing::view(path).is_none() && !admin::is_for(path);
        (may && is_api).then(|| Page { origin: origin.clone() })
    }
}

/// An origin as browsers write it: in lower case, without the port that its scheme has anyway.
fn normal(said: &str) -> Result<String, GatewayError> {
    let wrong = || {
        let message = format!(
            "`{}` is no origin: write `https://app.example.com`, with a port where it has one and \
             without a path, or `*` for every page",
            said.escape_debug()
        );
        GatewayError::Origins(message)
    };
    let uri: Uri = said.parse().map_err(|_| wrong())?;
    let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
        return Err(wrong());
    };
    let is_whole = uri.path() == "/" && uri.query().is_none() && !said.ends_with('/');
    if !is_whole || authority.as_str().contains('@') {
        return Err(wrong());
    }
    let usual = match scheme {
        scheme if *scheme == Scheme::HTTPS => Some(443),
        scheme if *scheme == Scheme::HTTP => Some(80),
        _ => None,
    };
    let host = match authority.port_u16() {
        Some(port) if Some(port) == usual => authority.host(),
        _ => authority.as_str(),
    };
    Ok(format!("{scheme}://{host}").to_ascii_lowercase())
}

impl Page {
    /// The answer to its browser, where that asks whether it may ask; none where it asks for
    /// something else, or for what there is not.
    pub(crate) fn preflight(&self, head: &Parts) -> Option<Reply> {
        let wanted = head.headers.get(ACCESS_CONTROL_REQUEST_METHOD)?;
        let method = Method::from_bytes(wanted.as_bytes()).ok()?;
        if head.method != Method::OPTIONS || route::find(&method, head.uri.path()).is_err() {
            return None;
        }
        let mut reply = Response::new(Body::whole(Vec::new()));
        *reply.status_mut() = StatusCode::NO_CONTENT;
        let headers = reply.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, wanted.clone());
        // Each dialect has headers of its own, and so has each SDK; all of them are read as any
        // other client's.
        if let Some(names) = head.headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
        }
        if head.headers.contains_key(REQUEST_PRIVATE) {
            headers.insert(ALLOW_PRIVATE, HeaderValue::from_static("true"));
        }
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        Some(reply)
    }

    /// Tells its browser that it may read an answer, with all of its headers.
    pub(crate) fn tell(self, headers: &mut HeaderMap) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, self.origin);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("*"));
        headers.append(VARY, HeaderValue::from_static("origin"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(said: &[&str], origin: &str) -> bool {
        let said: Vec<String> = said.iter().map(|said| (*said).to_owned()).collect();
        let origins = Origins::of(&said, false).unwrap();
        let headers = HeaderMap::from_iter([(ORIGIN, origin.parse().unwrap())]);
        origins.page("/v1/chat/completions", &headers).is_some()
    }

    #[test]
    fn an_origin_is_its_scheme_its_host_and_its_port() {
        let said = ["https://App.example.com:443", "http://localhost:3000", "app://x"];
        for origin in ["https://app.example.com", "http://localhost:3000", "app://x"] {
            assert!(may(&said, origin), "{origin}");
        }
        for origin in [
            "http://app.example.com",
            "https://app.example.com:8443",
            "https://app.example.com.evil.example",
            "https://evil.example/https://app.example.com",
            "https://sub.app.example.com",
            "http://localhost",
            "null",
            "*",
        ] {
            assert!(!may(&said, origin), "{origin}");
            assert!(may(&["*"], origin), "{origin}");
            assert!(!may(&[], origin), "{origin}");
        }
    }

    #[test]
    fn what_is_no_origin_is_told() {
        for said in ["app.example.com", "https://a/b", "https://a/", "https://u@a", "", "a b", "/"]
        {
            let error = Origins::of(&[said.to_owned()], false).unwrap_err().to_string();
            assert!(error.contains("is no origin"), "{said}: {error}");
        }
        let error = Origins::of(&["*".to_owned()], true).unwrap_err().to_string();
        assert!(error.contains("needs a key"), "{error}");
    }
}
