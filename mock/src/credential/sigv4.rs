//! What AWS does with a signed request that comes in: the signature is computed again, from
//! what was received alone. Written from the published algorithm, and not from a signer.

use ring::{digest, hmac};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Received {
    /// `POST`, `GET`, …
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in lower case, in the order of arrival.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Vec<u8>,
}

impl Received {
    /// The value of the first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.trim())
    }

    /// When it says that it was signed, in seconds since 1970.
    ///
    /// # Errors
    /// Where it does not say so, or in another form than `20260314T150926Z`.
    pub fn signed_at(&self) -> Result<u64, String> {
        let stamp = self.header("x-amz-date").ok_or("no x-amz-date")?;
        seconds(stamp).ok_or_else(|| format!("`{stamp}` is no time"))
    }
}

/// What the service knows of one key.
#[derive(Clone, Debug)]
pub struct Account {
    /// The access key id.
    pub id: String,
    /// The secret access key.
    pub secret: String,
    /// The token of a session, where the key is one's.
    pub token: Option<String>,
}

/// Whether a request is signed as it has to be for this region and service. How long ago is
/// no part of that.
///
/// # Errors
/// What AWS would answer: with the canonical request and the string to sign.
pub fn verify(
    request: &Received,
    account: &Account,
    region: &str,
    service: &str,
) -> Result<(), String> {
    for name in ["authorization", "host", "x-amz-date", "x-amz-security-token"] {
        if request.headers.iter().filter(|(own, _)| own == name).count() > 1 {
            return Err(format!("the header {name} is there twice"));
        }
    }
    let authorization = request.header("authorization").ok_or("MissingAuthenticationToken")?;
    let fields = authorization.strip_prefix("AWS4-HMAC-SHA256 ").ok_or("IncompleteSignature")?;
    let fields: BTreeMap<&str, &str> =
        fields.split(", ").filter_map(|field| field.split_once('=')).collect();
    let field = |name: &str| fields.get(name).copied().ok_or("IncompleteSignature");
    let (credential, names, signature) =
        (field("Credential")?, field("SignedHeaders")?, field("Signature")?);
    request.signed_at()?;
    let stamp = request.header("x-amz-date").unwrap_or_default();
    let day = stamp.get(..8).unwrap_or_default();
    let scope = format!("{day}/{region}/{service}/aws4_request");
    if credential != format!("{}/{scope}", account.id) {
        return Err(format!("Credential should be scoped to a valid region and service: {scope}"));
    }
    if request.header("x-amz-security-token") != account.token.as_deref() {
        return Err("The security token included in the request is invalid".to_owned());
    }
    let signed: Vec<&str> = names.split(';').collect();
    for (name, _) in &request.headers {
        let must = name == "host" || name == "content-type" || name.starts_with("x-amz");
        if must && !signed.contains(&name.as_str()) {
            return Err(format!("the header {name} is not signed"));
        }
    }
    if !signed.is_sorted() {
        return Err("the headers are not in order".to_owned());
    }

    let canonical = canonical(request, &signed);
    let to_sign = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{}", hash(canonical.as_bytes()));
    let mut key = format!("AWS4{}", account.secret).into_bytes();
    for part in scope.split('/').chain([to_sign.as_str()]) {
        let sealed = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), part.as_bytes());
        key = sealed.as_ref().to_vec();
    }
    match text(&key) == signature {
        true => Ok(()),
        false => Err(format!(
            "The request signature we calculated does not match the signature you provided \
             ({signature}).\n\nThe Canonical String for this request should have been\n\
             '{canonical}'\n\nThe String-to-Sign should have been\n'{to_sign}'\n"
        )),
    }
}

fn canonical(request: &Received, signed: &[&str]) -> String {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let mut pairs: Vec<String> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| if pair.contains('=') { pair.to_owned() } else { format!("{pair}=") })
        .collect();
    pairs.sort();
    let mut canonical = format!("{}\n{}\n{}\n", request.method, again(path), pairs.join("&"));
    for name in signed {
        let values: Vec<String> = request
            .headers
            .iter()
            .filter(|(own, _)| own == name)
            .map(|(_, value)| value.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        canonical.push_str(&format!("{name}:{}\n", values.join(",")));
    }
    canonical.push_str(&format!("\n{}\n{}", signed.join(";"), hash(&request.body)));
    canonical
}

/// Each segment, encoded once more than it came.
fn again(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                out.push(char::from(byte));
            }
            _ => _ = write!(out, "%{byte:02X}"),
        }
    }
    out
}

fn hash(bytes: &[u8]) -> String {
    text(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `20260314T150926Z` in seconds since 1970.
fn seconds(stamp: &str) -> Option<u64> {
    let is_form = stamp.len() == 16 && stamp.is_ascii() && stamp.ends_with('Z');
    let number = |from: usize, to: usize| stamp.get(from..to)?.parse::<u64>().ok();
    if !is_form || stamp.get(8..9) != Some("T") {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let months = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let before = *months.get(usize::try_from(month.checked_sub(1)?).ok()?)?;
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let years: u64 = (1970..year).map(|year| 365 + u64::from(is_leap(year))).sum();
    let days = years + before + u64::from(is_leap(year) && month > 2) + day.checked_sub(1)?;
    Some(((days * 24 + number(9, 11)?) * 60 + number(11, 13)?) * 60 + number(13, 15)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_a_time() {
        assert_eq!(seconds("19700101T000000Z"), Some(0));
        assert_eq!(seconds("20260314T150926Z"), Some(1_773_500_966));
        assert_eq!(seconds("20240301T000000Z"), Some(1_709_251_200));
        for bad in ["", "20260314T150926", "2026031415:09:26", "20261314T150926Z", "é"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
