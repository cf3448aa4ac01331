//! What somebody has to say to be let in.

use super::SecretSource;
use super::source::SecretError;
use crate::authority::Authority;
use ring::digest::{Digest, SHA256, digest};
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

/// A secret that others have to know. Only its digest is kept, so that it is in no memory,
/// log or error once it was read.
#[derive(Clone, Copy, Debug)]
pub struct Watchword(Digest);

impl Watchword {
    /// Fewer characters could be guessed.
    pub const SHORTEST: usize = 16;

    /// Reads it. This may run a program (`cmd:`, `keyring:`) and wait for it.
    ///
    /// # Errors
    /// Why it cannot be had, and one that is too short.
    pub fn read(source: &SecretSource) -> Result<Self, SecretError> {
        let secret = source.read(&Authority::of_the_process())?;
        let text = secret.expose_secret();
        if text.len() < Self::SHORTEST {
            let why = format!("it has fewer than {} characters", Self::SHORTEST);
            return Err(SecretError::Unreadable { source_text: source.to_string(), why });
        }
        Ok(Self(digest(&SHA256, text.as_bytes())))
    }

    /// Whether this is it, by the SHA-256 of what was said. How long that takes does not
    /// depend on how much of it is right.
    pub fn is(&self, said: &[u8; 32]) -> bool {
        self.0.as_ref().ct_eq(said).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_whole_of_it_and_is_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "correct horse battery\n").unwrap();
        let word = Watchword::read(&SecretSource::File(file.clone())).unwrap();
        let said = |text: &str| digest(&SHA256, text.as_bytes()).as_ref().try_into().unwrap();
        assert!(word.is(&said("correct horse battery")));
        for other in
            ["", "correct horse batter", "correct horse battery\n", "Correct horse battery"]
        {
            assert!(!word.is(&said(other)), "{other}");
        }
        assert!(!format!("{word:?}").contains("horse"));
        std::fs::write(&file, "too-short").unwrap();
        let error = Watchword::read(&SecretSource::File(file)).unwrap_err().to_string();
        assert!(error.contains("16 characters") && !error.contains("too-short"), "{error}");
    }
}
