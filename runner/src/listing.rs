//! Providers as they stand, for a person or a program to look at.

use crate::setup::SetupError;
use hotcell_egress::{IdentitySource, Presence, ProviderSpec, SecretSource};
use hotcell_manifest::{Digest, Inspection};
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// A provider as it stands, for a listing. Names secrets, never holds one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ProviderInfo {
    /// The name before the model's.
    pub name: String,
    /// Where the definition comes from.
    pub origin: Origin,
    /// The adapter's name.
    pub adapter: String,
    /// The component's digest; none where it cannot be had.
    pub digest: Option<Digest>,
    /// Names and URLs of its endpoints.
    pub endpoints: BTreeMap<String, String>,
    /// Its secrets.
    pub secrets: Vec<SecretInfo>,
    /// The identity that tokens are fetched for, where an endpoint wants one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityInfo>,
    /// Why no request can be sent to it, if so.
    #[serde(serialize_with = "as_text")]
    pub problem: Option<SetupError>,
}

fn as_text<S: Serializer>(problem: &Option<SetupError>, serializer: S) -> Result<S::Ok, S::Error> {
    problem.as_ref().map(ToString::to_string).serialize(serializer)
}

impl ProviderInfo {
    pub(crate) fn new(
        name: &str,
        origin: Origin,
        run: bool,
        inspection: &Inspection,
        spec: ProviderSpec,
    ) -> Self {
        let is_there = |source: &SecretSource| {
            source.is_program() && !run || source.present().unwrap_or(false)
        };
        // Those of a way that was not taken are of no use.
        let names = spec.endpoints.values().flat_map(|endpoint| endpoint.auth.secrets());
        let names: BTreeSet<&str> = names.collect();
        let secrets = names.into_iter().map(|name| {
            let source = spec.secrets.get(name).cloned();
            let present = source.as_ref().is_some_and(is_there);
            let optional = spec.optional_secrets.contains(name);
            SecretInfo { name: name.to_owned(), source, present, optional }
        });
        let wants = spec.endpoints.values().filter_map(|it| IdentitySource::ambient(&it.auth));
        let wants = wants.map(|ambient| ambient.scheme()).next();
        let identity = wants.map(|scheme| IdentityInfo {
            scheme: scheme.to_owned(),
            presence: spec.identity.as_ref().map_or(Presence::Absent, IdentitySource::presence),
            source: spec.identity.clone(),
        });
        Self {
            name: name.to_owned(),
            origin,
            adapter: inspection.manifest.adapter.name.clone(),
            digest: Some(inspection.digest),
            secrets: secrets.collect(),
            identity,
            endpoints: spec.endpoints.into_iter().map(|(name, spec)| (name, spec.url)).collect(),
            problem: None,
        }
    }

    /// Whether somebody meant it to be used and it has what it needs: each secret that it cannot
    /// do without, or its identity.
    pub fn is_ready(&self) -> bool {
        let needed = || self.secrets.iter().filter(|secret| !secret.optional);
        let has_all = needed().all(|secret| secret.present);
        let identity = self.identity.as_ref().map(|identity| identity.presence);
        let is_meant = self.origin == Origin::Configured
            || needed().next().is_some()
            || identity == Some(Presence::There);
        self.problem.is_none() && has_all && is_meant && identity != Some(Presence::Absent)
    }

    /// A configured provider that cannot be set up.
    pub(crate) fn unusable(name: &str, adapter: String, problem: SetupError) -> Self {
        Self {
            name: name.to_owned(),
            origin: Origin::Configured,
            adapter,
            digest: None,
            endpoints: BTreeMap::new(),
            secrets: Vec::new(),
            identity: None,
            problem: Some(problem),
        }
    }
}

/// A secret of a provider's, without its value.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SecretInfo {
    /// Its name in the manifest.
    pub name: String,
    /// Where it comes from; none where nothing is configured.
    pub source: Option<SecretSource>,
    /// Whether there is something at the source.
    pub present: bool,
    /// Whether the provider works without.
    pub optional: bool,
}

/// The identity that tokens are fetched for, or that signs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct IdentityInfo {
    /// The scheme that wants it.
    pub scheme: String,
    /// Where it comes from; none where nothing is configured, and nothing may be assumed.
    pub source: Option<IdentitySource>,
    /// Whether there is something at the source, as far as that can be told here.
    pub presence: Presence,
}

/// Where a provider's definition comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A configuration file.
    Configured,
    /// The catalogue, and nothing else is needed.
    Catalogue,
}
