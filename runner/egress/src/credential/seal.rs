//! What is laid down at others' so that they can neither read nor change it.

use super::SecretSource;
use super::source::SecretError;
use crate::authority::Authority;
use crate::credential::Watchword;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::ExposeSecret;
use std::fmt;

/// A secret by which texts are sealed. Each text has a key of its own, made of the secret and
/// of what the text is about, so that no sealed text passes for one about something else.
///
/// AES-256-GCM with random nonces, and HKDF with SHA-256 (RFC 5869).
pub struct Seal {
    secret: Prk,
    random: SystemRandom,
}

/// Says what the keys are for that are made here.
const PURPOSE: &[u8] = b"hotcell seal 1";

impl Seal {
    /// Reads the secret. This may run a program (`cmd:`, `keyring:`) and wait for it.
    ///
    /// # Errors
    /// Why it cannot be had, and one that is too short.
    pub fn read(source: &SecretSource) -> Result<Self, SecretError> {
        let secret = source.read(&Authority::of_the_process())?;
        let text = secret.expose_secret();
        if text.len() < Watchword::SHORTEST {
            let why = format!("it has fewer than {} characters", Watchword::SHORTEST);
            return Err(SecretError::Unreadable { source_text: source.to_string(), why });
        }
        let secret = Salt::new(HKDF_SHA256, PURPOSE).extract(text.as_bytes());
        Ok(Self { secret, random: SystemRandom::new() })
    }

    /// A name for what a text is about, from which nobody can tell what that is. There always
    /// is one.
    pub fn name(&self, about: &[u8; 32]) -> Option<[u8; 32]> {
        self.made(b"name", about)
    }

    /// Seals a text; none where the system has no random numbers.
    pub fn close(&self, about: &[u8; 32], text: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).ok()?;
        let mut sealed = Vec::with_capacity(NONCE_LEN + text.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(text);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let inside = &mut sealed[NONCE_LEN..];
        let tag = self.key(about)?.seal_in_place_separate_tag(nonce, Aad::empty(), inside).ok()?;
        sealed.extend_from_slice(tag.as_ref());
        Some(sealed)
    }

    /// The text again; none where it was not sealed by this secret, about this.
    pub fn open(&self, about: &[u8; 32], mut sealed: Vec<u8>) -> Option<Vec<u8>> {
        let nonce = Nonce::try_assume_unique_for_key(sealed.get(..NONCE_LEN)?).ok()?;
        let length =
            self.key(about)?.open_within(nonce, Aad::empty(), &mut sealed, NONCE_LEN..).ok()?.len();
        sealed.truncate(length);
        Some(sealed)
    }

    fn key(&self, about: &[u8; 32]) -> Option<LessSafeKey> {
        let key = self.made(b"key", about)?;
        UnboundKey::new(&AES_256_GCM, &key).ok().map(LessSafeKey::new)
    }

    fn made(&self, what: &[u8], about: &[u8; 32]) -> Option<[u8; 32]> {
        let mut made = [0; 32];
        let info = [what, about.as_slice()];
        self.secret.expand(&info, Bytes32).ok()?.fill(&mut made).ok()?;
        Some(made)
    }
}

struct Bytes32;

impl KeyType for Bytes32 {
    fn len(&self) -> usize {
        32
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seal").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(folder: &std::path::Path, secret: &str) -> Result<Seal, SecretError> {
        let file = folder.join("secret");
        std::fs::write(&file, secret).unwrap();
        Seal::read(&SecretSource::File(file))
    }

    #[test]
    fn what_was_changed_or_is_about_something_else_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let one = seal(folder.path(), "correct horse battery").unwrap();
        let same = seal(folder.path(), "correct horse battery").unwrap();
        let other = seal(folder.path(), "incorrect horse battery").unwrap();
        let (about, else_) = ([1; 32], [2; 32]);
        for text in [&b"an answer"[..], b""] {
            let sealed = one.close(&about, text).unwrap();
            assert_eq!(same.open(&about, sealed.clone()).as_deref(), Some(text));
            assert_eq!(one.open(&else_, sealed.clone()), None);
            assert_eq!(other.open(&about, sealed.clone()), None);
            for at in 0..sealed.len() {
                let mut changed = sealed.clone();
                changed[at] ^= 1;
                assert_eq!(one.open(&about, changed), None, "{at}");
                assert_eq!(one.open(&about, sealed[..at].to_vec()), None, "{at}");
            }
            // The same text is sealed otherwise each time, and cannot be read.
            assert_ne!(one.close(&about, text).unwrap(), sealed);
            assert!(text.is_empty() || !sealed.windows(text.len()).any(|it| it == text));
        }
        assert_eq!(one.name(&about), same.name(&about));
        assert_ne!(one.name(&about), one.name(&else_));
        assert_ne!(one.name(&about), other.name(&about));
        assert!(!format!("{one:?}").contains("horse"));
    }

    #[test]
    fn a_secret_that_could_be_guessed_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let error = seal(folder.path(), "too-short").unwrap_err().to_string();
        assert!(error.contains("16 characters") && !error.contains("too-short"), "{error}");
    }
}
