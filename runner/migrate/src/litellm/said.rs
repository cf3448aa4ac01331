//! What the file says, with its references to the environment, and what is said of it.

use crate::yaml::{Node, ReadError, Table, Value, number};
use crate::{Kind, Literal, Note};
use hotcell::catalogue;
use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How LiteLLM refers to a variable.
const REFERENCE: &str = "os.environ/";

/// A secret, before it is known where it will be looked for. It has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Secret {
    /// An environment variable.
    Variable(String),
    /// It stands in the file. Kept to tell one from another, and for nothing else.
    Literal { value: String, line: usize, setting: String },
}

/// The file's words.
pub(super) struct Said<'a> {
    environment: &'a dyn Fn(&str) -> Option<String>,
    /// `environment_variables`, with their lines.
    own: BTreeMap<String, (usize, Option<String>)>,
    /// Variables that have to be set where the gateway starts.
    asked: BTreeSet<String>,
    /// Variables whose values are in the configuration.
    carried: BTreeSet<String>,
    /// Those of them that hold secrets.
    secret: BTreeSet<String>,
    notes: Vec<Note>,
    literals: Vec<Literal>,
}

impl<'a> Said<'a> {
    pub(super) fn new(
        all: &Table,
        environment: &'a dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ReadError> {
        let mut own = BTreeMap::new();
        if let Some(node) = all.said("environment_variables") {
            for (name, line, value) in node.table("environment_variables")?.iter() {
                let value = match &value.value {
                    Value::Text { text, .. } if !text.starts_with(REFERENCE) => Some(text.clone()),
                    _ => None,
                };
                own.insert(name.to_owned(), (line, value));
            }
        }
        Ok(Self {
            environment,
            own,
            asked: BTreeSet::new(),
            carried: BTreeSet::new(),
            secret: BTreeSet::new(),
            notes: Vec::new(),
            literals: Vec::new(),
        })
    }

    pub(super) fn note(
        &mut self,
        line: usize,
        kind: Kind,
        setting: impl Into<String>,
        message: impl Into<String>,
    ) {
        let (setting, message) = (setting.into(), message.into());
        self.notes.push(Note { file: None, line, kind, setting, message });
    }

    /// A secret that stands in the file is looked for elsewhere from now on.
    pub(super) fn moved(&mut self, line: usize, setting: &str, source: &str) {
        let (setting, source) = (setting.to_owned(), source.to_owned());
        self.literals.push(Literal { file: None, line, setting, source });
    }

    /// The text of a setting that is no secret. A reference is looked up now: a configuration
    /// of hotcell's has variables for secrets alone. None where the variable is not set, which
    /// is noted.
    pub(super) fn text(&mut self, node: &Node, setting: &str) -> Result<Option<String>, ReadError> {
        let text = node.text(setting)?;
        let Some(name) = reference(node, text, setting)? else { return Ok(Some(text.to_owned())) };
        match self.variable(name) {
            Some(value) => {
                self.carried.insert(name.to_owned());
                let message = format!("has the value that {name} has now");
                self.note(node.line, Kind::Differs, setting, message);
                Ok(Some(value))
            }
            None => {
                self.asked.insert(name.to_owned());
                let message = format!(
                    "is what the variable {name} holds, which is not set here; set it and migrate \
                     again"
                );
                self.note(node.line, Kind::LeftOut, setting, message);
                Ok(None)
            }
        }
    }

