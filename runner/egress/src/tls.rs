//! Whose certificates are believed.

use crate::error::SetupError;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::BuilderVerifierExt;
use std::path::PathBuf;
use std::sync::Arc;

/// The certificate authorities that egress believes.
#[derive(Clone, Debug, Default)]
pub enum Roots {
    /// Those of the operating system.
    #[default]
    Platform,
    /// Those of a PEM file, and no others.
    File(PathBuf),
}

/// Reading the platform's store takes milliseconds, so that this is called when
/// the first TLS connection is made and not before.
pub(crate) fn client_config(roots: &Roots) -> Result<ClientConfig, SetupError> {
    let failed = |error: &dyn std::fmt::Display| SetupError::Roots(error.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?;
    let verified = match roots {
        Roots::Platform => builder.with_platform_verifier().map_err(|error| failed(&error))?,
        Roots::File(path) => {
            let at = |why: &dyn std::fmt::Display| failed(&format!("{}: {why}", path.display()));
            let mut store = rustls::RootCertStore::empty();
            for certificate in CertificateDer::pem_file_iter(path).map_err(|error| at(&error))? {
                let certificate = certificate.map_err(|error| at(&error))?;
                store.add(certificate).map_err(|error| at(&error))?;
            }
            if store.is_empty() {
                return Err(at(&"it holds no certificate"));
            }
            builder.with_root_certificates(store)
        }
    };
    Ok(verified.with_no_client_auth())
}
