//! Who sees what the gateway tells of itself.
//!
//! Whoever is on the same machine and asks an address that only this machine reaches; whoever has
//! the operator's key; and for metrics alone, whoever reaches an address that is there for them.

use super::{metrics, page};
use crate::Inner;
use crate::machine;
use crate::reply::{self, Reply};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell::types::{Failure, FailureKind};
use hotcell_dialects::Dialect;
use http::header::{
    ALLOW, AUTHORIZATION, CONTENT_SECURITY_POLICY, HOST, HeaderMap, HeaderName, REFERRER_POLICY,
    WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};

/// Through which listener somebody comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// One that other machines may reach.
    Public,
    /// One that only this machine reaches.
    Loopback,
    /// One that is there for metrics.
    Metrics,
}

/// What there is to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// `/`
    Page,
    /// `/status.css`, which says nothing.
    Style,
    /// `/status.json`
    Status,
    /// `/audit.json`
    Audit,
    /// `/metrics`
    Metrics,
}

/// No script, nothing of another origin, and in nobody's frame.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);

/// What a path shows; none where it is of something else.
pub(crate) fn view(path: &str) -> Option<View> {
    Some(match path {
        "/" => View::Page,
        "/status.css" => View::Style,
        "/status.json" => View::Status,
        "/audit.json" => View::Audit,
        "/metrics" => View::Metrics,
        _ => return None,
    })
}

/// Shows it to whoever may see it.
pub(crate) async fn show(
    gateway: &std::sync::Arc<Inner>,
    view: View,
    head: &Parts,
    door: Door,
) -> Reply {
    if head.method != Method::GET && head.method != Method::HEAD {
        let failure = Failure::new(FailureKind::InvalidRequest, "this can be looked at with GET");
        let mut reply = reply::failure(Dialect::OpenAiChat, &failure);
        *reply.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        reply.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return reply;
    }
    let mut reply = match may_see(gateway, view, head, door) {
        false => {
            let why = "this is shown to whoever is on the same machine, or has the admin key";
            let has_key = gateway.control.access.has_operator() && door != Door::Metrics;
            let kind = match has_key {
                true => FailureKind::Authentication,
                false => FailureKind::Permission,
            };
            let mut reply = reply::failure(Dialect::OpenAiChat, &Failure::new(kind, why));
            if has_key {
                let asked = HeaderValue::from_static("Basic realm=\"hotcell\", charset=\"UTF-8\"");
                reply.headers_mut().insert(WWW_AUTHENTICATE, asked);
            }
            reply
        }
        true => match view {
            View::Page => page::html(gateway, head.uri.query() == Some("still")).await,
            View::Style => page::style(),
            View::Status => page::json(gateway).await,
            View::Audit => page::audit(gateway).await,
            View::Metrics => reply::text(metrics::MIME, metrics::expose(gateway)),
        },
    };
    let headers = reply.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let policy = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(policy, HeaderValue::from_static("same-origin"));
    reply::uncached(reply)
}

fn may_see(gateway: &Inner, view: View, head: &Parts, door: Door) -> bool {
    let status = gateway.runner.config().gateway.as_ref().and_then(|it| it.status.as_ref());
    let is_open = status.and_then(|status| status.loopback).unwrap_or(true);
    match door {
        _ if view == View::Style => true,
        Door::Metrics => view == View::Metrics,
        Door::Loopback if is_open && is_of_this_machine(head) => true,
        Door::Loopback | Door::Public => is_operator(gateway, &head.headers),
    }
}

/// Whether somebody has the operator's key: as a client of the admin API sends it, or as the
/// password of whatever user, which is what browsers ask people for.
fn is_operator(gateway: &Inner, headers: &HeaderMap) -> bool {
    let access = &gateway.control.access;
    let basic = || {
        let mut said = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (said.next(), said.next()) else { return None };
        let (scheme, rest) = value.to_str().ok()?.split_once(' ')?;
        let rest = scheme.eq_ignore_ascii_case("basic").then_some(rest)?;
        let both = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
        let (_, password) = both.split_once(':')?;
        let mut value = HeaderValue::try_from(format!("Bearer {password}")).ok()?;
        value.set_sensitive(true);
        Some(HeaderMap::from_iter([(AUTHORIZATION, value)]))
    };
    access.admit_operator(headers).is_ok()
        || basic().is_some_and(|headers| access.admit_operator(&headers).is_ok())
}

/// Whether a request that came to an address of this machine is also from it. A page of somebody
/// else's in a browser here would ask for a name of its own, which leads here; a proxy tells that
/// it is one. This closes the door to them, and opens it to nobody.
fn is_of_this_machine(head: &Parts) -> bool {
    let passed_on = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];
    if passed_on.iter().any(|name| head.headers.contains_key(*name)) {
        return false;
    }
    let said = head.headers.get(HOST).and_then(|host| host.to_str().ok());
    head.uri.authority().map(|it| it.as_str()).or(said).is_some_and(machine::is_here)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn head(host: &str, more: &[&str]) -> Parts {
        let mut request = Request::get("/").header("host", host);
        for name in more {
            request = request.header(*name, "x");
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_name_that_leads_here_is_not_this_machine() {
        for host in ["localhost:4000", "127.0.0.1:4000", "[::1]:4000", "LOCALHOST"] {
            assert!(is_of_this_machine(&head(host, &[])), "{host}");
        }
        for host in
            ["evil.example:4000", "localhost.evil.example", "10.0.0.1", "127.0.0.1.nip.io", ""]
        {
            assert!(!is_of_this_machine(&head(host, &[])), "{host}");
        }
        for name in ["x-forwarded-for", "Forwarded", "via"] {
            assert!(!is_of_this_machine(&head("localhost", &[name])), "{name}");
        }
    }
}