    /// The variable of the environment that a setting refers to, if it does. One that the file
    /// itself sets is none.
    pub(super) fn reference<'n>(
        &self,
        node: &'n Node,
        setting: &str,
    ) -> Result<Option<&'n str>, ReadError> {
        let name = reference(node, node.text(setting)?, setting)?;
        Ok(name.filter(|name| !self.own.contains_key(*name)))
    }

    /// What a variable holds that LiteLLM reads where a setting is not there. `setting` has it
    /// from now on.
    pub(super) fn implied(&mut self, name: &str, line: usize, setting: &str) -> Option<String> {
        let value = self.variable(name)?;
        self.carried.insert(name.to_owned());
        let message = format!("has the value that {name} has now");
        self.note(line, Kind::Differs, setting, message);
        Some(value)
    }

    /// The name of such a variable, where it is set, and holds a secret. That stays where it is.
    pub(super) fn implied_secret(&mut self, name: &str) -> Option<String> {
        self.variable(name)?;
        self.asked.insert(name.to_owned());
        self.secret.insert(name.to_owned());
        Some(name.to_owned())
    }

    /// The value of a variable, of the environment or else of the file's own.
    fn variable(&self, name: &str) -> Option<String> {
        let set = (self.environment)(name).filter(|value| !value.is_empty());
        set.or_else(|| self.own.get(name).and_then(|(_, value)| value.clone()))
    }

    /// What a variable holds that may be the name of a file or a secret: the former.
    pub(super) fn file_in(&mut self, name: &str) -> Option<String> {
        let value = self.variable(name)?;
        let is_path = value.len() < 4096 && !value.contains(['{', '\n']) && value.contains('.');
        is_path.then_some(value)
    }

    /// A number that is not negative.
    pub(super) fn number(&mut self, node: &Node, setting: &str) -> Result<Option<f64>, ReadError> {
        let Some(text) = self.text(node, setting)? else { return Ok(None) };
        number(&text).map(Some).ok_or_else(|| node.wrong(setting, "a number"))
    }

    /// Seconds, in milliseconds.
    pub(super) fn milliseconds(
        &mut self,
        node: &Node,
        setting: &str,
    ) -> Result<Option<u64>, ReadError> {
        Ok(self.number(node, setting)?.map(|seconds| (seconds * 1000.0).round() as u64))
    }

    /// A whole number, from 0 to `u32::MAX`.
    pub(super) fn count(&mut self, node: &Node, setting: &str) -> Result<Option<u32>, ReadError> {
        let Some(number) = self.number(node, setting)? else { return Ok(None) };
        match number.fract() == 0.0 && number <= f64::from(u32::MAX) {
            true => Ok(Some(number as u32)),
            false => Err(node.wrong(setting, "a whole number")),
        }
    }

    /// A secret. None where there is nothing.
    pub(super) fn secret(
        &mut self,
        node: &Node,
        setting: &str,
    ) -> Result<Option<Secret>, ReadError> {
        let text = node.text(setting)?;
        if let Some(name) = reference(node, text, setting)? {
            self.asked.insert(name.to_owned());
            self.secret.insert(name.to_owned());
            return Ok(Some(Secret::Variable(name.to_owned())));
        }
        let value = text.to_owned();
        Ok((!value.is_empty()).then(|| Secret::Literal {
            value,
            line: node.line,
            setting: setting.to_owned(),
        }))
    }

    /// All that was said, in the order of the file's lines.
    pub(super) fn end(mut self) -> (Vec<Note>, Vec<Literal>) {
        self.own_variables();
        self.notes.sort_by_key(|note| note.line);
        // The same of many deployments is said once.
        let mut notes: Vec<Note> = Vec::new();
        let mut more: Vec<usize> = Vec::new();
        let mut first: HashMap<(Kind, String, String), usize> = HashMap::new();
        for note in self.notes {
            let same = (note.kind, last_word(&note.setting).to_owned(), note.message.clone());
            match first.entry(same) {
                Occupied(at) if notes[*at.get()].setting == note.setting => {}
                Occupied(at) => more[*at.get()] += 1,
                Vacant(place) => {
                    place.insert(notes.len());
                    notes.push(note);
                    more.push(0);
                }
            }
        }
        for (note, more) in notes.iter_mut().zip(more) {
            match more {
                0 => {}
                1 => note.message.push_str(" (and once more)"),
                _ => note.message.push_str(&format!(" (and {more} times more)")),
            }
        }
        self.literals.sort_by(|one, other| {
            (one.line, &one.setting, &one.source).cmp(&(other.line, &other.setting, &other.source))
        });
        self.literals.dedup();
        (notes, self.literals)
    }

    /// What LiteLLM would have put into its own environment.
    fn own_variables(&mut self) {
        let (mut secret, mut asked) = (BTreeSet::new(), BTreeSet::new());
        for entry in catalogue::providers() {
            secret.extend(entry.secrets.values().flat_map(|names| names.iter()));
            let others = entry.variables.values().chain(entry.places.values());
            asked.extend(others.flat_map(|names| names.iter()));
        }
        for (name, (line, value)) in std::mem::take(&mut self.own) {
            let setting = format!("environment_variables.{name}");
            let is_secret = self.secret.contains(&name) || secret.contains(name.as_str());
            if !is_secret && self.carried.contains(&name) {
                self.note(line, Kind::Needless, setting, "its value stands where it is used");
                continue;
            }
            if !is_secret && !self.asked.contains(&name) && !asked.contains(name.as_str()) {
                self.note(line, Kind::Needless, setting, "nothing here reads this variable");
                continue;
            }
            let is_set = (self.environment)(&name).is_some_and(|value| !value.is_empty());
            if is_secret && value.is_some() && !is_set {
                self.moved(line, &setting, &format!("env:{name}"));
            }
            let message = "hotcell sets no variables for itself: set it where `hotcell serve` is \
                           started, such as a unit or a container";
            self.note(line, Kind::ToDo, setting, message);
        }
    }
}

/// The variable that a text refers to. Its name is not repeated where it is none: somebody may
/// have written the key itself there.
fn reference<'t>(node: &Node, text: &'t str, setting: &str) -> Result<Option<&'t str>, ReadError> {
    let Some(name) = text.strip_prefix(REFERENCE) else { return Ok(None) };
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    match !name.is_empty() && name.len() <= 128 && name.chars().all(is_name) {
        true => Ok(Some(name)),
        false => {
            let message = format!("`{}` refers to no variable", crate::yaml::shown(setting));
            Err(ReadError::at(node.line, message)
                .with_help("write `os.environ/NAME`, with letters, digits and `_` in the name"))
        }
    }
}

fn last_word(setting: &str) -> &str {
    setting.rsplit('.').next().unwrap_or(setting)
}
