//! New keys.

use crate::store::Hash;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

/// How a key begins, so that those who look for lost keys find it.
pub(crate) const PREFIX: &str = "hck-";

/// A new key of 256 random bits, and the digest of it that is kept.
///
/// # Errors
/// A system without random numbers.
pub(crate) fn new_secret() -> Result<(String, Hash), getrandom::Error> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits)?;
    let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bits));
    let hash = hash(text.as_bytes());
    Ok((text, hash))
}

/// A new id, which is no secret.
///
/// # Errors
/// A system without random numbers.
pub(crate) fn new_id() -> Result<String, getrandom::Error> {
    Ok(format!("key-{:016x}", getrandom::u64()?))
}

/// What is kept of a secret.
pub(crate) fn hash(secret: &[u8]) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, secret).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_256_bits_that_no_other_key_has() {
        let (one, of_one) = new_secret().unwrap();
        let (other, of_other) = new_secret().unwrap();
        assert_ne!(one, other);
        assert_ne!(of_one, of_other);
        assert_eq!(of_one, hash(one.as_bytes()));
        let bits = URL_SAFE_NO_PAD.decode(one.strip_prefix("hck-").unwrap()).unwrap();
        assert_eq!(bits.len(), 32);
    }
}
