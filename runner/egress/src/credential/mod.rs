//! Credentials: where they come from, and how they are added to a request that
//! has already been checked. Nothing here decides where a request may go.

mod scheme;
mod seal;
mod source;
mod watchword;

pub(crate) use scheme::{apply, basic, header_name, percent_encoded};
pub use seal::Seal;
pub use source::{SecretError, SecretSource};
pub use watchword::Watchword;

use crate::ahead::Ahead;
use crate::authority::Authority;
use crate::error::{EgressError, ErrorKind};
use secrecy::ExposeSecret;
use std::collections::{BTreeMap, BTreeSet};

/// A value that prints as `[REDACTED]` and is cleared when it is dropped.
pub(crate) type Secret = secrecy::SecretString;

/// The values of one provider's secrets, read when they are first needed.
pub(crate) struct Credentials {
    values: BTreeMap<String, Secret>,
}

impl Credentials {
    /// Reads every source that was not read ahead. An optional secret that is not there is
    /// left out.
    pub(crate) fn read(
        sources: &BTreeMap<String, SecretSource>,
        optional: &BTreeSet<String>,
        ahead: Option<&Ahead>,
        authority: &Authority,
    ) -> Result<Self, EgressError> {
        let mut values = BTreeMap::new();
        for (name, source) in sources {
            let known = ahead.and_then(|ahead| ahead.get(name)).cloned();
            match known.unwrap_or_else(|| source.read(authority)) {
                Ok(value) => {
                    let visible = |byte: u8| (b' '..=b'~').contains(&byte);
                    if !value.expose_secret().bytes().all(visible) {
                        return Err(EgressError::new(
                            ErrorKind::Authentication,
                            format!(
                                "the secret `{name}` from {source} has characters that no header can carry; check for a stray line break"
                            ),
                        ));
                    }
                    values.insert(name.clone(), value);
                }
                Err(SecretError::Absent { .. }) if optional.contains(name) => {}
                Err(error) => {
                    return Err(EgressError::new(
                        ErrorKind::Authentication,
                        format!("no `{name}`: {error}"),
                    ));
                }
            }
        }
        Ok(Self { values })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Secret> {
        self.values.get(name)
    }

    /// Everything that must not come back: the values, and what schemes make of them.
    pub(crate) fn sensitive(&self) -> Vec<Secret> {
        let mut all: Vec<Secret> = self.values.values().cloned().collect();
        let pairs = self.values.values().flat_map(|user| {
            self.values.values().map(move |password| {
                Secret::from(scheme::basic(user.expose_secret(), password.expose_secret()))
            })
        });
        if self.values.len() == 2 {
            all.extend(pairs);
        }
        all
    }
}
