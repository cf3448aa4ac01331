//! The entries of one table, of which none is forgotten.

use super::said::{Said, Secret};
use crate::Kind;
use crate::yaml::{Node, ReadError, Table};
use std::collections::BTreeSet;

/// What is to be said of an entry that is not carried.
pub(super) type Word = (&'static str, Kind, &'static str);

/// A table, and which of its entries were looked at.
pub(super) struct Params {
    table: Table,
    /// Its name in the file.
    pub(super) name: String,
    /// Where it stands.
    pub(super) line: usize,
    seen: BTreeSet<String>,
}

impl Params {
    pub(super) fn new(table: Table, name: impl Into<String>, line: usize) -> Self {
        Self { table, name: name.into(), line, seen: BTreeSet::new() }
    }

    /// The full name of an entry.
    pub(super) fn setting(&self, key: &str) -> String {
        format!("{}.{key}", self.name)
    }

    /// An entry that says something.
    pub(super) fn take(&mut self, key: &str) -> Option<Node> {
        self.seen.insert(key.to_owned());
        self.table.said(key).cloned()
    }

    /// The line of an entry, or of the table.
    pub(super) fn line_of(&self, key: &str) -> usize {
        self.table.get(key).map_or(self.line, |node| node.line)
    }

    pub(super) fn text(
        &mut self,
        key: &str,
        said: &mut Said<'_>,
    ) -> Result<Option<String>, ReadError> {
        let Some(node) = self.take(key) else { return Ok(None) };
        Ok(said.text(&node, &self.setting(key))?.filter(|text| !text.is_empty()))
    }

    pub(super) fn secret(
        &mut self,
        key: &str,
        said: &mut Said<'_>,
    ) -> Result<Option<Secret>, ReadError> {
        match self.take(key) {
            Some(node) => said.secret(&node, &self.setting(key)),
            None => Ok(None),
        }
    }

    pub(super) fn number(
        &mut self,
        key: &str,
        said: &mut Said<'_>,
    ) -> Result<Option<f64>, ReadError> {
        match self.take(key) {
            Some(node) => said.number(&node, &self.setting(key)),
            None => Ok(None),
        }
    }

    pub(super) fn count(
        &mut self,
        key: &str,
        said: &mut Said<'_>,
    ) -> Result<Option<u32>, ReadError> {
        match self.take(key) {
            Some(node) => said.count(&node, &self.setting(key)),
            None => Ok(None),
        }
    }

    pub(super) fn milliseconds(
        &mut self,
        key: &str,
        said: &mut Said<'_>,
    ) -> Result<Option<u64>, ReadError> {
        match self.take(key) {
            Some(node) => said.milliseconds(&node, &self.setting(key)),
            None => Ok(None),
        }
    }

    /// Says of each entry that was not looked at what there is to say; an entry that is
    /// switched off asks for nothing.
    pub(super) fn end(&self, words: &[&[Word]], unknown: &str, said: &mut Said<'_>) {
        for (key, line, node) in self.table.iter() {
            if self.seen.contains(key) || node.is_off() {
                continue;
            }
            let found =
                words.iter().copied().flatten().find(|(name, ..)| match name.strip_suffix('*') {
                    Some(beginning) => key.starts_with(beginning),
                    None => key == *name,
                });
            let (kind, message) =
                found.map_or((Kind::LeftOut, unknown), |(_, kind, why)| (*kind, why));
            said.note(line, kind, self.setting(crate::yaml::shown(key).as_str()), message);
        }
    }
}
