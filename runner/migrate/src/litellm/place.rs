//! Where a provider is: from LiteLLM's `api_base` to an endpoint.

use hotcell::catalogue::Provider;
use std::net::{IpAddr, Ipv6Addr};

/// A URL of a server, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) is_plain: bool,
    /// With its port.
    pub(super) authority: String,
    /// Without a `/` at its end.
    pub(super) path: String,
}

impl Place {
    /// # Errors
    /// What is wrong with it. The URL is not repeated: it may have a password in it.
    pub(super) fn parse(url: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = url.trim().split_once("://").ok_or("is no URL: `https://…` is one")?;
        let is_plain = match scheme.to_ascii_lowercase().as_str() {
            "http" => true,
            "https" => false,
            _ => return Err("is neither `https://` nor `http://`"),
        };
        if rest.contains('@') {
            return Err("has a user's name or password in it; a secret has to be named apart");
        }
        if rest.contains(['?', '#']) {
            return Err("has a query, which may be a secret; a secret has to be named apart");
        }
        let odd =
            |c: char| c.is_whitespace() || c.is_control() || matches!(c, '{' | '}' | '\\' | '"');
        if rest.contains(odd) {
            return Err("has a character in it that a URL cannot have");
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.is_empty() {
            return Err("names no host");
        }
        let path = path.trim_end_matches('/');
        let path = if path.is_empty() { String::new() } else { format!("/{path}") };
        Ok(Self { is_plain, authority: authority.to_ascii_lowercase(), path })
    }

    /// The host without its port.
    pub(super) fn host(&self) -> &str {
        match self.authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((v6, _)) => v6,
            None => self.authority.split(':').next().unwrap_or_default(),
        }
    }

    /// Where the path has this segment: the place of the `/` before it.
    fn segment(&self, name: &str) -> Option<usize> {
        let starts = self.path.match_indices('/').map(|(at, _)| at);
        starts.into_iter().find(|at| self.path[at + 1..].split('/').next() == Some(name))
    }

    fn origin(&self) -> String {
        let scheme = if self.is_plain { "http" } else { "https" };
        format!("{scheme}://{}", self.authority)
    }

    /// Whether egress will want to be told that this is not a public place, as far as its name
    /// shows.
    pub(super) fn is_private(&self) -> bool {
        let host = self.host();
        match host.parse::<IpAddr>() {
            Ok(IpAddr::V4(v4)) => {
                let [a, b, ..] = v4.octets();
                v4.is_private()
                    || v4.is_loopback()
                    || v4.is_link_local()
                    || v4.is_unspecified()
                    || (a == 100 && (64..128).contains(&b))
            }
            Ok(IpAddr::V6(v6)) => is_private_v6(v6),
            Err(_) => {
                const ENDINGS: &[&str] = &[
                    "localhost",
                    ".local",
                    ".internal",
                    ".lan",
                    ".home.arpa",
                    ".intranet",
                    ".corp",
                    ".svc",
                    ".test",
                ];
                !host.contains('.') || ENDINGS.iter().any(|ending| host.ends_with(ending))
            }
        }
    }

    /// The endpoint of an entry that has this for LiteLLM's `api_base`. Each protocol's paths
    /// begin elsewhere: LiteLLM's base has them in part, and a URL of ours without a path keeps
    /// the adapter's own.
    pub(super) fn endpoint(&self, entry: &Provider) -> String {
        let without = |endings: &[&str]| {
            let found = endings.iter().find_map(|ending| self.path.strip_suffix(ending));
            found.unwrap_or(&self.path).to_owned()
        };
        let (path, bare) = match entry.adapter.as_str() {
            "anthropic" => (without(&["/v1/messages", "/messages", "/v1"]), "/v1"),
            "ollama" => (without(&["/api/chat", "/api/generate", "/api"]), "/api"),
            "cohere" => {
                (without(&["/v1/chat", "/v2/chat", "/v2/embed", "/v1/embed", "/v2", "/v1"]), "")
            }
            "azure" => {
                let before = self.segment("openai").or_else(|| self.segment("models"));
                return format!(
                    "{}{}/",
                    self.origin(),
                    &self.path[..before.unwrap_or(self.path.len())]
                );
            }
            "gemini" | "bedrock" | "replicate" => (self.path.clone(), ""),
            "watsonx" | "databricks" => return format!("{}/", self.origin()),
            // What is asked is right below the base.
            _ => {
                let path =
                    without(&["/chat/completions", "/completions", "/embeddings", "/rerank"]);
                let slash = if path.is_empty() { "/" } else { "" };
                return format!("{}{path}{slash}", self.origin());
            }
        };
        match path.is_empty() {
            true => self.origin(),
            false => format!("{}{path}{bare}", self.origin()),
        }
    }
}

fn is_private_v6(v6: Ipv6Addr) -> bool {
    let first = v6.segments()[0];
    v6.is_loopback() || v6.is_unspecified() || first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80
}

/// Whether this endpoint is where the entry is anyway.
pub(super) fn is_usual(endpoint: &str, entry: &Provider) -> bool {
    // Elsewhere a variable may say where it is, unless it is said.
    if !entry.places.is_empty() {
        return false;
    }
    let plain = |url: &str| url.trim_end_matches('/').to_owned();
    let usual = match (entry.endpoints.get("api"), entry.adapter.as_str()) {
        (Some(url), _) => url.as_str(),
        (None, "anthropic") => "https://api.anthropic.com",
        (None, "gemini") => "https://generativelanguage.googleapis.com",
        (None, "cohere") => "https://api.cohere.com",
        (None, "jina") => "https://api.jina.ai/v1",
        (None, "voyage") => "https://api.voyageai.com/v1",
        (None, "replicate") => "https://api.replicate.com",
        _ => return false,
    };
    plain(endpoint) == plain(usual)
}

/// The part of a host that stands for `{NAME}` in an entry's endpoint: `eu` of
/// `https://eu.openai.azure.com` for `https://{resource}.openai.azure.com/`.
pub(super) fn part<'a>(place: &'a Place, entry: &Provider) -> Option<(String, &'a str)> {
    let template = entry.endpoints.get("api")?.strip_prefix("https://")?;
    let (before, rest) = template.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    let after = after.trim_end_matches('/');
    let part = place.authority.strip_prefix(before)?.strip_suffix(after)?;
    let is_label = !part.is_empty()
        && part
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || (c == '.' && after.is_empty()));
    (is_label && !place.is_plain).then(|| (name.to_owned(), part))
}

/// The setting that stands for a part of an entry's host: `resource` of
/// `https://{resource}.openai.azure.com/`.
pub(super) fn setting(entry: &Provider) -> Option<&str> {
    let (_, rest) = entry.endpoints.get("api")?.split_once('{')?;
    Some(rest.split_once('}')?.0)
}
