//! YAML with the lines that it came from, read within bounds.
//!
//! The parser gives events and builds nothing; what is built here is a tree of at most
//! [`NODES`] nodes and [`DEPTH`] levels, what an alias stands for counted each time. A scalar
//! stays the text that it is until somebody asks for a number: so `no`, `0x10` and `20_000`
//! are read as the program reads that the file was written for, which is by YAML 1.1.

mod node;

pub(crate) use node::{Node, Table, Value, number};

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::PathBuf;
use thiserror::Error;

/// Bytes of a file. The largest configurations that people publish have some 200 kB.
pub(crate) const BYTES: usize = 4 * 1024 * 1024;
/// Values of a file, those counted again that an alias repeats.
pub(crate) const NODES: usize = 400_000;
/// Levels of lists and tables in one another.
pub(crate) const DEPTH: usize = 64;

/// Why a file is not accepted.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct ReadError {
    /// The file, where it is not the first one, but one that was included.
    pub file: Option<PathBuf>,
    /// Counted from 1; 0 where it is about no single line.
    pub line: usize,
    /// Counted from 1, in characters; 0 where it is about no single place.
    pub column: usize,
    /// What is wrong. Never a value of the file's, which may be a secret.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

impl ReadError {
    pub(crate) fn at(line: usize, message: impl Into<String>) -> Self {
        Self { file: None, line, column: 0, message: message.into(), help: None }
    }

    pub(crate) fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// Reads one document. An empty one is a table without entries. `nodes` are those that others had
/// before it, and are added up.
pub(crate) fn read(text: &str, nodes: &mut usize) -> Result<Node, ReadError> {
    if text.len() > BYTES {
        let message = format!("is larger than {} MiB", BYTES / 1024 / 1024);
        return Err(ReadError::at(0, message).with_help("divide it, or remove what is not needed"));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = Builder { nodes: *nodes, ..Builder::default() };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| ReadError {
            file: None,
            line: error.marker().line(),
            column: error.marker().col() + 1,
            message: format!("is not YAML: {}", error.info()),
            help: None,
        })?;
        builder.take(event, span)?;
    }
    *nodes = builder.nodes;
    Ok(builder.root.unwrap_or(Node { line: 1, value: Value::Table(Table::default()) }))
}

/// What is open while a document is read.
#[derive(Default)]
struct Builder {
    root: Option<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    documents: usize,
    nodes: usize,
}

/// A list or table that has not ended yet.
struct Open {
    line: usize,
    anchor: usize,
    /// How many nodes there were before it.
    before: usize,
    inside: Inside,
}

enum Inside {
    List(Vec<Node>),
    /// With the key whose value is next.
    Table(Table, Option<Key>),
}

