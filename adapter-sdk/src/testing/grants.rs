//! What a script lets the adapter do.

use crate::Failure;
use crate::wall::Request;
use std::collections::BTreeSet;

#[derive(Clone, Debug, Default)]
pub(super) struct Grants {
    pub(super) endpoints: BTreeSet<String>,
    #[cfg(feature = "manifest")]
    pub(super) manifest: Option<hotcell_manifest::Manifest>,
}

impl Grants {
    pub(super) fn has(&self, endpoint: &str) -> bool {
        #[cfg(feature = "manifest")]
        if let Some(manifest) = &self.manifest {
            return manifest.endpoints.contains_key(endpoint);
        }
        self.endpoints.contains(endpoint) || (self.endpoints.is_empty() && endpoint == "api")
    }
}

/// Without a manifest, everything that an endpoint can be asked is granted.
#[cfg(not(feature = "manifest"))]
impl Grants {
    #[expect(clippy::unnecessary_wraps, reason = "with a manifest it can fail")]
    pub(super) fn check(&self, _endpoint: &str, _request: &Request) -> Result<(), Failure> {
        Ok(())
    }

    pub(super) fn shows(&self, _endpoint: &str, _header: &str) -> bool {
        true
    }

    pub(super) fn default_of(&self, _setting: &str) -> Option<String> {
        None
    }
}

#[cfg(feature = "manifest")]
impl Grants {
    fn of(&self, endpoint: &str) -> Option<&hotcell_manifest::Endpoint> {
        self.manifest.as_ref()?.endpoints.get(endpoint)
    }

    /// Fails where the manifest does not cover a request. Egress does the same and
    /// more; this is for an author to find a forgotten line early.
    pub(super) fn check(&self, endpoint: &str, request: &Request) -> Result<(), Failure> {
        let Some(grant) = self.of(endpoint) else { return Ok(()) };
        let denied = |what: &str, name: &str| {
            let why = format!("adapter.toml does not list the {what} `{name}`");
            Err(Failure::new(crate::FailureKind::Denied, why))
        };
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let method = method_name(request.method);
        let covered = grant.allow.iter().any(|rule| {
            let segments = path.strip_prefix('/').map(|path| path.split('/'));
            rule.method.as_str() == method
                && segments.is_some_and(|segments| rule.path.matches(segments))
        });
        if !covered {
            return denied("request", &format!("{method} {path}"));
        }
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let name = parameter.split('=').next().unwrap_or_default().replace("%5B%5D", "[]");
            if !grant.query.contains(&name) {
                return denied("parameter", &name);
            }
        }
        for header in &request.headers {
            let name = header.name.to_ascii_lowercase();
            if !grant.request_headers.iter().any(|pattern| pattern.matches(&name)) {
                return denied("header", &name);
            }
        }
        Ok(())
    }

    pub(super) fn shows(&self, endpoint: &str, header: &str) -> bool {
        let Some(grant) = self.of(endpoint) else { return true };
        grant.response_headers.iter().any(|pattern| pattern.matches(header))
    }

    pub(super) fn default_of(&self, setting: &str) -> Option<String> {
        self.manifest.as_ref()?.settings.get(setting)?.default.clone()
    }
}

#[cfg(feature = "manifest")]
fn method_name(method: crate::Method) -> &'static str {
    use crate::Method;
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    }
}
