//! A value of a file, with its line.

use super::{ReadError, shown};
use std::collections::HashMap;

/// A value. It has no `Debug`: a key of somebody's may be in it.
#[derive(Clone)]
pub(crate) struct Node {
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) value: Value,
}

#[derive(Clone)]
pub(crate) enum Value {
    Null,
    /// `plain` is one without quotes, which may be a number or a truth value.
    Text {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Table(Table),
}

/// Entries in the order of the file.
#[derive(Clone, Default)]
pub(crate) struct Table {
    entries: Vec<Entry>,
    /// Where a key is among them.
    index: HashMap<String, usize>,
}

#[derive(Clone)]
struct Entry {
    key: String,
    line: usize,
    /// Taken over from another table: it may be said anew.
    is_merged: bool,
    value: Node,
}

impl Table {
    /// The value of this key.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value of this key, where it says something.
    pub(crate) fn said(&self, key: &str) -> Option<&Node> {
        self.get(key).filter(|node| !matches!(node.value, Value::Null))
    }

    /// Keys with their lines and values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, usize, &Node)> {
        self.entries.iter().map(|entry| (entry.key.as_str(), entry.line, &entry.value))
    }

    /// Where a key of this table's own stands.
    pub(super) fn line_of(&self, key: &str) -> Option<usize> {
        self.entry(key).filter(|entry| !entry.is_merged).map(|entry| entry.line)
    }

    fn entry(&self, key: &str) -> Option<&Entry> {
        self.index.get(key).map(|at| &self.entries[*at])
    }

    pub(super) fn insert(&mut self, key: String, line: usize, value: Node) {
        let entry = Entry { key, line, is_merged: false, value };
        match self.index.get(&entry.key) {
            Some(at) => self.entries[*at] = entry,
            None => self.push(entry),
        }
    }

    /// Takes in the table of another file as LiteLLM does: a list goes on, and of everything else
    /// what comes later counts.
    pub(crate) fn include(&mut self, other: Self) {
        for Entry { key, line, value, .. } in other.entries {
            let own = self.index.get(&key).map(|at| &mut self.entries[*at].value.value);
            match (own, value) {
                (Some(Value::List(own)), Node { value: Value::List(more), .. }) => own.extend(more),
                (_, value) => self.insert(key, line, value),
            }
        }
    }

    /// Takes out the value of this key.
    pub(crate) fn remove(&mut self, key: &str) -> Option<Node> {
        let at = self.index.remove(key)?;
        let entry = self.entries.remove(at);
        self.index.values_mut().filter(|it| **it > at).for_each(|it| *it -= 1);
        Some(entry.value)
    }

    fn push(&mut self, entry: Entry) {
        self.index.insert(entry.key.clone(), self.entries.len());
        self.entries.push(entry);
    }

    /// Takes over what is not there yet.
    pub(super) fn merge(&mut self, node: Node, line: usize) -> Result<(), ReadError> {
        let tables = match node.value {
            Value::Table(table) => vec![table],
            Value::List(list) => {
                let tables = list.into_iter().map(|node| match node.value {
                    Value::Table(table) => Ok(table),
                    _ => Err(no_table(line)),
                });
                tables.collect::<Result<Vec<_>, _>>()?
            }
            _ => return Err(no_table(line)),
        };
        self.defaults(tables);
        Ok(())
    }

    /// Takes over what is not there yet: of several tables the first counts.
    pub(crate) fn defaults(&mut self, tables: impl IntoIterator<Item = Self>) {
        for entry in tables.into_iter().flat_map(|table| table.entries) {
            if self.get(&entry.key).is_none() {
                self.push(Entry { is_merged: true, ..entry });
            }
        }
    }
}

fn no_table(line: usize) -> ReadError {
    ReadError::at(line, "`<<` takes over the entries of a table, or of a list of tables")
}

impl Node {
    /// Counts its lines from so many more on.
    pub(crate) fn move_down(&mut self, lines: usize) {
        self.line += lines;
        match &mut self.value {
            Value::Null | Value::Text { .. } => {}
            Value::List(list) => list.iter_mut().for_each(|node| node.move_down(lines)),
            Value::Table(table) => {
                for entry in &mut table.entries {
                    entry.line += lines;
                    entry.value.move_down(lines);
                }
            }
        }
    }

    /// Whether it asks for nothing: `null`, `false`, or without entries.
    pub(crate) fn is_off(&self) -> bool {
        match &self.value {
            Value::Null => true,
            Value::Text { .. } => self.truth() == Some(false),
            Value::List(list) => list.is_empty(),
            Value::Table(table) => table.entries.is_empty(),
        }
    }

    /// A table. `what` is its name in the file.
    pub(crate) fn table(&self, what: &str) -> Result<&Table, ReadError> {
        match &self.value {
            Value::Table(table) => Ok(table),
            _ => Err(self.wrong(what, "a table")),
        }
    }

    /// A list.
    pub(crate) fn list(&self, what: &str) -> Result<&[Node], ReadError> {
        match &self.value {
            Value::List(list) => Ok(list),
            _ => Err(self.wrong(what, "a list")),
        }
    }

    /// A text; a number is one too.
    pub(crate) fn text(&self, what: &str) -> Result<&str, ReadError> {
        match &self.value {
            Value::Text { text, .. } => Ok(text),
            _ => Err(self.wrong(what, "a text")),
        }
    }

    /// What a truth value says, where it is one.
    pub(crate) fn truth(&self) -> Option<bool> {
        let Value::Text { text, .. } = &self.value else { return None };
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => None,
        }
    }

    /// What is wrong about it. Its value is not repeated.
    pub(crate) fn wrong(&self, what: &str, wanted: &str) -> ReadError {
        let is = match &self.value {
            Value::Null => "nothing",
            Value::Text { plain: true, .. } => "a single value",
            Value::Text { .. } => "a text",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        };
        ReadError::at(self.line, format!("`{}` has to be {wanted}, and is {is}", shown(what)))
    }
}

/// A number that is not negative, as YAML 1.1 has it: `20_000`, `0.5`, `1e3`.
pub(crate) fn number(text: &str) -> Option<f64> {
    let digits = text.trim().replace('_', "");
    let begins = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let number: f64 = digits.parse().ok()?;
    (begins && number.is_finite()).then_some(number)
}
