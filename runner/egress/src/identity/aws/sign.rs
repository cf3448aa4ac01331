//! Signature Version 4 of AWS: who asks is told by a keyed hash over the whole request,
//! which is good for this request, this host, this region and service, and some minutes.
//!
//! A pure step over a request that is checked and fully written. It follows "Create a signed
//! AWS API request" of the IAM user guide, in the form that every service but S3 wants: the
//! path is encoded once more than it goes out. Paths that would have to be normalised do not
//! get this far ([`crate::path`]). The body is hashed as a whole: what is sent in signed
//! chunks, or unsigned, or by a link that carries its signature, does not exist here. Its hash
//! is in what is signed and in no header of its own (`x-amz-content-sha256`), which S3 alone
//! wants. An answer, be it a stream of events, is not signed at all: frames are checked by
//! their sums, and a request that is a stream of signed events (Bedrock's in both directions)
//! is none that an adapter can make.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use super::Keys;
use crate::credential::Secret;
use http::header::{AUTHORIZATION, HOST};
use http::{HeaderMap, HeaderName, HeaderValue};
use ring::{digest, hmac};
use secrecy::ExposeSecret as _;
use secrecy::zeroize::Zeroizing;
use std::time::{SystemTime, UNIX_EPOCH};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
/// What somebody on the way may change, and the header that the signature goes into.
const UNSIGNED: &[&str] = &[
    "accept-encoding",
    "authorization",
    "connection",
    "expect",
    "transfer-encoding",
    "user-agent",
    "x-amzn-trace-id",
];

/// A request as it goes out.
pub(crate) struct Unsigned<'a> {
    pub(crate) method: &'a str,
    /// Host, and port where it is not the scheme's own.
    pub(crate) host: &'a str,
    /// As it is written in the request's first line.
    pub(crate) path: &'a str,
    /// Likewise, without the `?`.
    pub(crate) query: Option<&'a str>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

/// What a signature is good for. Both come from the operator and the grant.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
}

/// What is added to the request.
pub(crate) struct Signed {
    /// `x-amz-date`, `authorization`, and `x-amz-security-token` where the keys have one.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// What a provider could tell of it: the signature, and the hash that was signed.
    pub(crate) sensitive: Vec<Secret>,
}

/// Signs. None where the keys have characters that no header can carry, which is checked
/// when they are read.
pub(crate) fn sign(
    request: &Unsigned<'_>,
    keys: &Keys,
    scope: Scope<'_>,
    time: SystemTime,
) -> Option<Signed> {
    let time = stamp(time);
    let date = time.get(..8)?;
    let mut added = vec![(DATE, HeaderValue::from_str(&time).ok()?)];
    if let Some(token) = &keys.token {
        added.push((TOKEN, hidden(token.expose_secret())?));
    }
    let (canonical, names) = canonical(request, &added);
    let hash = hex(digest::digest(&digest::SHA256, &canonical).as_ref());
    let Scope { region, service } = scope;
    let scope = format!("{date}/{region}/{service}/aws4_request");
    let to_sign = Zeroizing::new(format!("{ALGORITHM}\n{time}\n{scope}\n{hash}"));
    let key = signing_key(&keys.secret, date, region, service);
    let signature = hex(&*mac(&*key, to_sign.as_bytes()));
    let id = keys.id.expose_secret();
    let authorization = Zeroizing::new(format!(
        "{ALGORITHM} Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}"
    ));
    added.push((AUTHORIZATION, hidden(&authorization)?));
    Some(Signed { headers: added, sensitive: vec![signature.into(), hash.into()] })
}

