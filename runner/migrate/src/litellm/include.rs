//! The files that a configuration is made of: LiteLLM takes those that it includes together with it.

use crate::yaml::{self, BYTES, Node, ReadError, Table};
use std::collections::{BTreeSet, VecDeque};
use std::path::{Component, Path, PathBuf};

/// Files at the most, those counted again that are called by another name.
const FILES: usize = 100;

/// The text of a file, or why it cannot be had.
pub(super) type Open<'a> = &'a dyn Fn(&Path) -> Result<String, String>;

/// Included files, with the lines that are before each: lines are numbered through all files while
/// they are read.
#[derive(Default)]
pub(super) struct Files(Vec<(usize, PathBuf)>);

/// Reads a file, and what it includes.
///
/// # Errors
/// What is wrong with one of them, with the file and the line.
pub(super) fn read(file: &Path, text: &str, open: Open<'_>) -> Result<(Table, Files), ReadError> {
    let mut files = Files::default();
    match files.read(file, text, open) {
        Ok(all) => Ok((all, files)),
        Err(error) => Err(files.placed(error)),
    }
}

impl Files {
    fn read(&mut self, file: &Path, text: &str, open: Open<'_>) -> Result<Table, ReadError> {
        let mut nodes = 0;
        let mut all = table(yaml::read(text, &mut nodes)?)?;
        let (mut bytes, mut lines) = (text.len(), text.lines().count() + 1);
        let mut pending = VecDeque::from(included(&mut all, file)?);
        let mut seen = BTreeSet::from([plain(file)]);
        while let Some((line, near, name)) = pending.pop_front() {
            let (path, text) = found(&name, &near, file, open)
                .map_err(|why| ReadError::at(line, format!("{}: {why}", name.display())))?;
            if !seen.insert(path.clone()) {
                continue;
            }
            bytes = bytes.saturating_add(text.len());
            if seen.len() > FILES || bytes > BYTES {
                let most = BYTES / 1024 / 1024;
                let message =
                    format!("all together there are more than {FILES} files or {most} MiB");
                return Err(ReadError::at(line, message).with_help("remove what is not needed"));
            }
            let document = yaml::read(&text, &mut nodes);
            let mut document =
                document.map_err(|error| ReadError { file: Some(path.clone()), ..error })?;
            document.move_down(lines);
            self.0.push((lines, path.clone()));
            lines += text.lines().count() + 1;
            let mut more = table(document)?;
            pending.extend(included(&mut more, &path)?);
            all.include(more);
        }
        Ok(all)
    }

    /// The file of a line, where it is an included one, and its number there.
    pub(super) fn place(&self, line: usize) -> (Option<PathBuf>, usize) {
        match self.0.iter().rfind(|(before, _)| *before < line) {
            Some((before, file)) => (Some(file.clone()), line - before),
            None => (None, line),
        }
    }

    pub(super) fn placed(&self, error: ReadError) -> ReadError {
        match &error.file {
            Some(_) => error,
            None => {
                let (file, line) = self.place(error.line);
                ReadError { file, line, ..error }
            }
        }
    }

    pub(super) fn into_paths(self) -> Vec<PathBuf> {
        self.0.into_iter().map(|(_, file)| file).collect()
    }
}

fn table(document: Node) -> Result<Table, ReadError> {
    match document.is_off() {
        true => Ok(Table::default()),
        false => document.table("the file").cloned(),
    }
}

/// A file that is included: by which line, beside which other one, and what it is called there.
type Pending = (usize, PathBuf, PathBuf);

/// Takes out what a file includes.
fn included(table: &mut Table, file: &Path) -> Result<Vec<Pending>, ReadError> {
    let Some(node) = table.remove("include").filter(|node| !node.is_off()) else {
        return Ok(Vec::new());
    };
    let names = node.list("include")?.iter();
    names.map(|name| Ok((name.line, file.to_owned(), name.text("include")?.into()))).collect()
}

/// A file beside the one that names it or, as LiteLLM did before, beside the first one.
fn found(
    name: &Path,
    near: &Path,
    first: &Path,
    open: Open<'_>,
) -> Result<(PathBuf, String), String> {
    let beside = |file: &Path| plain(&file.parent().unwrap_or(Path::new("")).join(name));
    let (path, other) = (beside(near), beside(first));
    match open(&path) {
        Ok(text) => Ok((path, text)),
        Err(why) => open(&other).map(|text| (other, text)).map_err(|_| why),
    }
}

/// A path without `.` and `..`, as far as that shows: a file is read once, whatever it is called.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}
