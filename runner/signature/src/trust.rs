//! From a policy to a verdict.

use crate::ed25519;
use crate::policy::{Policy, Publisher, PublisherKey, Unsigned};
use crate::signature::{Kind, Signature};
use crate::sigstore::Authorities;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use thiserror::Error;

/// Sigstore's has some 10 kB.
const TRUSTED_ROOT_BYTES: u64 = 4 * 1024 * 1024;

/// A policy whose keys and authorities were read: it says what a signature is worth.
#[derive(Debug, Default)]
pub struct Trust {
    policy: Policy,
    authorities: Option<Authorities>,
    /// Of a policy that has to be satisfied as well.
    beneath: Option<Box<Trust>>,
}

/// The publisher whose signature a component has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signer {
    /// The name that the policy gives it.
    pub publisher: String,
    /// What it was recognised by, such as `minisign:RW…`.
    pub key: String,
}

/// Why a policy cannot be used.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum TrustError {
    /// A publisher is an identity, and nothing says who may vouch for it.
    #[error(
        "the publisher `{publisher}` is an identity of Sigstore's: name the file of its keys with \
         `trusted-root = \"trusted_root.json\"` under [signatures]"
    )]
    NoRoot {
        /// The publisher.
        publisher: String,
    },
    /// The file of Sigstore's keys.
    #[error("{}: {why}", file.display())]
    Root {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// Why a component is not let in for its signatures.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// It has none, and needs one.
    #[error("it is not signed, and has to be by {}", .publishers.join(" or "))]
    Absent {
        /// Who may sign it.
        publishers: Vec<String>,
    },
    /// It has some, and none of somebody who may.
    #[error("it is not signed by {}: {}", .publishers.join(" or "), .why.join("; "))]
    Foreign {
        /// Who may sign it.
        publishers: Vec<String>,
        /// What is wrong with each signature.
        why: Vec<String>,
    },
    /// Nobody is named who may sign it, and adapters have to be signed.
    #[error(
        "[signatures] refuses what is not signed, and names no publisher for it; add one whose \
         `adapters` include it"
    )]
    NoPublisher,
    /// It was granted as somebody's, and is not any more.
    #[error(
        "it was granted as signed by `{}` ({}), and is {}",
        .pinned.publisher,
        .pinned.key,
        .found.as_ref().map_or("signed by nobody that [signatures] names now".to_owned(), |found| {
            format!("signed by `{}` ({}) now", found.publisher, found.key)
        })
    )]
    Other {
        /// Who signed what was granted.
        pinned: Signer,
        /// Who signed this.
        found: Option<Signer>,
    },
}

