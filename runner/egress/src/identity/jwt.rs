//! An assertion: JSON that is signed with a private key (RFC 7515, 7519, `RS256`).

use super::failed;
use crate::credential::Secret;
use crate::error::EgressError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

/// Signs these claims with an RSA key, in PEM. `key_id` says which one it is.
pub(super) fn rs256(
    claims: &Value,
    key_id: Option<&str>,
    private_key: &str,
) -> Result<Secret, EgressError> {
    let unusable = || failed("its private key is not an RSA key in PEM");
    let der = PrivateKeyDer::from_pem_slice(private_key.as_bytes()).map_err(|_| unusable())?;
    let key = match &der {
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
        _ => return Err(unusable()),
    }
    .map_err(|_| unusable())?;
    let mut header = json!({ "alg": "RS256", "typ": "JWT" });
    if let Some(key_id) = key_id {
        header["kid"] = key_id.into();
    }
    let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let text = format!("{}.{}", encoded(&header), encoded(claims));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
        .map_err(|_| failed("its private key does not sign"))?;
    Ok(Secret::from(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))))
}
