//! How the demo looks: a page of at most 78 columns that is written as it happens.

use crate::problem::Problem;
use crate::render::Paint;
use crate::render::table::Table;
use crate::render::text::{columns, cut, pad, visible_line, wrap};
use crate::terminal::Terminal;
use anstyle::Style;
use std::time::Duration;

/// The page; narrower terminals get a narrower one.
const WIDTH: usize = 78;
/// Where the text of a scene begins.
const MARGIN: &str = "   ";
/// How wide the names of speakers are.
const SPEAKER: usize = 8;

pub(super) struct Screen<'a> {
    terminal: &'a Terminal,
    silent: bool,
    paced: bool,
}

impl<'a> Screen<'a> {
    pub(super) fn new(terminal: &'a Terminal, silent: bool, fast: bool) -> Self {
        Self { terminal, silent, paced: terminal.is_screen && !silent && !fast }
    }

    pub(super) fn paint(&self) -> Paint {
        self.terminal.paint
    }

    fn width(&self) -> usize {
        self.terminal.width().unwrap_or(WIDTH).clamp(40, WIDTH)
    }

    /// The provider's pace between two pieces of an answer.
    pub(super) fn gap(&self) -> Duration {
        if self.paced { Duration::from_millis(22) } else { Duration::ZERO }
    }

    /// Lets a person read.
    pub(super) async fn pause(&self, milliseconds: u64) {
        if self.paced {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        }
    }

    pub(super) fn print(&self, text: &str) -> Result<(), Problem> {
        if self.silent { Ok(()) } else { self.terminal.print(text) }
    }

    pub(super) fn opening(&self, address: &str) -> Result<(), Problem> {
        self.print(&format!("{}\n", self.paint().strong("hotcell demo")))?;
        self.wrapped(
            "",
            &format!(
                "An adapter speaks a provider's protocol, in a sealed WebAssembly cell, so that \
                 nobody has to trust it. No key and no network here: this process plays the \
                 provider itself, on {address}."
            ),
        )
    }

    pub(super) fn opening_of_providers(&self, address: &str) -> Result<(), Problem> {
        self.print(&format!("{}\n", self.paint().strong("hotcell demo")))?;
        self.wrapped(
            "",
            &format!(
                "Adapters in sealed cells, against this process, which plays their providers on \
                 {address}: it refuses what they refuse, and checks credentials as they do. No \
                 key and no network here."
            ),
        )
    }

    pub(super) fn closing(&self) -> Result<(), Problem> {
        let paint = self.paint();
        let lines = [
            ("hotcell adapter inspect openai", "what it may do, before it runs"),
            ("export OPENAI_API_KEY=…", "a key is all that it takes"),
            ("hotcell chat -m openai/gpt-4o-mini hello", "the real thing"),
        ];
        self.print(&format!("\n{}\n", paint.strong("Now you")))?;
        for (command, what) in lines {
            let command = paint.code(&pad(command, 42));
            self.print(&format!("{MARGIN}{command} {}\n", paint.dim(what)))?;
        }
        Ok(())
    }

    /// The title of a scene.
    pub(super) fn title(&self, number: u8, title: &str) -> Result<(), Problem> {
        let paint = self.paint();
        self.print(&format!("\n{}  {}\n", paint.dim(&number.to_string()), paint.strong(title)))
    }

    /// A paragraph of a scene.
    pub(super) fn paragraph(&self, text: &str) -> Result<(), Problem> {
        self.wrapped(MARGIN, text)
    }

    pub(super) fn blank(&self) -> Result<(), Problem> {
        self.print("\n")
    }

    fn wrapped(&self, margin: &str, text: &str) -> Result<(), Problem> {
        let lines = wrap(text, self.width() - columns(margin));
        let text: String =
            lines.iter().map(|line| format!("{margin}{}\n", self.paint().dim(line))).collect();
        self.print(&text)
    }

    /// What somebody says, on one line.
    pub(super) fn says(&self, who: &str, what: &str) -> Result<(), Problem> {
        self.begins(who)?;
        self.print(&format!("{}\n", visible_line(what)))
    }

    /// Begins a line of somebody's; what follows comes in pieces.
    pub(super) fn begins(&self, who: &str) -> Result<(), Problem> {
        self.print(&format!("{MARGIN}{}", self.paint().dim(&pad(who, SPEAKER))))
    }

    /// A fact, its name in front.
    pub(super) fn fact(&self, name: &str, value: &str, style: Style) -> Result<(), Problem> {
        const NAME: usize = 19;
        let room = self.width() - MARGIN.len() - NAME;
        for (number, line) in wrap(value, room).iter().enumerate() {
            let name = self.paint().dim(&pad(if number == 0 { name } else { "" }, NAME));
            self.print(&format!("{MARGIN}{name}{}\n", self.paint().style(style, line)))?;
        }
        Ok(())
    }

    /// A table.
    pub(super) fn table(&self, table: &Table) -> Result<(), Problem> {
        let lines = table.render(Some(self.width() - MARGIN.len()), self.paint());
        self.print(&lines.lines().map(|line| format!("{MARGIN}{line}\n")).collect::<String>())
    }

    /// One more line below an attempt.
    pub(super) fn note(&self, text: &str) -> Result<(), Problem> {
        let text = cut(&visible_line(text), self.width() - MARGIN.len() - 2);
        self.print(&format!("{MARGIN}  {}\n", self.paint().dim(&text)))
    }

    /// An attempt, how often it was denied, and what stopped it.
    pub(super) fn attempt(
        &self,
        what: &str,
        denied: usize,
        by: &str,
        stopped: bool,
    ) -> Result<(), Problem> {
        let paint = self.paint();
        let mark = if stopped { paint.good("✓") } else { paint.bad("✗") };
        let tries = match denied {
            0 | 1 => String::new(),
            _ => paint.dim(&format!(" · denied {denied} times")),
        };
        self.print(&format!("{MARGIN}{mark} {what}{tries}\n"))?;
        let by = cut(&visible_line(by), self.width() - MARGIN.len() - 2);
        let by = if stopped { paint.dim(&by) } else { paint.bad(&by) };
        self.print(&format!("{MARGIN}  {by}\n"))
    }
}
