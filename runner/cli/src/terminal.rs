//! Standard input, output and error, and what they are connected to.

use crate::arguments::ColorChoice;
use crate::problem::Problem;
use crate::render::Paint;
use std::io::{self, IsTerminal, Write};

/// Where the commands write.
#[derive(Clone, Debug)]
pub(crate) struct Terminal {
    /// Somebody can type.
    pub(crate) can_ask: bool,
    /// Standard output is a terminal, which obeys what it reads.
    pub(crate) is_terminal: bool,
    /// And one that can be drawn on.
    pub(crate) is_screen: bool,
    /// Standard error is one, for what comes and goes.
    pub(crate) error_is_screen: bool,
    /// Colours of standard output.
    pub(crate) paint: Paint,
    /// Colours of standard error.
    pub(crate) error_paint: Paint,
    /// Columns and rows of the screen.
    size: (usize, usize),
}

impl Terminal {
    pub(crate) fn new(color: ColorChoice) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let out = io::stdout().is_terminal();
        let err = io::stderr().is_terminal();
        let colours = |is_terminal: bool| match color {
            ColorChoice::Always => Paint::COLOURED,
            ColorChoice::Never => Paint::PLAIN,
            ColorChoice::Auto => Paint::new(is_terminal && !dumb && !set("NO_COLOR")),
        };
        Self {
            can_ask: io::stdin().is_terminal(),
            is_terminal: out,
            is_screen: out && !dumb,
            error_is_screen: err && !dumb,
            paint: colours(out),
            error_paint: colours(err),
            size: size(),
        }
    }

    /// The columns to fit into, where there is a screen.
    pub(crate) fn width(&self) -> Option<usize> {
        self.is_screen.then_some(self.size.0)
    }

    /// The columns to fit into, or as many as a page has.
    pub(crate) fn page_width(&self) -> usize {
        self.width().unwrap_or(80).clamp(40, 100)
    }

    /// The columns that errors and notes fit into, where they go to a screen.
    pub(crate) fn error_width(&self) -> Option<usize> {
        self.error_is_screen.then_some(self.size.0)
    }

    /// The rows of the screen.
    pub(crate) fn height(&self) -> usize {
        self.size.1
    }

    /// Writes to standard output, at once.
    pub(crate) fn print(&self, text: &str) -> Result<(), Problem> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        Ok(())
    }

    /// Writes a JSON document, on several lines where a person reads it.
    pub(crate) fn print_json(&self, value: &impl serde::Serialize) -> Result<(), Problem> {
        let text = if self.is_screen {
            serde_json::to_string_pretty(value)
        } else {
            serde_json::to_string(value)
        };
        self.print(&format!("{}\n", text.map_err(io::Error::from)?))
    }

    /// Writes to standard error. Where that is closed there is nobody to tell.
    pub(crate) fn note(&self, text: &str) {
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Writes what was logged to standard error.
    pub(crate) fn note_journal(&self) {
        for line in crate::journal::take() {
            self.note(&format!("{}\n", self.error_paint.dim(&line)));
        }
    }
}

/// Columns and rows; those of a common terminal where it does not say.
fn size() -> (usize, usize) {
    let found =
        terminal_size::terminal_size().filter(|(width, height)| width.0 > 0 && height.0 > 0);
    match found {
        Some((width, height)) => (usize::from(width.0), usize::from(height.0)),
        None => (80, 24),
    }
}
