//! An application that signs for itself, with the key of a certificate that Entra knows.
//!
//! <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>

use super::super::errand::Errand;
use super::super::{failed, jwt};
use crate::credential::Secret;
use crate::error::EgressError;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest;
use ring::rand::{SecureRandom as _, SystemRandom};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::ExposeSecret as _;
use serde_json::json;
use std::time::UNIX_EPOCH;

/// How long an assertion is good for, in seconds, as Microsoft's own libraries have it.
const ASSERTION: u64 = 600;
/// Of one file. Chains have three or four.
const CERTIFICATES: usize = 10;

/// The assertion, for who gives tokens at this URL. `pem` has the certificate, those that it
/// hangs on, and the private key.
pub(super) fn assertion(
    pem: &Secret,
    client: &str,
    audience: &str,
    errand: &Errand<'_>,
) -> Result<Secret, EgressError> {
    let text = pem.expose_secret();
    if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || text.contains("Proc-Type: 4,ENC") {
        return Err(failed(
            "its private key is encrypted, and nobody is asked for a password here; write it \
             without one (`openssl pkey -in FILE -out FILE`), readable for you alone",
        ));
    }
    let unusable = || {
        failed(
            "there is no certificate in PEM; one in PKCS #12 is made one by `openssl pkcs12 -in \
             FILE -out FILE -nodes`",
        )
    };
    let certificates: Result<Vec<CertificateDer<'_>>, _> =
        CertificateDer::pem_slice_iter(text.as_bytes()).take(CERTIFICATES).collect();
    let certificates = certificates.map_err(|_| unusable())?;
    let first = certificates.first().ok_or_else(unusable)?;
    let chain: Vec<String> = certificates.iter().map(|it| STANDARD.encode(it)).collect();
    let header = json!({
        "x5t#S256": URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, first)),
        // Applications that trust a name and its issuer, and no certificate of their own, are
        // known by these.
        "x5c": chain,
    });
    let mut id = [0; 16];
    SystemRandom::new().fill(&mut id).map_err(|_| failed("this machine has no random numbers"))?;
    let now = errand.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let claims = json!({
        "aud": audience,
        "iss": client,
        "sub": client,
        "jti": URL_SAFE_NO_PAD.encode(id),
        "iat": now,
        "nbf": now,
        "exp": now + ASSERTION,
    });
    jwt::ps256(&claims, header, text)
}
