//! A gateway that asks nobody for a key, at an address that this machine alone reaches.
//!
//! Whoever is on the machine may use it, and that is what is meant. A page of somebody else's in
//! a browser here is not: it may have its own name lead here (DNS rebinding), or ask across
//! origins. Its browser tells both, in `host` and `origin`. They only ever close the door; who
//! somebody is, nobody is asked here, and nowhere else do they say it.

use crate::ledger::refusal;
use hotcell::Error;
use hotcell::types::FailureKind;
use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::uri::{Authority, Uri};
use std::net::IpAddr;

/// Lets in who asks for this machine by a name that is its own, or one of `hosts`, and is no page
/// from elsewhere.
///
/// # Errors
/// `permission`.
pub(crate) fn admit(head: &Parts, hosts: &[String]) -> Result<(), Error> {
    let said = head.headers.get(HOST).map(|host| host.to_str().unwrap_or_default());
    let target = head.uri.authority().map(Authority::as_str);
    let is_ours = |name: &str| is_named(name, hosts);
    // Nobody's browser leaves it out.
    for name in said.into_iter().chain(target) {
        if !is_ours(name) {
            let message = format!(
                "this gateway asks nobody for a key, and is not known by the name `{}`; if it is \
                 meant, add it to `hosts` of [gateway], or make keys (`hotcell keys create`)",
                shown(name)
            );
            return Err(refusal(FailureKind::Permission, "host_not_allowed", message));
        }
    }
    for origin in head.headers.get_all(ORIGIN) {
        let origin = origin.to_str().unwrap_or_default();
        if !is_near(origin, hosts) {
            let message = format!(
                "this gateway asks nobody for a key, and takes nothing of the page at `{}`; if it \
                 is meant, add its host to `hosts` of [gateway], or make keys (`hotcell keys \
                 create`)",
                shown(origin)
            );
            return Err(refusal(FailureKind::Permission, "origin_not_allowed", message));
        }
    }
    Ok(())
}

/// Whether a `host` is this machine's, as only it can call itself.
pub(crate) fn is_here(host: &str) -> bool {
    is_named(host, &[])
}

fn is_named(host: &str, hosts: &[String]) -> bool {
    let Ok(host) = host.parse::<Authority>() else { return false };
    let is_plain = !host.as_str().contains('@');
    let host = host.host();
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    // An address is no name, so that nobody can have theirs lead here by it.
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let is_local = match address {
        Ok(address) => address.to_canonical().is_loopback() || address.is_unspecified(),
        // Nobody else can have these (RFC 6761).
        Err(_) => name == "localhost" || name.ends_with(".localhost"),
    };
    is_plain && (is_local || hosts.iter().any(|known| known.eq_ignore_ascii_case(&name)))
}

/// Whether an `origin` is no page from elsewhere. What is no page, such as an extension, has a
/// scheme that no page can have; `null` can be anybody's.
fn is_near(origin: &str, hosts: &[String]) -> bool {
    let Ok(uri) = origin.parse::<Uri>() else { return false };
    match (uri.scheme_str(), uri.authority()) {
        (Some("http" | "https"), Some(host)) => is_named(host.as_str(), hosts),
        (Some(_), Some(_)) => true,
        _ => false,
    }
}

fn shown(name: &str) -> String {
    name.chars().filter(char::is_ascii_graphic).take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn admitted(host: &str, origin: Option<&str>) -> bool {
        let mut request = Request::post("/v1/chat/completions").header("host", host);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let hosts = ["gateway.home".to_owned()];
        admit(&request.body(()).unwrap().into_parts().0, &hosts).is_ok()
    }

    #[test]
    fn this_machine_is_asked_for_by_its_own_names() {
        for host in [
            "localhost",
            "localhost:4000",
            "LocalHost:4000",
            "localhost.:4000",
            "me.localhost",
            "127.0.0.1:4000",
            "127.8.9.1",
            "[::1]:4000",
            "[::ffff:127.0.0.1]:4000",
            "0.0.0.0:4000",
            "gateway.home",
            "Gateway.Home:4000",
        ] {
            assert!(admitted(host, None), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:4000",
            "localhost.evil.example",
            "evil-localhost",
            "127.0.0.1.nip.io",
            "127.0.0.1.evil.example:4000",
            "localhost@evil.example",
            "evil.example@localhost",
            "10.0.0.1",
            "[::2]:4000",
            "a.gateway.home",
            "gateway.home.evil.example",
            "",
            ":4000",
        ] {
            assert!(!admitted(host, None), "{host}");
        }
    }

    #[test]
    fn a_page_from_elsewhere_is_not_of_this_machine() {
        for origin in [
            "http://localhost:3000",
            "https://127.0.0.1",
            "http://[::1]:8080",
            "https://gateway.home",
            "chrome-extension://abcdefghijklmnop",
            "vscode-webview://0b1c",
        ] {
            assert!(admitted("localhost:4000", Some(origin)), "{origin}");
        }
        for origin in [
            "null",
            "",
            "https://evil.example",
            "http://localhost.evil.example",
            "https://evil.example:4000",
            "http://10.0.0.1",
            "localhost",
            "//localhost",
            "http://",
        ] {
            assert!(!admitted("localhost:4000", Some(origin)), "{origin}");
        }
    }
}
