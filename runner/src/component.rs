//! The bytes that an adapter's name stands for: found, and those that were agreed to.

use crate::adapter::{self, Adapter, AdapterError};
use crate::config::AdapterConfig;
use crate::limits;
use crate::lock::Granted;
use crate::setup::{Setup, SetupError};
use crate::store::StoreError;
use crate::transcript::Transcript;
use hotcell_manifest::{Changes, Digest};
use hotcell_signature::{Signature, Signer};
use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::sync::Arc;

/// The bytes of a component, and what they are known by.
pub(crate) struct Component<'a> {
    pub(crate) bytes: Cow<'a, [u8]>,
    pub(crate) digest: Digest,
}

impl<'a> Component<'a> {
    pub(crate) fn new(bytes: impl Into<Cow<'a, [u8]>>) -> Self {
        let bytes = bytes.into();
        let digest = Digest::of(&bytes);
        Self { bytes, digest }
    }

    /// Reads a file, no further than any adapter has reason to be long.
    fn read(name: &str, configured: &AdapterConfig) -> Result<Self, SetupError> {
        let mut bytes = Vec::new();
        let read = File::open(&configured.path)
            .and_then(|file| file.take(limits::COMPONENT_BYTES + 1).read_to_end(&mut bytes));
        read.map_err(|error| SetupError::File {
            adapter: name.to_owned(),
            file: configured.path.clone(),
            why: error.to_string(),
        })?;
        if bytes.len() as u64 > limits::COMPONENT_BYTES {
            let (adapter, error) = (name.to_owned(), AdapterError::TooLarge);
            return Err(SetupError::Adapter { adapter, digest: None, error });
        }
        let component = Self::new(bytes);
        let (agreed, found) = (configured.digest, component.digest);
        match agreed == found {
            true => Ok(component),
            false => Err(SetupError::Digest { adapter: name.to_owned(), agreed, found }),
        }
    }

    pub(crate) fn refused(&self, adapter: &str, error: AdapterError) -> SetupError {
        SetupError::Adapter { adapter: adapter.to_owned(), digest: Some(self.digest), error }
    }
}

impl Setup {
    /// The component of this name, which is the one that was agreed to: the program's own,
    /// the configuration's by digest, the lock's by digest, or the binary's.
    pub(crate) fn component(&self, name: &str) -> Result<Component<'_>, SetupError> {
        if let Some(given) = self.given.get(name) {
            return Ok(Component { bytes: Cow::Borrowed(&given.bytes), digest: given.digest });
        }
        if let Some(configured) = self.config.adapters.get(name) {
            let component = Component::read(name, configured)?;
            let signatures = || {
                Signature::beside(&configured.path).map_err(|error| SetupError::File {
                    adapter: name.to_owned(),
                    file: configured.path.clone(),
                    why: error.to_string(),
                })
            };
            return self.signed(name, component, signatures, None);
        }
        if let Some(granted) = self.config.lock.get(name) {
            return self.stored(name, granted);
        }
        let bundled = hotcell_bundle::adapter(name)
            .and_then(|bundled| Some((bundled.component, bundled.digest.parse().ok()?)));
        let (bytes, digest) = bundled.ok_or_else(|| SetupError::Provider {
            provider: name.to_owned(),
            why: "there is no adapter of this name".to_owned(),
        })?;
        Ok(Component { bytes: Cow::Borrowed(bytes), digest })
    }

    /// The adapter that a transcript is played to: the one that it is of, or another.
    pub(crate) fn adapter_for(
        &self,
        transcript: &Transcript,
        component: Option<&[u8]>,
    ) -> Result<Arc<Adapter>, SetupError> {
        let name = &transcript.adapter;
        let component = match component {
            Some(bytes) => Component::new(bytes.to_vec()),
            None => self.by_digest(&transcript.digest, name)?,
        };
        let refused = |error| component.refused(name, error);
        let inspection = adapter::inspect_as(&component, transcript.wasi).map_err(refused)?;
        let wasi = transcript.wasi;
        let loaded = Adapter::load(&self.engine, &self.cache, &component, inspection, wasi);
        loaded.map(Arc::new).map_err(refused)
    }

    fn by_digest(&self, digest: &Digest, adapter: &str) -> Result<Component<'_>, SetupError> {
        let text = digest.to_string();
        let bundled = hotcell_bundle::ADAPTERS.iter().chain([&hotcell_bundle::HOSTILE]);
        if let Some(found) = bundled.into_iter().find(|bundled| bundled.digest == text) {
            return Ok(Component { bytes: Cow::Borrowed(found.component), digest: *digest });
        }
        if let Some(given) = self.given.values().find(|given| given.digest == *digest) {
            return Ok(Component { bytes: Cow::Borrowed(&given.bytes), digest: *digest });
        }
        let mut configured = self.config.adapters.iter();
        if let Some((name, found)) = configured.find(|(_, known)| known.digest == *digest) {
            return Component::read(name, found);
        }
        let stored = self.store.as_ref().map(|store| store.get(digest));
        match stored {
            Some(Ok(bytes)) => Ok(Component { bytes: Cow::Owned(bytes), digest: *digest }),
            _ => Err(SetupError::Unknown { adapter: adapter.to_owned(), digest: *digest }),
        }
    }

    /// A component of the store's, read and digested anew: what is digested is what runs.
    fn stored(&self, name: &str, granted: &Granted) -> Result<Component<'_>, SetupError> {
        let adapter = name.to_owned();
        let Some(store) = &self.store else {
            let why = "there is no store, since there is no home folder".to_owned();
            return Err(SetupError::Store { adapter, why });
        };
        match store.get(&granted.digest) {
            Ok(bytes) => {
                let component = Component { bytes: Cow::Owned(bytes), digest: granted.digest };
                let signatures = || {
                    store.signatures(&granted.digest).map_err(|error| SetupError::Store {
                        adapter: name.to_owned(),
                        why: error.to_string(),
                    })
                };
                self.signed(name, component, signatures, granted.signed_by.as_ref())
            }
            Err(StoreError::Changed { agreed, found, component }) => {
                let asked = hotcell_manifest::inspect_as(&component, found);
                let asked = asked.map(|inspection| hotcell_manifest::capabilities(&inspection));
                let changes = Changes::between(&granted.capabilities(), &asked.unwrap_or_default());
                let wider = changes.wider.iter().map(ToString::to_string).collect();
                Err(SetupError::Changed { adapter, agreed, found, wider })
            }
            Err(error) => Err(SetupError::Store { adapter, why: error.to_string() }),
        }
    }

    /// A component, if it is signed by somebody who may, as far as anybody has to. What is
    /// verified is what runs.
    fn signed<'a>(
        &self,
        name: &str,
        component: Component<'a>,
        signatures: impl FnOnce() -> Result<Vec<Signature>, SetupError>,
        pinned: Option<&Signer>,
    ) -> Result<Component<'a>, SetupError> {
        // What lies there is of no concern where nobody has to sign.
        let signatures = match self.trust.concerns(name) {
            true => signatures()?,
            false => Vec::new(),
        };
        match self.trust.verify_pinned(name, &component.bytes, &signatures, pinned) {
            Ok(_) => Ok(component),
            Err(error) => {
                let (adapter, digest) = (name.to_owned(), component.digest);
                Err(SetupError::Signature { adapter, digest, error })
            }
        }
    }
}
