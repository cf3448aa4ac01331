//! What AWS does with a signed request that comes in: the signature is computed again, from
//! what was received alone. Written from the published algorithm, and not from the signer.

use ring::{digest, hmac};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A request as it came in.
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) target: String,
    /// Names in lower case, in the order of arrival.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Received {
    /// Reads the head of a request of HTTP/1.1.
    pub(crate) fn read(head: &str, body: Vec<u8>) -> Self {
        let mut lines = head.split("\r\n");
        let mut first = lines.next().unwrap().splitn(3, ' ');
        let (method, target) = (first.next().unwrap(), first.next().unwrap());
        let headers = lines.filter(|line| !line.is_empty()).map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        });
        let headers = headers.collect();
        Self { method: method.into(), target: target.into(), headers, body }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter().filter(|(own, _)| own == name);
        let first = all.next()?.1.trim();
        assert!(all.next().is_none(), "{name} is there twice");
        Some(first)
    }
}

/// What the service knows of one key.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
}

/// Whether a request is signed as it has to be for this region and service. The error is what
/// AWS would answer: with the canonical request and the string to sign.
pub(crate) fn verify(
    request: &Received,
    account: &Account,
    region: &str,
    service: &str,
) -> Result<(), String> {
    let authorization = request.header("authorization").ok_or("MissingAuthenticationToken")?;
    let fields = authorization.strip_prefix("AWS4-HMAC-SHA256 ").ok_or("IncompleteSignature")?;
    let fields: BTreeMap<&str, &str> =
        fields.split(", ").filter_map(|field| field.split_once('=')).collect();
    let field = |name: &str| fields.get(name).copied().ok_or("IncompleteSignature");
    let (credential, names, signature) =
        (field("Credential")?, field("SignedHeaders")?, field("Signature")?);
    let stamp = request.header("x-amz-date").ok_or("no x-amz-date")?;
    let day = &stamp[..8];
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

    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let mut pairs: Vec<String> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| if pair.contains('=') { pair.to_owned() } else { format!("{pair}=") })
        .collect();
    pairs.sort();
    let mut canonical = format!("{}\n{}\n{}\n", request.method, again(path), pairs.join("&"));
    for name in &signed {
        let values: Vec<String> = request
            .headers
            .iter()
            .filter(|(own, _)| own == name)
            .map(|(_, value)| value.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        writeln!(canonical, "{name}:{}", values.join(",")).unwrap();
    }
    write!(canonical, "\n{names}\n{}", hash(&request.body)).unwrap();
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

/// Each segment, encoded once more than it came.
fn again(path: &str) -> String {
    let mut out = String::new();
    for c in path.chars() {
        match c {
            '/' | '-' | '.' | '_' | '~' | '0'..='9' | 'a'..='z' | 'A'..='Z' => out.push(c),
            _ => write!(out, "%{:02X}", c as u32).unwrap(),
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
