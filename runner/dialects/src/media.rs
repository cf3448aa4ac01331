//! Bytes in texts, as several dialects have them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The type and the base64 of `data:TYPE;base64,DATA`.
pub(crate) fn data_url(url: &str) -> Option<(&str, &str)> {
    url.strip_prefix("data:")?.split_once(";base64,")
}

/// The bytes of base64, and whether they make the same base64 again: whether an adapter
/// writes what the client wrote.
pub(crate) fn decoded(base64: &str) -> Option<(Vec<u8>, bool)> {
    let bytes = STANDARD.decode(base64).ok()?;
    let exact = STANDARD.encode(&bytes) == base64;
    Some((bytes, exact))
}

/// The bytes of base64 that they make again.
pub(crate) fn exact(base64: &str) -> Option<Vec<u8>> {
    decoded(base64).filter(|(_, exact)| *exact).map(|(bytes, _)| bytes)
}
