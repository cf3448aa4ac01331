//! Text on a terminal: what may stand there, how wide it is, where it breaks.

use super::Paint;
use anstyle::Style;
use std::borrow::Cow;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Text of others, made safe to show: escape sequences and other control
/// characters could repaint the screen, and direction overrides make text read as
/// something else. Each becomes a replacement character; line breaks and tabs stay.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let bad = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(bad) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n");
    Cow::Owned(text.replace(bad, "\u{fffd}"))
}

/// The same on one line.
pub(crate) fn visible_line(text: &str) -> String {
    visible(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How many columns the text takes. It must not hold escape sequences.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// The text, filled up with spaces.
pub(crate) fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// The text, cut to the width with an ellipsis.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut taken = 1;
    for c in text.chars() {
        taken += c.width().unwrap_or(0);
        if taken > width {
            break;
        }
        short.push(c);
    }
    short.push('…');
    short
}

/// Lines of at most this width, broken at spaces; a word that is too long is
/// broken where it must be.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let lines = wrap_spans(&[Span::plain(text)], width);
    lines.into_iter().map(|line| line.into_iter().map(|span| span.text).collect()).collect()
}

/// Text of one style.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Span {
    pub(crate) text: String,
    pub(crate) style: Style,
}

impl Span {
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), style: Style::new() }
    }

    pub(crate) fn styled(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }
}

/// The line as it is written to the terminal. Whatever the text went through
/// before, what could steer the terminal ends here.
pub(crate) fn painted(line: &[Span], paint: Paint) -> String {
    let line = line.iter().map(|span| paint.style(span.style, &visible(&span.text)));
    line.collect::<String>().trim_end().to_owned()
}

/// The line, as far as it fits.
pub(crate) fn cut_line(line: Vec<Span>, width: usize) -> Vec<Span> {
    let mut left = width;
    let mut short = Vec::new();
    for mut span in line {
        let wanted = columns(&span.text);
        if wanted > left {
            span.text = cut(&span.text, left);
            short.push(span);
            break;
        }
        left -= wanted;
        short.push(span);
    }
    short
}

/// How many columns the line takes.
pub(crate) fn line_columns(line: &[Span]) -> usize {
    line.iter().map(|span| columns(&span.text)).sum()
}

/// Breaks styled text into lines. A newline in it is kept.
pub(crate) fn wrap_spans(spans: &[Span], width: usize) -> Vec<Vec<Span>> {
    let mut wrapping = Wrapping { width: width.max(1), ..Wrapping::default() };
    for span in spans {
        for c in span.text.chars() {
            match c {
                '\n' => wrapping.line_break(),
                ' ' | '\t' => wrapping.space(span.style),
                _ => wrapping.letter(c, span.style),
            }
        }
    }
    wrapping.end_word();
    if !wrapping.line.is_empty() || wrapping.lines.is_empty() {
        wrapping.lines.push(wrapping.line);
    }
    wrapping.lines
}

#[derive(Default)]
struct Wrapping {
    width: usize,
    lines: Vec<Vec<Span>>,
    line: Vec<Span>,
    line_width: usize,
    /// The word that is being read, and the space before it.
    word: Vec<Span>,
    word_width: usize,
    gap: Option<Style>,
}

impl Wrapping {
    fn letter(&mut self, c: char, style: Style) {
        let width = c.width().unwrap_or(0);
        if self.word_width + width > self.width {
            self.end_word();
            self.gap = None;
        }
        push(&mut self.word, c, style);
        self.word_width += width;
    }

    fn space(&mut self, style: Style) {
        self.end_word();
        if self.line_width > 0 {
            self.gap = Some(style);
        }
    }

    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let gap = usize::from(self.gap.is_some());
        if self.line_width > 0 && self.line_width + gap + self.word_width > self.width {
            self.lines.push(std::mem::take(&mut self.line));
            self.line_width = 0;
            self.gap = None;
        }
        if let Some(style) = self.gap.take() {
            // Underlines and the like go on between words only where both have them.
            let style = if self.word[0].style == style { style } else { Style::new() };
            push(&mut self.line, ' ', style);
            self.line_width += 1;
        }
        for span in self.word.drain(..) {
            match self.line.last_mut() {
                Some(last) if last.style == span.style => last.text.push_str(&span.text),
                _ => self.line.push(span),
            }
        }
        self.line_width += std::mem::take(&mut self.word_width);
    }

    fn line_break(&mut self) {
        self.end_word();
        self.lines.push(std::mem::take(&mut self.line));
        self.line_width = 0;
        self.gap = None;
    }
}

fn push(spans: &mut Vec<Span>, c: char, style: Style) {
    match spans.last_mut() {
        Some(last) if last.style == style => last.text.push(c),
        _ => spans.push(Span::styled(c, style)),
    }
}

/// A number of bytes for people.
pub(crate) fn bytes(count: u64) -> String {
    match count {
        0..1000 => format!("{count} B"),
        1000..1_000_000 => format!("{:.1} kB", count as f64 / 1e3),
        _ => format!("{:.1} MB", count as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_overrides_cannot_reach_the_terminal() {
        assert_eq!(visible("a\tb\r\nc"), "a\tb\r\nc".replace('\r', ""));
        assert_eq!(
            visible("\u{1b}[2Jx\u{9b}1m\u{7}\u{8}"),
            "\u{fffd}[2Jx\u{fffd}1m\u{fffd}\u{fffd}"
        );
        assert_eq!(visible("user\u{202e}nimda"), "user\u{fffd}nimda");
        assert_eq!(visible_line("a\n  b\u{1b}"), "a b\u{fffd}");
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_where_they_must() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap("a\n\nb", 9), ["a", "", "b"]);
        assert_eq!(wrap("日本語 日本", 6), ["日本語", "日本"]);
        assert_eq!(wrap("", 9), [""]);
    }

    #[test]
    fn a_cut_says_so_and_fits() {
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("abcd", 4), "abcd");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(pad("日本", 6), "日本  ");
    }
}
