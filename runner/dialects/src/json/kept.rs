//! Members that are kept until they are written.

use super::{Members, splice, string};

/// An object with more members than this is none of a protocol. It keeps hostile ones from
/// being searched for long.
const MOST_MEMBERS: usize = 256;

/// The members of an object, their values as they stand; of several with one name the last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept(Vec<(String, String)>);

impl Kept {
    /// Of JSON text; none where it is no object, or has too many members.
    pub(crate) fn of(json: &str) -> Option<Self> {
        let mut kept = Self::default();
        for (name, value) in Members::of(json)?.0 {
            if kept.0.len() >= MOST_MEMBERS {
                return None;
            }
            kept.set(&name, value);
        }
        Some(kept)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A member's JSON text.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A member that is a string.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.get(name)?).ok()
    }

    /// Takes a member out.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        let position = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(position).1)
    }

    /// Leaves out what is written elsewhere.
    pub(crate) fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|(known, _)| !names.contains(&known.as_str()));
        self
    }

    /// Puts JSON text in the place of a member, or behind all of them.
    pub(crate) fn set(&mut self, name: &str, json: impl Into<String>) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, value)) => *value = json.into(),
            None => self.0.push((name.to_owned(), json.into())),
        }
    }

    /// Adds others, which count where both have a member.
    pub(crate) fn merge(&mut self, others: Self) {
        for (name, value) in others.0 {
            self.set(&name, value);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Writes each member with a comma behind it.
    pub(crate) fn write_before(&self, out: &mut Vec<u8>) {
        for (name, value) in self.iter() {
            string(name, out);
            out.push(b':');
            splice(value, out);
            out.push(b',');
        }
    }

    /// Writes each member with a comma before it.
    pub(crate) fn write_behind(&self, out: &mut Vec<u8>) {
        for (name, value) in self.iter() {
            out.push(b',');
            string(name, out);
            out.push(b':');
            splice(value, out);
        }
    }
}