fn hidden(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// `20150830T123600Z`.
pub(super) fn stamp(time: SystemTime) -> String {
    // Times that the formatter cannot write: no clock is there, and no signature would hold.
    let time = time.clamp(UNIX_EPOCH, UNIX_EPOCH + std::time::Duration::from_secs(253_402_300_799));
    humantime::format_rfc3339_seconds(time).to_string().replace(['-', ':'], "")
}

/// The canonical request, and the names of the headers in it.
fn canonical(
    request: &Unsigned<'_>,
    added: &[(HeaderName, HeaderValue)],
) -> (Zeroizing<Vec<u8>>, String) {
    let is_signed = |name: &&HeaderName| {
        !UNSIGNED.contains(&name.as_str())
            && *name != HOST
            && !added.iter().any(|(own, _)| own == *name)
    };
    let guests = request.headers.keys().filter(is_signed);
    let mut headers: Vec<(&str, Zeroizing<Vec<u8>>)> = guests
        .map(|name| (name.as_str(), value(request.headers.get_all(name))))
        .chain(added.iter().map(|(name, own)| (name.as_str(), value([own]))))
        .collect();
    headers.push((HOST.as_str(), Zeroizing::new(request.host.as_bytes().to_vec())));
    headers.sort_unstable_by_key(|(name, _)| *name);
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let body = hex(digest::digest(&digest::SHA256, request.body).as_ref());

    let mut text = Zeroizing::new(Vec::with_capacity(4096));
    text.extend_from_slice(request.method.as_bytes());
    text.push(b'\n');
    encode(request.path.as_bytes(), b"/", &mut text);
    text.push(b'\n');
    text.extend_from_slice(query(request.query.unwrap_or_default()).as_bytes());
    text.push(b'\n');
    for (name, value) in headers {
        text.extend_from_slice(name.as_bytes());
        text.push(b':');
        text.extend_from_slice(&value);
        text.push(b'\n');
    }
    for part in ["\n", &names, "\n", &body] {
        text.extend_from_slice(part.as_bytes());
    }
    (text, names)
}

/// The values of one header, without space around them, and with one where there were
/// several.
fn value<'a>(values: impl IntoIterator<Item = &'a HeaderValue>) -> Zeroizing<Vec<u8>> {
    let space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let words = |value: &'a HeaderValue| {
        let words: Vec<&[u8]> =
            value.as_bytes().split(space).filter(|word| !word.is_empty()).collect();
        Zeroizing::new(words.join(&b' '))
    };
    let values: Vec<Zeroizing<Vec<u8>>> = values.into_iter().map(words).collect();
    let values: Vec<&[u8]> = values.iter().map(|value| value.as_slice()).collect();
    Zeroizing::new(values.join(&b','))
}

/// The parameters, each encoded in the one way there is, and sorted.
fn query(query: &str) -> String {
    let encoded = |text: &str| {
        let mut out = Vec::new();
        encode(&decoded(text), b"", &mut out);
        String::from_utf8(out).unwrap_or_default()
    };
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encoded(name), encoded(value)))
        .collect();
    pairs.sort_unstable();
    let pairs: Vec<String> =
        pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// Percent-decoded. What is no escape stands for itself.
fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = &after[2..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    bytes
}

/// Percent-encodes all but the unreserved characters of RFC 3986 and those of `kept`.
pub(super) fn encode(bytes: &[u8], kept: &[u8], text: &mut Vec<u8>) {
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte) {
            text.push(byte);
        } else {
            text.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
}

fn signing_key(secret: &Secret, date: &str, region: &str, service: &str) -> Zeroizing<[u8; 32]> {
    let secret = Zeroizing::new(format!("AWS4{}", secret.expose_secret()));
    let parts = [region, service, "aws4_request"];
    let first = mac(secret.as_bytes(), date.as_bytes());
    parts.iter().fold(first, |key, part| mac(&*key, part.as_bytes()))
}

fn mac(key: &[u8], text: &[u8]) -> Zeroizing<[u8; 32]> {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text);
    let mut mac = Zeroizing::new([0; 32]);
    mac.copy_from_slice(tag.as_ref());
    mac
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |digit: u8| char::from(b"0123456789abcdef"[usize::from(digit)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
#[path = "sign_tests.rs"]
mod tests;
