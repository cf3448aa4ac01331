//! An assertion: JSON that is signed with a private key (RFC 7515, 7519).

use super::failed;
use crate::credential::Secret;
use crate::error::EgressError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

/// Signs these claims with an RSA key, in PEM (`RS256`). `key_id` says which one it is.
pub(super) fn rs256(
    claims: &Value,
    key_id: Option<&str>,
    private_key: &str,
) -> Result<Secret, EgressError> {
    let mut header = json!({ "alg": "RS256", "typ": "JWT" });
    if let Some(key_id) = key_id {
        header["kid"] = key_id.into();
    }
    signed(&header, claims, private_key, &RSA_PKCS1_SHA256)
}

/// The same with the other padding of RSA (`PS256`), and with more in the header.
pub(super) fn ps256(
    claims: &Value,
    mut header: Value,
    private_key: &str,
) -> Result<Secret, EgressError> {
    header["alg"] = "PS256".into();
    header["typ"] = "JWT".into();
    signed(&header, claims, private_key, &RSA_PSS_SHA256)
}

fn signed(
    header: &Value,
    claims: &Value,
    private_key: &str,
    padding: &'static dyn RsaEncoding,
) -> Result<Secret, EgressError> {
    let unusable = || failed("its private key is not an RSA key in PEM");
    let der = PrivateKeyDer::from_pem_slice(private_key.as_bytes()).map_err(|_| unusable())?;
    let key = match &der {
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
        _ => return Err(unusable()),
    }
    .map_err(|_| unusable())?;
    let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let text = format!("{}.{}", encoded(header), encoded(claims));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(padding, &SystemRandom::new(), text.as_bytes(), &mut signature)
        .map_err(|_| failed("its private key does not sign"))?;
    Ok(Secret::from(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))))
}
