//! Tokens of an identity provider's (RFC 7519), instead of keys.

mod claims;
mod keys;
mod signature;

pub(crate) use claims::Bearer;
pub(crate) use keys::{Issuer, Source};

use crate::ledger::refusal;
use crate::store::Time;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hotcell::types::FailureKind;
use hotcell::{Error, JwtConfig};
use serde_json::{Map, Value};
use signature::Algorithm;

/// Bytes of a token; those of a person in many groups have some thousand.
const LONGEST: usize = 16 * 1024;

/// What is believed of tokens.
pub(crate) struct Tokens {
    config: JwtConfig,
    issuer: Issuer,
}

impl Tokens {
    pub(crate) fn new(config: JwtConfig, issuer: Issuer) -> Self {
        Self { config, issuer }
    }

    /// Who bears this token.
    ///
    /// # Errors
    /// `authentication`. What is wrong with it is said as far as it is no secret of anybody's.
    pub(super) async fn bearer(&self, token: &str) -> Result<Bearer, Error> {
        if token.len() > LONGEST {
            return Err(wrong("it is too long"));
        }
        let (signed, signature) = token.rsplit_once('.').ok_or_else(|| wrong("it is cut off"))?;
        let (head, body) = signed.split_once('.').ok_or_else(|| wrong("it is cut off"))?;
        let head = object(head)?;
        // Whatever this asks for is not understood, and so may not be passed over.
        if head.contains_key("crit") {
            return Err(wrong("its header has something critical that nobody here knows"));
        }
        let algorithm = head.get("alg").and_then(Value::as_str).and_then(Algorithm::named);
        let algorithm = algorithm.ok_or_else(|| wrong("its algorithm is not accepted"))?;
        let id = head.get("kid").and_then(Value::as_str);
        let key = self.issuer.key(id, algorithm).await;
        let key = key.ok_or_else(|| wrong("its key is not one of the issuer's"))?;
        let signature = decoded(signature)?;
        if !key.verifies(algorithm, signed.as_bytes(), &signature) {
            return Err(wrong("its signature is not that of its key"));
        }
        // Nothing of it is looked at before.
        let body = object(body)?;
        Bearer::read(&body, &self.config, Time::now().0).map_err(wrong)
    }
}

fn decoded(text: &str) -> Result<Vec<u8>, Error> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong("it is no token"))
}

fn object(text: &str) -> Result<Map<String, Value>, Error> {
    serde_json::from_slice(&decoded(text)?).map_err(|_| wrong("it is no token"))
}

fn wrong(why: &str) -> Error {
    let message = format!("this token opens nothing here: {why}");
    refusal(FailureKind::Authentication, "invalid_token", message)
}
