//! How one is let in: by a key, by a signature that is computed again, or by a token that this
//! mock gave out and that has not expired.

pub(crate) mod issuer;
pub mod sigv4;

use crate::Recorded;
use crate::provider::Provider;
use crate::script::Refusal;
use crate::{Mock, State};
use sigv4::{Account, Received};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The region that signatures have to be for.
const REGION: &str = "us-east-1";
/// How far a signature's time may be from now: what AWS permits.
const SKEW: u64 = 15 * 60;

/// One way to be let in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lock {
    /// The key itself, in this header, after this word.
    Key { header: &'static str, prefix: &'static str },
    /// A signature of AWS, for this service.
    Signature(&'static str),
    /// A token, as bearer, of this issuer.
    Token(&'static str),
}

/// Somebody who was let in.
#[derive(Clone, Debug)]
pub(crate) struct Admitted {
    /// What came as credential.
    pub(crate) credential: String,
    /// How it was checked.
    pub(crate) by: String,
}

/// A token that was given out.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) issuer: &'static str,
    pub(crate) until: Instant,
}

/// Tries the locks. Where no one fits, the refusal is that of the first for which something
/// came.
pub(crate) fn admit(
    provider: &Provider,
    request: &Recorded,
    key: Option<&str>,
    state: &State,
) -> Result<Admitted, Refusal> {
    let mut refusal = None;
    let denied = || Refusal {
        status: provider.denied.0,
        message: provider.denied.1.to_owned(),
        ..Refusal::of_status(401)
    };
    for lock in provider.locks {
        let tried = match *lock {
            Lock::Key { header, prefix } => {
                by_key(request, key, header, prefix).map_err(|()| denied())
            }
            Lock::Signature(service) => by_signature(request, key, service),
            Lock::Token(issuer) => by_token(request, state, issuer),
        };
        match tried {
            Ok(Some(admitted)) => return Ok(admitted),
            Ok(None) => {}
            // That a token has expired says more than that it is no key.
            Err(why) if why.code == Some("token_expired") => refusal = Some(why),
            Err(why) => refusal = Some(refusal.unwrap_or(why)),
        }
    }
    Err(refusal.unwrap_or_else(|| {
        let missing = match provider.locks.first() {
            Some(Lock::Key { header, .. }) => header,
            _ => "authorization",
        };
        Refusal {
            message: format!("No credential was sent: the header `{missing}` is missing."),
            ..Refusal::of_status(401)
        }
    }))
}

fn by_key(
    request: &Recorded,
    key: Option<&str>,
    header: &str,
    prefix: &str,
) -> Result<Option<Admitted>, ()> {
    let given = request.header(header).and_then(|value| value.strip_prefix(prefix));
    let Some(given) = given.filter(|given| !given.is_empty()) else { return Ok(None) };
    match key.is_none_or(|key| key == given) {
        true => {
            let by = format!("key in `{header}`: good");
            Ok(Some(Admitted { credential: given.to_owned(), by }))
        }
        false => Err(()),
    }
}

fn by_signature(
    request: &Recorded,
    key: Option<&str>,
    service: &str,
) -> Result<Option<Admitted>, Refusal> {
    let authorization = request.header("authorization").unwrap_or_default();
    if !authorization.starts_with("AWS4-") {
        return Ok(None);
    }
    let received = Received {
        method: request.method.clone(),
        target: request.path.clone(),
        headers: request.headers.clone(),
        body: request.body.to_vec(),
    };
    let account = Account {
        id: Mock::ACCESS_KEY_ID.to_owned(),
        secret: key.unwrap_or(Mock::KEY).to_owned(),
        token: None,
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let verdict = received.signed_at().and_then(|at| match at.abs_diff(now) <= SKEW {
        true => sigv4::verify(&received, &account, REGION, service),
        false => Err("Signature expired: it is more than 15 minutes from now".to_owned()),
    });
    match verdict {
        Ok(()) => {
            let by = "signature recomputed: good".to_owned();
            Ok(Some(Admitted { credential: authorization.to_owned(), by }))
        }
        Err(message) => Err(Refusal {
            message,
            code: Some("InvalidSignatureException"),
            ..Refusal::of_status(403)
        }),
    }
}

fn by_token(
    request: &Recorded,
    state: &State,
    issuer: &'static str,
) -> Result<Option<Admitted>, Refusal> {
    let given = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let Some(given) = given.filter(|given| !given.is_empty()) else { return Ok(None) };
    let inner = state.lock();
    let token = inner.tokens.iter().find(|token| token.text == given && token.issuer == issuer);
    match token.map(|token| token.until.checked_duration_since(Instant::now())) {
        Some(Some(left)) if left > Duration::ZERO => {
            let by = format!("token of the {issuer} endpoint, not expired: good");
            Ok(Some(Admitted { credential: given.to_owned(), by }))
        }
        Some(_) => Err(Refusal {
            message: "The access token has expired.".to_owned(),
            code: Some("token_expired"),
            ..Refusal::of_status(401)
        }),
        None => Err(Refusal::of_status(401)),
    }
}
