//! The ways in which an answer is shown while it comes.

use crate::arguments::OutputArguments;
use crate::problem::Problem;
use crate::render::document;
use crate::render::live::Live;
use crate::render::text::{visible, visible_line};
use crate::terminal::Terminal;
use hotcell::types::{Event, FinishReason, MediaSource};
use std::time::{Duration, Instant};

/// The least time between two drawings of an unfinished block.
const FRAME: Duration = Duration::from_millis(33);

/// Shows events as they come.
pub(crate) struct View<'a> {
    terminal: &'a Terminal,
    form: Form,
    show_reasoning: bool,
    /// Text for standard output that was not written yet.
    pending: String,
    /// What kind of text stands last, and whether its line is open.
    last: Last,
    open_line: bool,
}

enum Form {
    /// Nothing until the end.
    Silent,
    /// Each event as JSON.
    Events,
    /// The text as it is.
    Text,
    /// Markdown on a terminal.
    Markdown { live: Live, drawn: Instant, behind: bool },
}

#[derive(Clone, Copy, PartialEq)]
enum Last {
    Nothing,
    Reasoning,
    Answer,
}

impl<'a> View<'a> {
    pub(crate) fn new(
        arguments: &OutputArguments,
        has_schema: bool,
        terminal: &'a Terminal,
    ) -> Self {
        let form = if arguments.json {
            Form::Silent
        } else if arguments.events {
            Form::Events
        } else if terminal.is_screen && !arguments.plain && !has_schema {
            // The last column stays free: a terminal wraps there in its own way.
            let width = terminal.page_width().min(terminal.width().unwrap_or(80)) - 1;
            let live = Live::new(width, terminal.height(), terminal.paint);
            Form::Markdown { live, drawn: Instant::now(), behind: false }
        } else {
            Form::Text
        };
        Self {
            terminal,
            form,
            show_reasoning: arguments.show_reasoning,
            pending: String::new(),
            last: Last::Nothing,
            open_line: false,
        }
    }

    /// Whether the event puts something on the screen.
    pub(crate) fn shows(&self, event: &Event) -> bool {
        match (&self.form, event) {
            (Form::Silent, _) => false,
            (Form::Events, _) | (_, Event::Text(_) | Event::Refusal(_) | Event::Warning(_)) => true,
            (_, Event::Reasoning(_)) => self.show_reasoning,
            _ => false,
        }
    }

    /// Takes one event.
    pub(crate) fn push(&mut self, event: &Event) -> Result<(), Problem> {
        match self.form {
            Form::Silent => return Ok(()),
            Form::Events => {
                self.pending.push_str(&format!("{}\n", document::event(event)));
                return Ok(());
            }
            Form::Text | Form::Markdown { .. } => {}
        }
        match event {
            // Alternatives come interleaved; the first is the answer.
            Event::Text(delta) | Event::Refusal(delta) if delta.choice == 0 => {
                self.answer(&delta.text)?;
            }
            Event::Reasoning(delta) if delta.choice == 0 && self.show_reasoning => {
                self.reasoning(&delta.text)?;
            }
            Event::ToolCallStarted(call) => {
                self.note(&format!("the model calls {}", visible_line(&call.name)))?;
            }
            Event::Media(media) => {
                let size = match &media.part.source {
                    MediaSource::Bytes(bytes) => format!("{} bytes", bytes.len()),
                    MediaSource::Url(url) => url.clone(),
                    MediaSource::FileId(id) => id.clone(),
                };
                let kind = media.part.mime.as_deref().unwrap_or("a medium");
                let text = format!("the answer holds {kind} ({size}); `--json` has it");
                self.note(&visible_line(&text))?;
            }
            Event::Warning(warning) => self.warn(warning)?,
            Event::Finished(finished) if finished.choice == 0 => match finished.reason {
                FinishReason::Length => self.warn("the answer was cut off at the token limit")?,
                FinishReason::ContentFilter => {
                    self.warn("the provider's content filter ended the answer")?;
                }
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }

    /// Brings what was taken to the screen, or soon.
    pub(crate) fn flush(&mut self) -> Result<(), Problem> {
        for line in crate::journal::take() {
            self.aside(&self.terminal.error_paint.dim(&line))?;
        }
        if let Form::Markdown { drawn, behind, .. } = &mut self.form {
            *behind = true;
            if drawn.elapsed() < FRAME {
                return Ok(());
            }
        }
        self.catch_up()
    }

    /// Whether the screen lags behind what was taken.
    pub(crate) fn is_behind(&self) -> bool {
        matches!(self.form, Form::Markdown { behind: true, .. })
    }

    /// Brings what was taken to the screen.
    pub(crate) fn catch_up(&mut self) -> Result<(), Problem> {
        if let Form::Markdown { live, drawn, behind } = &mut self.form
            && std::mem::take(behind)
        {
            self.pending.push_str(&live.draw());
            *drawn = Instant::now();
        }
        self.write()
    }

    /// Ends what is open, whatever comes next.
    pub(crate) fn finish(&mut self) -> Result<(), Problem> {
        if let Form::Markdown { live, behind, .. } = &mut self.form {
            *behind = false;
            self.pending.push_str(&live.finish());
        }
        self.close_line();
        self.write()
    }

    fn answer(&mut self, text: &str) -> Result<(), Problem> {
        if self.last == Last::Reasoning {
            self.close_line();
            self.write()?;
            if self.terminal.is_terminal {
                self.pending.push('\n');
            }
        }
        self.last = Last::Answer;
        match &mut self.form {
            Form::Markdown { live, .. } => live.push(text),
            _ => {
                // A terminal obeys what it reads; a pipe gets every byte.
                let text = if self.terminal.is_terminal { visible(text) } else { text.into() };
                self.pending.push_str(&text);
                self.open_line =
                    self.open_line && text.is_empty() || !text.is_empty() && !text.ends_with('\n');
            }
        }
        Ok(())
    }

    fn reasoning(&mut self, text: &str) -> Result<(), Problem> {
        self.settle()?;
        self.last = Last::Reasoning;
        if text.is_empty() {
            return Ok(());
        }
        self.open_line = !text.ends_with('\n');
        if self.terminal.is_terminal {
            self.pending.push_str(&self.terminal.paint.dim(&visible(text)));
        } else {
            self.terminal.note(&visible(text));
        }
        Ok(())
    }

    fn note(&mut self, text: &str) -> Result<(), Problem> {
        self.aside(&self.terminal.error_paint.dim(&format!("· {text}")))
    }

    fn warn(&mut self, text: &str) -> Result<(), Problem> {
        let label = self.terminal.error_paint.warn("warning:");
        self.aside(&format!("{label} {}", visible_line(text)))
    }

    /// A line on standard error, which does not run into the answer.
    fn aside(&mut self, line: &str) -> Result<(), Problem> {
        self.settle()?;
        if self.terminal.is_terminal {
            self.close_line();
            self.write()?;
        }
        self.terminal.note(&format!("{line}\n"));
        Ok(())
    }

    /// Makes what is drawn stay, so that something else can stand below.
    fn settle(&mut self) -> Result<(), Problem> {
        if let Form::Markdown { live, behind, .. } = &mut self.form {
            *behind = false;
            self.pending.push_str(&live.finish());
        }
        self.write()
    }

    fn close_line(&mut self) {
        if std::mem::take(&mut self.open_line) {
            if self.last == Last::Reasoning && !self.terminal.is_terminal {
                self.terminal.note("\n");
            } else {
                self.pending.push('\n');
            }
        }
    }

    fn write(&mut self) -> Result<(), Problem> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.terminal.print(&std::mem::take(&mut self.pending))
    }
}
