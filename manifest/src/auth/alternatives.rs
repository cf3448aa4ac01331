//! One scheme, or several of which a provider takes one.

use super::Auth;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The ways of authenticating that an endpoint takes, of which a provider uses one: a table,
/// or a list of tables with different schemes.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternatives(Vec<Auth>);

impl Alternatives {
    /// All of them, in the order of the manifest.
    pub fn iter(&self) -> std::slice::Iter<'_, Auth> {
        self.0.iter()
    }

    /// The one of this scheme.
    pub fn named(&self, scheme: &str) -> Option<&Auth> {
        self.iter().find(|auth| auth.scheme() == scheme)
    }

    /// The one that stands first.
    pub fn first(&self) -> &Auth {
        const NONE: &Auth = &Auth::None;
        self.0.first().unwrap_or(NONE)
    }

    /// Whether there is a choice.
    pub fn are_several(&self) -> bool {
        self.0.len() > 1
    }

    pub(crate) fn check(&self, has_setting: impl Fn(&str) -> bool) -> Result<(), String> {
        if self.0.is_empty() {
            return Err("an empty list offers nothing; leave it out".to_owned());
        }
        for (index, auth) in self.iter().enumerate() {
            let scheme = auth.scheme();
            if self.iter().skip(index + 1).any(|other| other.scheme() == scheme) {
                return Err(format!("offers `{scheme}` twice"));
            }
            auth.check(&has_setting).map_err(|why| format!("{scheme}: {why}"))?;
        }
        Ok(())
    }
}

impl Default for Alternatives {
    fn default() -> Self {
        Self(vec![Auth::None])
    }
}

impl From<Auth> for Alternatives {
    fn from(auth: Auth) -> Self {
        Self(vec![auth])
    }
}

impl FromIterator<Auth> for Alternatives {
    fn from_iter<I: IntoIterator<Item = Auth>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a Alternatives {
    type Item = &'a Auth;
    type IntoIter = std::slice::Iter<'a, Auth>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Serialize for Alternatives {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0[..] {
            [one] => one.serialize(serializer),
            all => all.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Alternatives {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TableOrList;

        impl<'de> Visitor<'de> for TableOrList {
            type Value = Alternatives;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table with a `scheme`, or a list of such tables")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Alternatives, A::Error> {
                Auth::deserialize(MapAccessDeserializer::new(map)).map(Alternatives::from)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Alternatives, A::Error> {
                let mut all = Vec::new();
                while let Some(auth) = list.next_element()? {
                    all.push(auth);
                }
                Ok(Alternatives(all))
            }
        }

        deserializer.deserialize_any(TableOrList)
    }
}
