//! Who asks AWS, and how it is told.
//!
//! [`chain`] decides where the keys come from, by what the process is told and by the files
//! of AWS's own tools; nothing is asked for that. [`fetch`] goes there. [`sign`] uses them.

mod chain;
mod given;
mod metadata;
mod profile;
pub(crate) mod sign;
mod sso;
mod sts;
mod surroundings;

use crate::credential::Secret;
use std::time::SystemTime;

/// An access key. The session token and the end of its validity belong to keys that are
/// given out for some hours.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub(crate) id: Secret,
    pub(crate) secret: Secret,
    pub(crate) token: Option<Secret>,
    pub(crate) expires: Option<SystemTime>,
}

impl Keys {
    /// None where one is missing, or has something that no header can carry.
    pub(crate) fn new(
        id: Option<Secret>,
        secret: Option<Secret>,
        token: Option<Secret>,
        expires: Option<SystemTime>,
    ) -> Option<Self> {
        use secrecy::ExposeSecret as _;
        let is_one = |it: &Secret| {
            let text = it.expose_secret();
            (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let (id, secret) = (id.filter(is_one)?, secret.filter(is_one)?);
        let token = token.filter(|token| !token.expose_secret().is_empty());
        match token.as_ref().is_none_or(is_one) {
            true => Some(Self { id, secret, token, expires }),
            false => None,
        }
    }
}

/// Of one part of a key. AWS names no limit of session tokens; they have 1 to 4 kB.
const LONGEST: usize = 16 * 1024;
