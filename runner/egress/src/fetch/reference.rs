//! The name of an artifact in a registry.

use super::{FetchError, FetchErrorKind, Permits, Place};
use hotcell_manifest::Digest;
use std::fmt;
use std::str::FromStr;

const SCHEME: &str = "oci://";
/// A repository's name may be no longer, with the registry's (distribution specification).
const NAME: usize = 255;
/// And a tag no longer than this.
const TAG: usize = 128;

/// An artifact in a registry: `oci://ghcr.io/acme/echo:1.2`, by tag, by the digest of its
/// manifest, or by both, of which the digest then decides.
///
/// There is no tag that is meant where none is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The host, with a port if it has one.
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl FromStr for Reference {
    type Err = FetchError;

    fn from_str(text: &str) -> Result<Self, FetchError> {
        // The text may hold a password: it is only repeated once it is known to have none.
        let refused = |why: String| {
            FetchError::new(FetchErrorKind::Source, format!("the reference {why}")).with_help(
                "expected one such as oci://ghcr.io/acme/echo:1.2 or \
                 oci://ghcr.io/acme/echo@sha256:…",
            )
        };
        let rest = text
            .strip_prefix(SCHEME)
            .ok_or_else(|| refused(format!("does not begin with {SCHEME}")))?;
        let (registry, rest) = rest
            .split_once('/')
            .ok_or_else(|| refused("has no repository behind its registry".to_owned()))?;
        if registry.contains('@') {
            return Err(refused(
                "holds a user name or password; `--credential SOURCE` says where one is".to_owned(),
            ));
        }
        let place = Place::read(&format!("https://{registry}/"));
        if !place.is_ok_and(|place| place.host.as_str() == registry) {
            return Err(refused("has a registry that is not a host".to_owned()));
        }
        let (name, digest) = match rest.split_once('@') {
            Some((name, digest)) => {
                let digest = digest
                    .parse()
                    .map_err(|_| refused("has no digest behind its `@`".to_owned()))?;
                (name, Some(digest))
            }
            None => (rest, None),
        };
        let (repository, tag) = match name.split_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (name, None),
        };
        if !is_repository(repository) || registry.len() + repository.len() > NAME {
            return Err(refused(
                "has a repository that is none: lower-case letters, digits and `.`, `_`, `-` \
                 between them, in parts with `/` between them"
                    .to_owned(),
            ));
        }
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(refused("has a tag that is none".to_owned()));
        }
        if tag.is_none() && digest.is_none() {
            return Err(refused(
                "says neither which tag nor which digest, and none is meant by that".to_owned(),
            ));
        }
        Ok(Self {
            registry: registry.to_ascii_lowercase(),
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest,
        })
    }
}

impl Reference {
    /// The same, by the digest of the manifest that it was found to mean.
    #[must_use]
    pub fn at(&self, manifest: Digest) -> Self {
        Self { digest: Some(manifest), ..self.clone() }
    }

    /// The same without the digest that it was found to mean: what its tag means now. One
    /// without a tag means what it meant.
    #[must_use]
    pub fn anew(&self) -> Self {
        let digest = self.digest.filter(|_| self.tag.is_none());
        Self { digest, ..self.clone() }
    }

    pub(super) fn digest(&self) -> Option<Digest> {
        self.digest
    }

    pub(super) fn repository(&self) -> &str {
        &self.repository
    }

    /// What stands at the end of a manifest's path.
    pub(super) fn version(&self) -> String {
        let digest = self.digest.map(|digest| digest.to_string());
        digest.or_else(|| self.tag.clone()).unwrap_or_default()
    }

    /// The registry, asked by HTTP where a person permits that.
    pub(super) fn place(&self, permits: Permits) -> Result<Place, FetchError> {
        let scheme = if permits.allow_plaintext { "http" } else { "https" };
        // Of this one the documentation speaks by another name.
        let host = match self.registry.as_str() {
            "docker.io" => "registry-1.docker.io",
            host => host,
        };
        let place = Place::read(&format!("{scheme}://{host}/v2/"))
            .map_err(|why| FetchError::new(FetchErrorKind::Source, format!("{self} {why}")))?;
        place.permitted(permits)?;
        Ok(place)
    }
}

