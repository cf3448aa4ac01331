//! An access key, and what it does to a request.

use super::sign::{Scope, Unsigned, sign};
use crate::credential::Secret;
use crate::error::EgressError;
use crate::identity::failed;
use bytes::Bytes;
use hotcell_manifest::Auth;
use http::request;
use http::uri::Scheme;
use secrecy::ExposeSecret as _;
use std::time::SystemTime;

/// Of one part of a key. AWS names no limit of session tokens; they have 1 to 4 kB.
const LONGEST: usize = 16 * 1024;

/// An access key. The session token and the end of its validity belong to keys that are
/// given out for some hours.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub(super) id: Secret,
    pub(super) secret: Secret,
    pub(super) token: Option<Secret>,
    pub(super) expires: Option<SystemTime>,
}

impl Keys {
    /// None where one is missing, or has something that no header can carry.
    pub(super) fn new(
        id: Option<Secret>,
        secret: Option<Secret>,
        token: Option<Secret>,
        expires: Option<SystemTime>,
    ) -> Option<Self> {
        let (id, secret) = (id.filter(is_sendable)?, secret.filter(is_sendable)?);
        let token = token.filter(|token| !token.expose_secret().is_empty());
        match token.as_ref().is_none_or(is_sendable) {
            true => Some(Self { id, secret, token, expires }),
            false => None,
        }
    }

    /// Those that the provider's secrets are.
    pub(super) fn configured(
        secret: impl Fn(&str) -> Option<Secret>,
    ) -> Result<Option<Self>, EgressError> {
        let (id, key) = (secret("aws-access-key-id"), secret("aws-secret-access-key"));
        if id.is_none() && key.is_none() {
            return Ok(None);
        }
        Self::new(id, key, secret("aws-session-token"), None).map(Some).ok_or_else(|| {
            failed(
                "`aws-access-key-id` and `aws-secret-access-key` belong together, and one is \
                    not there",
            )
        })
    }

    /// What must not come back. The id alone is no secret, and is none of anybody's business.
    pub(in super::super) fn sensitive(&self) -> Vec<Secret> {
        let all = [Some(&self.id), Some(&self.secret), self.token.as_ref()];
        all.into_iter().flatten().cloned().collect()
    }

    /// Signs a request that is complete but for this, and gives what a provider could tell
    /// of the signature.
    pub(in super::super) fn apply(
        &self,
        auth: &Auth,
        request: &mut request::Parts,
        body: &Bytes,
        now: SystemTime,
    ) -> Result<Vec<Secret>, EgressError> {
        let Auth::AwsSigv4 { service, region } = auth else {
            return Err(failed("a signature of AWS's goes to nobody else"));
        };
        let host = host_of(request);
        let unsigned = Unsigned {
            method: request.method.as_str(),
            host: &host,
            path: request.uri.path(),
            query: request.uri.query(),
            headers: &request.headers,
            body,
        };
        let signed = sign(&unsigned, self, Scope { region, service }, now)
            .ok_or_else(|| failed("the keys have characters that no header can carry"))?;
        for (name, value) in signed.headers {
            request.headers.insert(name, value);
        }
        Ok(signed.sensitive)
    }
}

/// The header `host` as the client writes it: without the scheme's own port.
fn host_of(request: &request::Parts) -> String {
    let usual = match request.uri.scheme() {
        Some(scheme) if *scheme == Scheme::HTTP => 80,
        _ => 443,
    };
    let host = request.uri.host().unwrap_or_default();
    match request.uri.port_u16().filter(|port| *port != usual) {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Whether a header can carry it.
pub(super) fn is_sendable(secret: &Secret) -> bool {
    let text = secret.expose_secret();
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether it is the name of a region, and part of a host's name at the most.
pub(super) fn is_region(region: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=32).contains(&region.len())
        && region.bytes().all(plain)
        && !region.starts_with('-')
        && !region.ends_with('-')
}
