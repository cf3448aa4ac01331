//! Colours by meaning, or none.

use anstyle::{AnsiColor, Style};

/// Colours text, where colours are wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Paint {
    on: bool,
}

pub(crate) const STRONG: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const EMPHASIS: Style = Style::new().italic();
pub(crate) const LINK: Style = Style::new().underline();
pub(crate) const STRUCK: Style = Style::new().strikethrough();
pub(crate) const CODE: Style = AnsiColor::Cyan.on_default();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const HEADING: Style = AnsiColor::Magenta.on_default().bold();

impl Paint {
    pub(crate) const PLAIN: Self = Self { on: false };
    pub(crate) const COLOURED: Self = Self { on: true };

    pub(crate) fn new(on: bool) -> Self {
        Self { on }
    }

    pub(crate) fn is_on(self) -> bool {
        self.on
    }

    /// The text in this style.
    pub(crate) fn style(self, style: Style, text: &str) -> String {
        if !self.on || text.is_empty() || style == Style::new() {
            return text.to_owned();
        }
        format!("{style}{text}{style:#}")
    }

    pub(crate) fn strong(self, text: &str) -> String {
        self.style(STRONG, text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.style(DIM, text)
    }

    pub(crate) fn code(self, text: &str) -> String {
        self.style(CODE, text)
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.style(GOOD, text)
    }

    pub(crate) fn warn(self, text: &str) -> String {
        self.style(WARN, text)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.style(BAD.bold(), text)
    }
}