/// Parts of letters and digits, with one `.`, one or two `_`, or some `-` between them.
fn is_repository(text: &str) -> bool {
    let is_part = |part: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let ends = |byte: Option<&u8>| byte.is_some_and(|byte| plain(*byte));
        let bytes = part.as_bytes();
        let between = part.split(|c: char| c.is_ascii() && plain(c as u8));
        ends(bytes.first())
            && ends(bytes.last())
            && between.into_iter().all(|between| {
                matches!(between, "" | "." | "_" | "__") || between.bytes().all(|byte| byte == b'-')
            })
    };
    text.split('/').all(is_part)
}

fn is_tag(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= TAG
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|byte| word(byte) || matches!(byte, b'.' | b'-'))
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    #[test]
    fn a_reference_is_read_and_written_alike() {
        for text in [
            "oci://ghcr.io/acme/echo:1.2",
            "oci://localhost:5000/echo:V1-rc.1_x",
            "oci://127.0.0.1:5000/a/b/c.d/e__f/g--h:latest",
            "oci://[2606:4700::1]:443/echo:1",
            &format!("oci://ghcr.io/acme/echo@{DIGEST}"),
            &format!("oci://ghcr.io/acme/echo:1.2@{DIGEST}"),
        ] {
            assert_eq!(text.parse::<Reference>().unwrap().to_string(), text);
        }
        let both: Reference = format!("oci://ghcr.io/acme/echo:1.2@{DIGEST}").parse().unwrap();
        assert_eq!(both.version(), DIGEST);
        assert_eq!(both.anew().version(), "1.2");
        let one: Reference = format!("oci://ghcr.io/acme/echo@{DIGEST}").parse().unwrap();
        assert_eq!(one.anew(), one);
    }

    #[test]
    fn what_could_mean_something_else_is_no_reference() {
        for text in [
            "oci://ghcr.io",
            "oci://ghcr.io/",
            "oci://ghcr.io/acme/echo",
            "oci://ghcr.io/acme/echo:",
            "oci://ghcr.io/acme/echo:-1",
            "oci://ghcr.io/acme/echo:1/2",
            "oci://ghcr.io/acme/echo:1:2",
            "oci://ghcr.io/acme/echo:1?a",
            "oci://ghcr.io/acme/echo:1#a",
            "oci://ghcr.io/acme/echo:1\n",
            "oci://ghcr.io/acme/e\u{1b}[2Jcho:1",
            "oci://ghcr.io/acme/../../echo:1",
            "oci://ghcr.io/../echo:1",
            "oci://ghcr.io/acme//echo:1",
            "oci://ghcr.io/acme/./echo:1",
            "oci://ghcr.io/acme/a..b:1",
            "oci://ghcr.io/acme/a___b:1",
            "oci://ghcr.io/acme/a.-b:1",
            "oci://ghcr.io/acme/%2e%2e:1",
            "oci://ghcr.io/Acme/echo:1",
            "oci://ghcr.io\\evil.example/acme/echo:1",
            "oci://ghcr.io?/acme/echo:1",
            "oci://ghcr.io#/acme/echo:1",
            "oci://:5000/acme/echo:1",
            "oci://ghcr.io:/acme/echo:1",
            "oci://ghcr.io:x/acme/echo:1",
            "oci://0x7f.1/acme/echo:1",
            "oci://me:hunter22@ghcr.io/acme/echo:1",
            "oci://ghcr.io/acme/echo@sha256:abc",
            "oci://ghcr.io/acme/echo@hunter22@evil.example",
            "oci://ghcr.io/acme/echo@sha512:hunter22",
            "https://ghcr.io/acme/echo:1",
            &format!("oci://ghcr.io/{}:1", "a".repeat(300)),
            &format!("oci://ghcr.io/a:{}", "a".repeat(129)),
            &format!("oci://ghcr.io/a@{DIGEST}@{DIGEST}"),
        ] {
            let error = text.parse::<Reference>().expect_err(text);
            assert_eq!(error.kind, FetchErrorKind::Source, "{text}");
            assert!(!error.to_string().contains("hunter22"), "{error}");
        }
    }
}
