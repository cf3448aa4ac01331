//! The line that the user types in a conversation: editing, completion, history.

use crate::command::COMMANDS;
use crate::problem::Problem;
use crate::terminal::Terminal;
use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Config, Context, Editor, Helper};
use std::path::{Path, PathBuf};

/// How many lines the history keeps.
const HISTORY: usize = 1000;

/// What the user typed.
#[derive(Debug, PartialEq)]
pub(crate) enum Typed {
    Nothing,
    Prompt(String),
    /// Begins with `/`.
    Command(String),
    Leave,
}

/// Reads lines from the terminal.
pub(crate) struct PromptLine {
    editor: Editor<Completions, DefaultHistory>,
    history: Option<PathBuf>,
    prompt: (String, String),
}

impl PromptLine {
    /// Takes over the terminal's line, with the history of earlier conversations.
    pub(crate) fn open(terminal: &Terminal) -> Result<Self, Problem> {
        let config = Config::builder()
            .max_history_size(HISTORY)
            .map_err(unusable)?
            .auto_add_history(true)
            .build();
        let mut editor = Editor::with_config(config).map_err(unusable)?;
        editor.set_helper(Some(Completions { files: FilenameCompleter::new() }));
        let history = history_file();
        if let Some(file) = &history {
            // The first conversation has none.
            let _ = editor.load_history(file);
        }
        let prompt = ("> ".to_owned(), terminal.paint.code("> "));
        Ok(Self { editor, history, prompt })
    }

    /// The folder of the history, if there is one.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.history.as_deref()?.parent().filter(|folder| private_folder(folder).is_ok())
    }

    /// Waits for a line.
    pub(crate) fn read(&mut self) -> Result<Typed, Problem> {
        match self.editor.readline(&self.prompt) {
            Ok(line) => {
                self.keep();
                Ok(typed(&line))
            }
            Err(ReadlineError::Eof) => Ok(Typed::Leave),
            // Takes back what was typed, as a shell does.
            Err(ReadlineError::Interrupted) => Ok(Typed::Nothing),
            Err(error) => Err(unusable(error)),
        }
    }

    /// Writes the history down at once, so that a crash loses nothing.
    fn keep(&mut self) {
        if let Some(file) = &self.history
            && file.parent().is_some_and(|folder| private_folder(folder).is_ok())
        {
            // A history that cannot be written is no reason to stop talking.
            let _ = self.editor.append_history(file);
        }
    }
}

fn typed(line: &str) -> Typed {
    let text = line.replace("\\\n", "\n");
    let text = text.trim();
    match text {
        "" => Typed::Nothing,
        "exit" | "quit" => Typed::Leave,
        _ if text.starts_with('/') && !text.contains('\n') => Typed::Command(text.to_owned()),
        _ => Typed::Prompt(text.to_owned()),
    }
}

fn unusable(error: ReadlineError) -> Problem {
    Problem::Output(std::io::Error::other(error))
}

/// `$XDG_STATE_HOME/hotcell/history`, by default below `~/.local/state`.
fn history_file() -> Option<PathBuf> {
    let absolute =
        |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local").join("state")))
        .or_else(|| absolute("LOCALAPPDATA"))
        .map(|folder| folder.join("hotcell").join("history"))
}

/// Prompts are nobody else's business.
fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

struct Completions {
    files: FilenameCompleter,
}

impl Completer for Completions {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        position: usize,
        context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        if line.starts_with("/file ") {
            return self.files.complete(line, position, context);
        }
        let typed = line.get(..position).unwrap_or_default();
        if !typed.starts_with('/') || typed.contains(' ') {
            return Ok((0, Vec::new()));
        }
        let names = COMMANDS.iter().filter_map(|(name, _)| name.split(' ').next());
        let pairs = names
            .filter(|name| name.starts_with(typed))
            .map(|name| Pair { display: name.to_owned(), replacement: format!("{name} ") });
        Ok((0, pairs.collect()))
    }
}

impl Validator for Completions {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(if context.input().ends_with('\\') {
            ValidationResult::Incomplete
        } else {
            ValidationResult::Valid(None)
        })
    }
}

impl Hinter for Completions {
    type Hint = String;
}

impl Highlighter for Completions {}

impl Helper for Completions {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_commands_and_a_backslash_goes_on() {
        assert_eq!(typed("/model openai/x "), Typed::Command("/model openai/x".to_owned()));
        assert_eq!(typed("one\\\ntwo"), Typed::Prompt("one\ntwo".to_owned()));
        assert_eq!(typed("/etc/passwd\nsays"), Typed::Prompt("/etc/passwd\nsays".to_owned()));
        assert_eq!(typed("  "), Typed::Nothing);
        assert_eq!(typed("exit"), Typed::Leave);
    }
}
