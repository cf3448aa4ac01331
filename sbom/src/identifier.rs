//! Names that a document gives to things.

use hotcell_manifest::Digest;
use std::time::{Duration, SystemTime};

/// A package URL, as <https://github.com/package-url/purl-spec> has it: of a crate of
/// crates.io.
pub(crate) fn crate_purl(name: &str, version: &str) -> String {
    format!("pkg:cargo/{name}@{}", encoded(version))
}

/// A package URL of what is in no registry.
pub(crate) fn generic_purl(name: &str, version: &str, digest: Option<Digest>) -> String {
    let checksum = digest.map(|digest| format!("?checksum={digest}")).unwrap_or_default();
    format!("pkg:generic/{}@{}{checksum}", encoded(name), encoded(version))
}

/// A UUID of version 8 (RFC 9562) that is made of a document's content.
pub(crate) fn uuid(content: &[u8]) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Digest::of(content).as_bytes()[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// A time to the second, no further than the years that have four digits.
pub(crate) fn timestamp(time: SystemTime) -> String {
    let first = SystemTime::UNIX_EPOCH;
    let last = first + Duration::from_secs(253_402_300_799);
    humantime::format_rfc3339_seconds(time.clamp(first, last)).to_string()
}

/// A stranger's address, where it can stand in a document as one.
pub(crate) fn address(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"<>[\\]^`{|}".contains(&byte);
    let host_is_there = rest.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    // A `%` has to be the beginning of an escape.
    let escaped = rest.split('%').skip(1).all(|after| {
        after.len() >= 2 && after.bytes().take(2).all(|byte| byte.is_ascii_hexdigit())
    });
    let fragments = rest.matches('#').count();
    (host_is_there && escaped && fragments < 2 && rest.bytes().all(plain)).then_some(text)
}

fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_urls_are_escaped() {
        assert_eq!(crate_purl("serde", "1.0.0+a.b"), "pkg:cargo/serde@1.0.0%2Ba.b");
        let digest = Digest::of(b"");
        assert_eq!(
            generic_purl("open ai", "1.0.0", Some(digest)),
            format!("pkg:generic/open%20ai@1.0.0?checksum={digest}")
        );
    }

    #[test]
    fn a_uuid_has_its_version_and_variant() {
        let uuid = uuid(b"content");
        assert_eq!(uuid.len(), 36);
        assert_eq!(&uuid[14..15], "8");
        assert!("89ab".contains(&uuid[19..20]), "{uuid}");
    }

    #[test]
    fn a_time_that_no_calendar_has_is_the_nearest() {
        let far = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 60);
        assert_eq!(timestamp(far), "9999-12-31T23:59:59Z");
        let early = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(timestamp(early), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn only_an_address_is_one() {
        for good in ["https://example.com/a?b=c#d", "http://127.0.0.1:8/%20"] {
            assert_eq!(address(good), Some(good));
        }
        for bad in [
            "",
            "example.com",
            "javascript:alert(1)",
            "https://",
            "https://a b",
            "https://a\n",
            "https://ä",
            "https://a/%2",
            "https://a/%zz",
            "https://a#b#c",
            "https://a/<b>",
        ] {
            assert_eq!(address(bad), None, "{bad}");
        }
    }
}
