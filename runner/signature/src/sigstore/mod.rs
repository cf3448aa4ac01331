//! Sigstore's bundles: a certificate of some minutes for an identity, a signature by its
//! key, and the proof that both stand in a public log.

mod algorithms;

use sigstore_verify::trust_root::TrustedRoot;
use sigstore_verify::types::{Bundle, SignatureContent};
use sigstore_verify::{VerificationPolicy, Verifier};
use std::fmt;

/// What a statement may be about a component to count as its publisher's signature: how it
/// was built. One that says that it has a flaw is signed as well.
const PROVENANCE: &str = "https://slsa.dev/provenance/";

/// Who may vouch for identities, and the logs that it has to be on record in.
pub(crate) struct Authorities(Verifier);

impl Authorities {
    /// Reads a trusted root.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        algorithms::install();
        let root = TrustedRoot::from_json(text)
            .map_err(|error| format!("it is no trusted root of Sigstore's: {error}"))?;
        Verifier::new(&root).map(Self).map_err(|error| error.to_string())
    }

    /// Whether a bundle is this identity's over `component`.
    pub(crate) fn verify(
        &self,
        identity: &str,
        issuer: &str,
        component: &[u8],
        bundle: &[u8],
    ) -> Result<(), String> {
        let text = std::str::from_utf8(bundle).map_err(|_| "it is not text".to_owned())?;
        let bundle =
            Bundle::from_json(text).map_err(|error| format!("it is no bundle: {error}"))?;
        if let SignatureContent::DsseEnvelope(envelope) = &bundle.content {
            is_provenance(envelope.payload.as_bytes())?;
        }
        let policy = VerificationPolicy::new(identity, issuer);
        self.0.verify(component, &bundle, &policy).map(drop).map_err(|error| error.to_string())
    }
}

fn is_provenance(statement: &[u8]) -> Result<(), String> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Statement {
        predicate_type: String,
    }
    match serde_json::from_slice::<Statement>(statement) {
        Ok(statement) if statement.predicate_type.starts_with(PROVENANCE) => Ok(()),
        _ => Err("it is a statement about something else than how it was built".to_owned()),
    }
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorities").finish_non_exhaustive()
    }
}
