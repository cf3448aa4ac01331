//! Whose certificates are believed.

use crate::error::SetupError;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use std::fmt::Display;
use std::path::{Path, PathBuf};
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

impl Roots {
    /// Reads them, as the first TLS connection does: how many there are, where the system
    /// tells.
    ///
    /// # Errors
    /// Why no TLS connection could be made.
    pub fn count(&self) -> Result<Option<usize>, SetupError> {
        client_config(self)?;
        match self {
            #[cfg(target_os = "linux")]
            Self::Platform => Ok(Some(rustls_native_certs::load_native_certs().certs.len())),
            #[cfg(not(target_os = "linux"))]
            Self::Platform => Ok(None),
            Self::File(path) => Ok(Some(store(path)?.len())),
        }
    }
}

/// The certificates of a PEM file.
fn store(path: &Path) -> Result<RootCertStore, SetupError> {
    let at = |why: &dyn Display| SetupError::Roots(format!("{}: {why}", path.display()));
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| at(&error))? {
        let certificate = certificate.map_err(|error| at(&error))?;
        store.add(certificate).map_err(|error| at(&error))?;
    }
    match store.is_empty() {
        true => Err(at(&"it holds no certificate")),
        false => Ok(store),
    }
}

/// Reading the platform's store takes milliseconds, so that this is called when
/// the first TLS connection is made and not before.
pub(crate) fn client_config(roots: &Roots) -> Result<ClientConfig, SetupError> {
    let failed = |error: &dyn Display| SetupError::Roots(error.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?;
    let verified = match roots {
        Roots::Platform => builder.with_platform_verifier().map_err(|error| failed(&error))?,
        Roots::File(path) => builder.with_root_certificates(store(path)?),
    };
    Ok(verified.with_no_client_auth())
}
