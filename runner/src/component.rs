//! The bytes that an adapter's name stands for: found, and those that were agreed to.

use crate::adapter::{self, AdapterError};
use crate::config::{AdapterConfig, Config};
use crate::limits;
use crate::lock::Granted;
use crate::provider;
use crate::setup::SetupError;
use crate::store::{Store, StoreError};
use hotcell_bundle::Bundled;
use hotcell_manifest::{Changes, Digest, Inspection, Manifest};
use hotcell_signature::{Signature, SignatureError, Signer, Trust};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::ops::Deref;

/// Where components come from: what a person wrote down, and what that leads to.
pub(crate) struct Components {
    pub(crate) config: Config,
    pub(crate) store: Option<Store>,
    /// Who has to have signed what.
    pub(crate) trust: Trust,
    /// Those that the program brought along, by name.
    pub(crate) given: BTreeMap<String, Component<'static>>,
}

/// The bytes of a component, and what they are known by.
pub(crate) struct Component<'a> {
    pub(crate) bytes: Bytes<'a>,
    pub(crate) digest: Digest,
}

/// Where a component's bytes are.
pub(crate) enum Bytes<'a> {
    Here(Cow<'a, [u8]>),
    /// In the binary, compressed: what can be asked without them is not worth unpacking them.
    Bundled(&'static Bundled),
}

impl Deref for Bytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Here(bytes) => bytes,
            Self::Bundled(bundled) => bundled.component(),
        }
    }
}

/// A component that is the one that was agreed to, and whose it is.
pub(crate) struct Found<'a> {
    pub(crate) component: Component<'a>,
    /// Why it does not run for all that, where it has to be signed by somebody else.
    pub(crate) signer: Result<Option<Signer>, SignatureError>,
}

impl<'a> Found<'a> {
    /// One that needs nobody's signature: whoever trusts the program trusts it.
    fn own(bytes: Bytes<'a>, digest: Digest) -> Self {
        Self { component: Component { bytes, digest }, signer: Ok(None) }
    }
}

impl<'a> Component<'a> {
    pub(crate) fn new(bytes: impl Into<Cow<'a, [u8]>>) -> Self {
        let bytes = bytes.into();
        let digest = Digest::of(&bytes);
        Self { bytes: Bytes::Here(bytes), digest }
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

impl Components {
    /// The component of this name, which is the one that was agreed to, and signed by
    /// somebody who may, as far as anybody has to.
    pub(crate) fn component(&self, name: &str) -> Result<Component<'_>, SetupError> {
        let Found { component, signer } = self.find(name)?;
        match signer {
            Ok(_) => Ok(component),
            Err(error) => {
                let (adapter, digest) = (name.to_owned(), component.digest);
                Err(SetupError::Signature { adapter, digest, error })
            }
        }
    }

    /// The same with a verdict on its signatures: the program's own, the configuration's by
    /// digest, the lock's by digest, or the binary's.
    pub(crate) fn find(&self, name: &str) -> Result<Found<'_>, SetupError> {
        if let Some(given) = self.given.get(name) {
            return Ok(Found::own(Bytes::Here(Cow::Borrowed(&given.bytes)), given.digest));
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
            return self.verified(name, component, signatures, None);
        }
        if let Some(granted) = self.config.lock.get(name) {
            return self.stored(name, granted);
        }
        let bundled = hotcell_bundle::adapter(name)
            .and_then(|bundled| Some((Bytes::Bundled(bundled), bundled.digest.parse().ok()?)));
        let (bytes, digest) = bundled.ok_or_else(|| SetupError::Provider {
            provider: name.to_owned(),
            why: "there is no adapter of this name".to_owned(),
        })?;
        Ok(Found::own(bytes, digest))
    }

    /// What the adapters declare that a provider's requests can go to, as far as they can be
    /// read.
    pub(crate) fn siblings(&self, provider: &str) -> Vec<Manifest> {
        let Ok(basis) = provider::basis(provider, &self.config) else { return Vec::new() };
        let led = basis.routes().iter().filter_map(|route| hotcell_catalogue::provider(&route.to));
        let names = led.map(|entry| entry.adapter.as_str()).chain([basis.adapter.as_str()]);
        let manifests = names.filter_map(|name| {
            let component = self.component(name).ok()?;
            Some(adapter::inspect_as(&component, false).ok()?.manifest)
        });
        manifests.collect()
    }