/// A key, before its value is known.
struct Key {
    text: String,
    line: usize,
    /// `<<`, which takes over the entries of other tables.
    is_merge: bool,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), ReadError> {
        let (line, column) = (span.start.line(), span.start.col() + 1);
        let place = |error: ReadError| ReadError { line, column, ..error };
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    let error = ReadError::at(line, "a second document begins here");
                    return Err(
                        error.with_help("a configuration is one document: remove the `---`")
                    );
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                let plain = plain && self.scalar_tag(tag.as_deref()).map_err(place)?;
                let text = text.into_owned();
                if self.wants_key() {
                    return self.key(text, line, plain);
                }
                let value = match plain && is_null(&text) {
                    true => Value::Null,
                    false => Value::Text { text, plain },
                };
                self.count(1, line)?;
                self.finish(Node { line, value }, anchor, 1)
            }
            Event::SequenceStart(anchor, tag) => {
                self.collection_tag(tag, "seq").map_err(place)?;
                self.begin(line, anchor, Inside::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                self.collection_tag(tag, "map").map_err(place)?;
                self.begin(line, anchor, Inside::Table(Table::default(), None))
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                let value = match open.inside {
                    Inside::List(list) => Value::List(list),
                    Inside::Table(table, _) => Value::Table(table),
                };
                let size = self.nodes - open.before;
                self.finish(Node { line: open.line, value }, open.anchor, size)
            }
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor) else {
                    let error =
                        ReadError::at(line, "this alias stands for something that it is in");
                    return Err(error.with_help("write out what it stands for"));
                };
                let (node, size) = (node.clone(), *size);
                if self.wants_key() {
                    let Value::Text { text, plain } = node.value else { return Err(no_key(line)) };
                    return self.key(text, line, plain);
                }
                self.count(size, line)?;
                self.finish(node, 0, size)
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    /// Whether a key of a table is next.
    fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { inside: Inside::Table(_, None), .. }))
    }

    fn key(&mut self, text: String, line: usize, plain: bool) -> Result<(), ReadError> {
        self.count(1, line)?;
        let is_merge = plain && text == "<<";
        let Some(Open { inside: Inside::Table(table, key), .. }) = self.open.last_mut() else {
            return Ok(());
        };
        if let Some(first) = table.line_of(&text)
            && !is_merge
        {
            // A key that was taken from elsewhere may be said anew; one of this table may not.
            let message = format!("`{}` stands here twice, first in line {first}", shown(&text));
            return Err(ReadError::at(line, message).with_help(
                "LiteLLM takes the last one without a word: remove the one that is not meant",
            ));
        }
        *key = Some(Key { text, line, is_merge });
        Ok(())
    }

    fn begin(&mut self, line: usize, anchor: usize, inside: Inside) -> Result<(), ReadError> {
        if self.wants_key() {
            return Err(no_key(line));
        }
        if self.open.len() == DEPTH {
            let message = format!("lists and tables are more than {DEPTH} levels deep here");
            return Err(ReadError::at(line, message));
        }
        let before = self.nodes;
        self.count(1, line)?;
        self.open.push(Open { line, anchor, before, inside });
        Ok(())
    }

    /// A value is whole: it goes to where it belongs.
    fn finish(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), ReadError> {
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.open.last_mut().map(|open| &mut open.inside) {
            None => self.root = Some(node),
            Some(Inside::List(list)) => list.push(node),
            Some(Inside::Table(table, key)) => match key.take() {
                Some(Key { is_merge: true, line, .. }) => table.merge(node, line)?,
                Some(Key { text, line, .. }) => table.insert(text, line, node),
                None => {}
            },
        }
        Ok(())
    }

    fn count(&mut self, more: usize, line: usize) -> Result<(), ReadError> {
        self.nodes = self.nodes.saturating_add(more);
        if self.nodes > NODES {
            let message =
                format!("has more than {NODES} values, those of aliases counted each time");
            return Err(ReadError::at(line, message).with_help("write out less by aliases"));
        }
        Ok(())
    }

    /// Whether a scalar with this tag is still to be interpreted.
    fn scalar_tag(&self, tag: Option<&Tag>) -> Result<bool, ReadError> {
        let Some(tag) = tag else { return Ok(true) };
        match tag.suffix.as_str() {
            "str" if tag.is_yaml_core_schema() => Ok(false),
            "int" | "float" | "bool" | "null" if tag.is_yaml_core_schema() => Ok(true),
            _ => Err(foreign(tag)),
        }
    }

    fn collection_tag(&self, tag: Option<Cow<'_, Tag>>, own: &str) -> Result<(), ReadError> {
        match tag {
            Some(tag) if !(tag.is_yaml_core_schema() && tag.suffix == own) => Err(foreign(&tag)),
            _ => Ok(()),
        }
    }
}

fn foreign(tag: &Tag) -> ReadError {
    let message = format!("the tag `{}` is not one of plain YAML's", shown(&tag.to_string()));
    ReadError::at(0, message)
        .with_help("LiteLLM reads plain YAML too: write the value itself, without the tag")
}

fn no_key(line: usize) -> ReadError {
    ReadError::at(line, "a key has to be a text here, and not a list or a table")
        .with_help("put quotes around a text that begins with a bracket")
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// A word of the file's in a message: short, and on one line.
pub(crate) fn shown(text: &str) -> String {
    let mut short: String = text.chars().filter(|c| !c.is_control()).take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests;
