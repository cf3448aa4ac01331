//! Who asks AWS, and how it is told.

mod profile;
pub(crate) mod sign;

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
