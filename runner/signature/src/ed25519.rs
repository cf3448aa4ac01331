//! Ed25519 keys and signatures, as they are written down. See
//! [RFC 8032](https://www.rfc-editor.org/rfc/rfc8032) and, for keys in files,
//! [RFC 8410](https://www.rfc-editor.org/rfc/rfc8410).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What stands before the 32 bytes where a key is written as `SubjectPublicKeyInfo`.
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Reads a public key: base64 of its bytes or of its `SubjectPublicKeyInfo`, alone or as
/// PEM.
pub(crate) fn key(text: &str) -> Result<[u8; 32], String> {
    let inner = text.lines().filter(|line| !line.starts_with("-----"));
    let inner: String = inner.flat_map(str::split_whitespace).collect();
    let bytes = STANDARD.decode(inner).unwrap_or_default();
    let bare = bytes.strip_prefix(&SPKI).unwrap_or(&bytes);
    bare.try_into().map_err(|_| {
        "that is no Ed25519 key: expected what `openssl pkey -pubout` prints, or the base64 of \
         32 bytes"
            .to_owned()
    })
}

/// The base64 of a key's bytes.
pub(crate) fn text(key: &[u8; 32]) -> String {
    STANDARD.encode(key)
}

/// Whether `signature`, raw or as base64, is this key's over `component`.
pub(crate) fn verify(key: &[u8; 32], component: &[u8], signature: &[u8]) -> Result<(), String> {
    let decoded;
    let signature = match signature.len() {
        64 => signature,
        _ => {
            let text = std::str::from_utf8(signature).map(str::trim).unwrap_or_default();
            decoded = STANDARD.decode(text).unwrap_or_default();
            &decoded
        }
    };
    if signature.len() != 64 {
        return Err("it is no Ed25519 signature".to_owned());
    }
    let key = ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, key);
    key.verify(component, signature).map_err(|_| "it is not by this key".to_owned())
}