    /// The component of this digest, wherever it is, for what was recorded.
    pub(crate) fn by_digest(
        &self,
        digest: &Digest,
        adapter: &str,
    ) -> Result<Component<'_>, SetupError> {
        let text = digest.to_string();
        let bundled = hotcell_bundle::ADAPTERS.iter().chain([&hotcell_bundle::HOSTILE]);
        if let Some(found) = bundled.into_iter().find(|bundled| bundled.digest == text) {
            return Ok(Component { bytes: Bytes::Bundled(found), digest: *digest });
        }
        if let Some(given) = self.given.values().find(|given| given.digest == *digest) {
            let bytes = Bytes::Here(Cow::Borrowed(&given.bytes));
            return Ok(Component { bytes, digest: *digest });
        }
        let mut configured = self.config.adapters.iter();
        if let Some((name, found)) = configured.find(|(_, known)| known.digest == *digest) {
            return Component::read(name, found);
        }
        let stored = self.store.as_ref().map(|store| store.get(digest));
        match stored {
            Some(Ok(bytes)) => {
                Ok(Component { bytes: Bytes::Here(Cow::Owned(bytes)), digest: *digest })
            }
            _ => Err(SetupError::Unknown { adapter: adapter.to_owned(), digest: *digest }),
        }
    }

    /// A component of the store's, read and digested anew: what is digested is what runs.
    fn stored(&self, name: &str, granted: &Granted) -> Result<Found<'_>, SetupError> {
        let adapter = name.to_owned();
        let Some(store) = &self.store else {
            let why = "there is no store, since there is no home folder".to_owned();
            return Err(SetupError::Store { adapter, why });
        };
        match store.get(&granted.digest) {
            Ok(bytes) => {
                let component =
                    Component { bytes: Bytes::Here(Cow::Owned(bytes)), digest: granted.digest };
                let signatures = || {
                    store.signatures(&granted.digest).map_err(|error| SetupError::Store {
                        adapter: name.to_owned(),
                        why: error.to_string(),
                    })
                };
                self.verified(name, component, signatures, granted.signed_by.as_ref())
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

    /// What is verified is what runs: these bytes, each time that they are loaded.
    fn verified<'a>(
        &self,
        name: &str,
        component: Component<'a>,
        signatures: impl FnOnce() -> Result<Vec<Signature>, SetupError>,
        pinned: Option<&Signer>,
    ) -> Result<Found<'a>, SetupError> {
        // What lies there is of no concern where nobody has to sign.
        let signatures = match self.trust.concerns(name) {
            true => signatures()?,
            false => Vec::new(),
        };
        let signer = self.trust.verify_pinned(name, &component.bytes, &signatures, pinned);
        Ok(Found { component, signer })
    }

    /// What a component asks for, and of that what it was granted.
    pub(crate) fn inspect(
        &self,
        name: &str,
        component: &Component<'_>,
        wasi: bool,
    ) -> Result<Inspection, SetupError> {
        let inspected = adapter::inspect_as(component, wasi);
        let mut inspection = inspected.map_err(|error| component.refused(name, error))?;
        let Some(granted) = self.locked(name) else { return Ok(inspection) };
        let refused = |why: String| SetupError::Lock { adapter: name.to_owned(), why };
        let asked = hotcell_manifest::capabilities(&inspection);
        let beyond = Changes::between(&asked, &granted.capabilities()).wider;
        if let Some(first) = beyond.first() {
            return Err(refused(format!("lets it {first}, which the component does not ask for")));
        }
        let foreign = |import: &&String| !granted.imports.contains(import);
        if let Some(import) = inspection.imports.iter().find(foreign) {
            return Err(refused(format!("does not let it import {import}, which it does")));
        }
        let manifest = &mut inspection.manifest;
        manifest.endpoints.clone_from(&granted.endpoints);
        manifest.settings.clone_from(&granted.settings);
        manifest.secrets.clone_from(&granted.secrets);
        Ok(inspection)
    }

    /// The grant that an adapter runs by, where it is one of the lock's.
    pub(crate) fn locked(&self, name: &str) -> Option<&Granted> {
        match self.config.adapters.contains_key(name) {
            true => None,
            false => self.config.lock.get(name),
        }
    }
}
