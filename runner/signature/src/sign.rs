//! Making keys and signatures, as authors do. The key is read by the author's own
//! command, which runs no adapter.

use crate::{Kind, Signature, ed25519};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minisign::{KeyPair, PublicKey, SecretKeyBox};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject;
use std::fmt;
use std::io::Cursor;
use thiserror::Error;

/// What a component is signed with.
pub struct SigningKey(Key);

enum Key {
    Minisign(Box<minisign::SecretKey>),
    Ed25519(Ed25519KeyPair),
}

/// Why there is no key or no signature. Never holds the key.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SignError {
    /// Neither of the two formats.
    #[error(
        "it is no secret key: expected one that `hotcell adapter key` or `minisign -G` makes, or an \
         Ed25519 key in PEM as `openssl genpkey -algorithm ed25519` makes it"
    )]
    NotAKey,
    /// The key is protected, and no password was given.
    #[error("the key is protected by a password")]
    Protected,
    /// The password does not fit.
    #[error("the password is not the key's")]
    Password,
    /// What the library said.
    #[error("{0}")]
    Failed(String),
}

/// A new pair of keys, as minisign's files hold them.
pub struct NewKeys {
    /// The secret key's file.
    pub secret: String,
    /// The public key's file.
    pub public: String,
}

impl SigningKey {
    /// Reads a secret key's file.
    ///
    /// # Errors
    /// [`SignError`]; [`SignError::Protected`] where a password is needed.
    pub fn parse(text: &str, password: Option<String>) -> Result<Self, SignError> {
        if text.contains("-----BEGIN") {
            let der = PrivatePkcs8KeyDer::from_pem_slice(text.as_bytes())
                .map_err(|_| SignError::NotAKey)?;
            let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der())
                .map_err(|_| SignError::NotAKey)?;
            return Ok(Self(Key::Ed25519(pair)));
        }
        let line = text.lines().nth(1).and_then(|line| STANDARD.decode(line.trim()).ok());
        let as_written = line.and_then(|bytes| minisign::SecretKey::from_bytes(&bytes).ok());
        let file = SecretKeyBox::from(text.to_owned());
        let key = match as_written {
            None => return Err(SignError::NotAKey),
            Some(key) if key.is_encrypted() => {
                let password = password.ok_or(SignError::Protected)?;
                file.into_secret_key(Some(password)).map_err(|_| SignError::Password)?
            }
            Some(_) => file.into_unencrypted_secret_key().map_err(|_| SignError::NotAKey)?,
        };
        Ok(Self(Key::Minisign(Box::new(key))))
    }

    /// Signs a component. `comment` stands in a minisign signature and is signed with it;
    /// an Ed25519 one has no place for it.
    ///
    /// # Errors
    /// [`SignError::Failed`].
    pub fn sign(&self, component: &[u8], comment: &str) -> Result<Signature, SignError> {
        let failed = |error: minisign::PError| SignError::Failed(error.to_string());
        match &self.0 {
            Key::Minisign(key) => {
                let public = PublicKey::from_secret_key(key).map_err(failed)?;
                let by = "signature of a hotcell adapter";
                let component = Cursor::new(component);
                let signed = minisign::sign(Some(&public), key, component, Some(comment), Some(by));
                let bytes = signed.map_err(failed)?.into_string().into_bytes();
                Ok(Signature { kind: Kind::Minisign, bytes })
            }
            Key::Ed25519(pair) => {
                let text = STANDARD.encode(pair.sign(component).as_ref()) + "\n";
                Ok(Signature { kind: Kind::Ed25519, bytes: text.into_bytes() })
            }
        }
    }

    /// The public key, as a policy names it: the key of the line, and its value.
    ///
    /// # Errors
    /// [`SignError::Failed`].
    pub fn public(&self) -> Result<(&'static str, String), SignError> {
        match &self.0 {
            Key::Minisign(key) => PublicKey::from_secret_key(key)
                .map(|public| ("minisign", public.to_base64()))
                .map_err(|error| SignError::Failed(error.to_string())),
            Key::Ed25519(pair) => {
                let public =
                    pair.public_key().as_ref().try_into().map_err(|_| SignError::NotAKey)?;
                Ok(("ed25519", ed25519::text(&public)))
            }
        }
    }
}

impl NewKeys {
    /// Makes a pair; without a password the secret key is protected by its file's
    /// permissions only.
    ///
    /// # Errors
    /// [`SignError::Failed`].
    pub fn generate(password: Option<String>) -> Result<Self, SignError> {
        let failed = |error: minisign::PError| SignError::Failed(error.to_string());
        let pair = match password {
            Some(password) => KeyPair::generate_encrypted_keypair(Some(password)),
            None => KeyPair::generate_unencrypted_keypair(),
        }
        .map_err(failed)?;
        let comment = "secret key of a hotcell publisher: keep it";
        Ok(Self {
            secret: pair.sk.to_box(Some(comment)).map_err(failed)?.into_string(),
            public: pair.pk.to_box().map_err(failed)?.into_string(),
        })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").finish_non_exhaustive()
    }
}

impl fmt::Debug for NewKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewKeys").field("public", &self.public).finish_non_exhaustive()
    }
}