impl Trust {
    /// Reads what a policy needs.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn load(mut policy: Policy) -> Result<Self, TrustError> {
        let beneath = policy.beneath.take().map(|policy| Self::load(*policy).map(Box::new));
        let beneath = beneath.transpose()?;
        let mut publishers = policy.publishers.iter();
        let identity = publishers
            .find(|(_, publisher)| matches!(publisher.key, PublisherKey::Sigstore { .. }));
        let authorities = match (identity, &policy.trusted_root) {
            (None, _) => None,
            (Some((publisher, _)), None) => {
                return Err(TrustError::NoRoot { publisher: publisher.clone() });
            }
            (Some(_), Some(file)) => {
                let wrong = |why: String| TrustError::Root { file: file.clone(), why };
                let mut text = String::new();
                let read = File::open(file)
                    .and_then(|file| file.take(TRUSTED_ROOT_BYTES).read_to_string(&mut text));
                read.map_err(|error| wrong(error.to_string()))?;
                Some(Authorities::parse(&text).map_err(wrong)?)
            }
        };
        Ok(Self { policy, authorities, beneath })
    }

    /// Whether an adapter of this name has to be signed by a publisher.
    pub fn concerns(&self, adapter: &str) -> bool {
        self.policy.publishers_of(adapter).next().is_some()
            || self.beneath.as_ref().is_some_and(|beneath| beneath.concerns(adapter))
    }

    /// Whose a component is. `None` is one that nobody signed and nobody has to.
    ///
    /// # Errors
    /// [`SignatureError`], where this adapter has to be signed by somebody and is not.
    pub fn verify(
        &self,
        adapter: &str,
        component: &[u8],
        signatures: &[Signature],
    ) -> Result<Option<Signer>, SignatureError> {
        Ok(self.signers(adapter, component, signatures)?.into_iter().next())
    }

    /// The same for a component that was granted as `pinned`'s, or as nobody's: its signer
    /// may not have changed since. That others have signed it too does no harm.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn verify_pinned(
        &self,
        adapter: &str,
        component: &[u8],
        signatures: &[Signature],
        pinned: Option<&Signer>,
    ) -> Result<Option<Signer>, SignatureError> {
        let found = self.signers(adapter, component, signatures)?;
        match pinned {
            Some(pinned) if !found.contains(pinned) => {
                let found = found.into_iter().next();
                Err(SignatureError::Other { pinned: pinned.clone(), found })
            }
            Some(pinned) => Ok(Some(pinned.clone())),
            None => Ok(found.into_iter().next()),
        }
    }

    /// Everybody who may sign it and has; those of the policy beneath first.
    fn signers(
        &self,
        adapter: &str,
        component: &[u8],
        signatures: &[Signature],
    ) -> Result<Vec<Signer>, SignatureError> {
        let mut signers = match &self.beneath {
            Some(beneath) => beneath.signers(adapter, component, signatures)?,
            None => Vec::new(),
        };
        let publishers: Vec<_> = self.policy.publishers_of(adapter).collect();
        if publishers.is_empty() {
            return match self.policy.unsigned {
                Unsigned::Refuse if signers.is_empty() => Err(SignatureError::NoPublisher),
                _ => Ok(signers),
            };
        }
        let names = || publishers.iter().map(|(name, _)| format!("`{name}`")).collect();
        if signatures.is_empty() {
            return Err(SignatureError::Absent { publishers: names() });
        }
        let (mut own, mut why) = (Vec::new(), Vec::new());
        for signature in signatures {
            let kind = signature.kind;
            let mut asked = publishers.iter().filter(|(_, it)| it.kind() == kind).peekable();
            if asked.peek().is_none() {
                why.push(format!("no such publisher has a key for its {} signature", kind.word()));
            }
            for (name, publisher) in asked {
                match self.is_by(&publisher.key, component, signature) {
                    Ok(()) => {
                        let (publisher, key) = ((*name).to_owned(), publisher.key.to_string());
                        own.push(Signer { publisher, key });
                    }
                    Err(reason) => why.push(format!("{} of `{name}`: {reason}", kind.word())),
                }
            }
        }
        if own.is_empty() {
            return Err(SignatureError::Foreign { publishers: names(), why });
        }
        signers.append(&mut own);
        Ok(signers)
    }

    fn is_by(
        &self,
        key: &PublisherKey,
        component: &[u8],
        signature: &Signature,
    ) -> Result<(), String> {
        match key {
            PublisherKey::Minisign(key) => minisign(key, component, &signature.bytes),
            PublisherKey::Ed25519(key) => ed25519::verify(key, component, &signature.bytes),
            PublisherKey::Sigstore { identity, issuer } => match &self.authorities {
                Some(known) => known.verify(identity, issuer, component, &signature.bytes),
                None => Err("there is no trusted root".to_owned()),
            },
        }
    }
}

impl Publisher {
    fn kind(&self) -> Kind {
        match self.key {
            PublisherKey::Minisign(_) => Kind::Minisign,
            PublisherKey::Ed25519(_) => Kind::Ed25519,
            PublisherKey::Sigstore { .. } => Kind::Sigstore,
        }
    }
}

fn minisign(key: &str, component: &[u8], signature: &[u8]) -> Result<(), String> {
    let key = minisign_verify::PublicKey::from_base64(key).map_err(|error| error.to_string())?;
    let text = std::str::from_utf8(signature).map_err(|_| "it is not text".to_owned())?;
    let signature = minisign_verify::Signature::decode(text)
        .map_err(|_| "it is no minisign signature".to_owned())?;
    // Signatures of before minisign 0.11 are over the bytes themselves: as good, and longer to
    // check.
    let with_those_of_old = true;
    key.verify(component, &signature, with_those_of_old).map_err(|error| match error {
        minisign_verify::Error::UnexpectedKeyId => "it is by another key".to_owned(),
        _ => "it is not of these bytes".to_owned(),
    })
}
