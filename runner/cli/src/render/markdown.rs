//! Markdown as a terminal shows it.

use super::Paint;
use super::paint::{CODE, DIM, EMPHASIS, HEADING, LINK, STRONG, STRUCK};
use super::text::{Span, columns, line_columns, painted, visible, wrap_spans};
use anstyle::Style;
use pulldown_cmark::{Alignment, CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// Longer lines are hard to read, however wide the terminal is.
const WIDEST: usize = 100;

fn parser(text: &str) -> Parser<'_> {
    Parser::new_ext(
        text,
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS,
    )
}

/// A line of styled text.
pub(crate) type Line = Vec<Span>;

/// The Markdown as lines for a terminal of this width, without blank lines at its
/// ends.
pub(crate) fn lines(markdown: &str, width: usize, paint: Paint) -> Vec<Line> {
    let text = visible(markdown);
    let events = parser(&text).collect::<Vec<_>>().into_iter().peekable();
    Page { events, paint }.blocks(width.clamp(10, WIDEST), None)
}

/// The same, as it is written to the terminal.
pub(crate) fn render(markdown: &str, width: usize, paint: Paint) -> Vec<String> {
    lines(markdown, width, paint).iter().map(|line| painted(line, paint)).collect()
}

/// How many bytes at the front of the text are blocks that nothing which follows
/// can change: all but the last, as far as its lines are whole. Half a line can
/// look like something else.
pub(crate) fn settled(markdown: &str) -> usize {
    let markdown = &markdown[..markdown.rfind('\n').map_or(0, |at| at + 1)];
    let mut depth = 0_usize;
    let mut last = 0;
    for (event, range) in parser(markdown).into_offset_iter() {
        match event {
            Event::Start(_) => {
                if depth == 0 {
                    last = range.start;
                }
                depth += 1;
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Rule if depth == 0 => last = range.start,
            _ => {}
        }
    }
    last
}

struct Page<'a> {
    events: std::iter::Peekable<std::vec::IntoIter<Event<'a>>>,
    paint: Paint,
}

impl<'a> Page<'a> {
    /// Blocks up to the end of the tag that they stand in, with blank lines between
    /// them unless the list that they are in is tight.
    fn blocks(&mut self, width: usize, until: Option<TagEnd>) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        let mut tight = false;
        while let Some(event) = self.events.next() {
            let block = match event {
                Event::End(end) if Some(end) == until => break,
                Event::Start(tag) => self.block(tag, width),
                Event::Rule => vec![vec![Span::styled("─".repeat(width), DIM)]],
                Event::Html(html) => wrap_spans(&[Span::styled(html.trim_end(), DIM)], width),
                // The text of a tight list stands there without a paragraph.
                event => {
                    tight = true;
                    let mut spans = Vec::new();
                    self.inline(event, Style::new(), &mut spans);
                    while self.events.peek().is_some_and(is_inline) {
                        let Some(event) = self.events.next() else { break };
                        self.inline(event, Style::new(), &mut spans);
                    }
                    wrap_spans(&spans, width)
                }
            };
            if !lines.is_empty() && !block.is_empty() && !tight {
                lines.push(Vec::new());
            }
            lines.extend(block);
        }
        lines
    }

    fn block(&mut self, tag: Tag<'a>, width: usize) -> Vec<Line> {
        match tag {
            Tag::Paragraph => {
                let spans = self.inlines(TagEnd::Paragraph, Style::new());
                wrap_spans(&spans, width)
            }
            Tag::Heading { level, .. } => {
                let mut spans = self.inlines(TagEnd::Heading(level), HEADING);
                // Without colours the marks are what makes a heading of it.
                if !self.paint.is_on() {
                    spans.insert(0, Span::plain(format!("{} ", "#".repeat(level as usize))));
                }
                wrap_spans(&spans, width)
            }
            Tag::BlockQuote(kind) => {
                let inner = self.blocks(width.saturating_sub(2), Some(TagEnd::BlockQuote(kind)));
                inner.into_iter().map(|line| prefixed(Span::styled("▏ ", DIM), line)).collect()
            }
            Tag::CodeBlock(kind) => self.code(&kind),
            Tag::List(first) => self.list(first, width),
            Tag::Table(alignments) => self.table(&alignments, width),
            Tag::HtmlBlock => self.blocks(width, Some(TagEnd::HtmlBlock)),
            other => {
                let end = other.to_end();
                self.blocks(width, Some(end))
            }
        }
    }

    /// Code is not wrapped, so that it can be copied as it is.
    fn code(&mut self, kind: &CodeBlockKind<'_>) -> Vec<Line> {
        let mut code = String::new();
        for event in self.events.by_ref() {
            match event {
                Event::End(TagEnd::CodeBlock) => break,
                Event::Text(text) => code.push_str(&text),
                _ => {}
            }
        }
        let mut lines = Vec::new();
        if let CodeBlockKind::Fenced(language) = kind
            && !language.is_empty()
        {
            lines.push(vec![Span::styled(format!("  {language}"), DIM)]);
        }
        let indented =
            |line: &str| vec![Span::plain("  "), Span::styled(line.replace('\t', "    "), CODE)];
        lines.extend(code.lines().map(indented));
        lines
    }

    fn list(&mut self, first: Option<u64>, width: usize) -> Vec<Line> {
        let mut items: Vec<Vec<Line>> = Vec::new();
        let mut number = first;
        while let Some(event) = self.events.next() {
            match event {
                Event::End(TagEnd::List(_)) => break,
                Event::Start(Tag::Item) => {
                    let mark = match &mut number {
                        Some(number) => {
                            *number += 1;
                            format!("{}. ", *number - 1)
                        }
                        None => "• ".to_owned(),
                    };
                    let indent = columns(&mark);
                    let loose = matches!(self.events.peek(), Some(Event::Start(Tag::Paragraph)));
                    let inner = self.blocks(width.saturating_sub(indent), Some(TagEnd::Item));
                    let mut item: Vec<Line> = Vec::new();
                    for (row, line) in inner.into_iter().enumerate() {
                        let lead = if row == 0 { mark.clone() } else { " ".repeat(indent) };
                        let style = if row == 0 { DIM } else { Style::new() };
                        item.push(prefixed(Span::styled(lead, style), line));
                    }
                    if item.is_empty() {
                        item.push(vec![Span::styled(mark, DIM)]);
                    }
                    if loose && !items.is_empty() {
                        items.push(vec![Vec::new()]);
                    }
                    items.push(item);
                }
                _ => {}
            }
        }
        items.into_iter().flatten().collect()
    }

    fn table(&mut self, alignments: &[Alignment], width: usize) -> Vec<Line> {
        let mut rows: Vec<Vec<Vec<Span>>> = Vec::new();
        while let Some(event) = self.events.next() {
            match event {
                Event::End(TagEnd::Table) => break,
                Event::Start(Tag::TableHead | Tag::TableRow) => rows.push(Vec::new()),
                Event::Start(Tag::TableCell) => {
                    let style = if rows.len() == 1 { STRONG } else { Style::new() };
                    let cell = self.inlines(TagEnd::TableCell, style);
                    if let Some(row) = rows.last_mut() {
                        row.push(cell);
                    }
                }
                _ => {}
            }
        }
        layout(&rows, alignments, width)
    }

    /// Everything up to the end of the tag, as one run of text.
    fn inlines(&mut self, end: TagEnd, style: Style) -> Vec<Span> {
        let mut spans = Vec::new();
        while let Some(event) = self.events.next() {
            if event == Event::End(end) {
                break;
            }
            self.inline(event, style, &mut spans);
        }
        spans
    }

    fn inline(&mut self, event: Event<'a>, style: Style, spans: &mut Vec<Span>) {
        let merged = |with: Style| {
            Style::new()
                .fg_color(with.get_fg_color().or(style.get_fg_color()))
                .effects(style.get_effects() | with.get_effects())
        };
        match event {
            Event::Text(text) => spans.push(Span::styled(text.to_string(), style)),
            Event::Code(code) if self.paint.is_on() => {
                spans.push(Span::styled(code.to_string(), merged(CODE)));
            }
            Event::Code(code) => spans.push(Span::plain(format!("`{code}`"))),
            Event::SoftBreak => spans.push(Span::styled(" ", style)),
            Event::HardBreak => spans.push(Span::styled("\n", style)),
            Event::TaskListMarker(done) => {
                spans.push(Span::styled(if done { "[x] " } else { "[ ] " }, style));
            }
            Event::InlineHtml(html) | Event::Html(html) => {
                spans.push(Span::styled(html.to_string(), merged(DIM)));
            }
            Event::Start(tag) => {
                let end = tag.to_end();
                match tag {
                    Tag::Strong => spans.extend(self.marked("**", end, merged(STRONG))),
                    Tag::Emphasis => spans.extend(self.marked("*", end, merged(EMPHASIS))),
                    Tag::Strikethrough => spans.extend(self.marked("~~", end, merged(STRUCK))),
                    Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                        let text = self.inlines(end, merged(LINK));
                        let told: String = text.iter().map(|span| span.text.as_str()).collect();
                        spans.extend(text);
                        // A link must not claim to lead where it does not.
                        if told != *dest_url {
                            spans.push(Span::styled(format!(" ({dest_url})"), merged(DIM)));
                        }
                    }
                    _ => spans.extend(self.inlines(end, style)),
                }
            }
            _ => {}
        }
    }

    /// Styled text; without colours between its marks.
    fn marked(&mut self, mark: &str, end: TagEnd, style: Style) -> Vec<Span> {
        let mut spans = self.inlines(end, style);
        if !self.paint.is_on() {
            spans.insert(0, Span::plain(mark));
            spans.push(Span::plain(mark));
        }
        spans
    }
}

fn is_inline(event: &Event<'_>) -> bool {
    match event {
        Event::Start(tag) => matches!(
            tag,
            Tag::Strong | Tag::Emphasis | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. }
        ),
        Event::End(_) | Event::Rule | Event::Html(_) => false,
        _ => true,
    }
}

fn prefixed(prefix: Span, mut line: Line) -> Line {
    line.insert(0, prefix);
    line
}

/// Puts a table's cells beneath each other; columns share the width, and what is
/// too long for its column is wrapped in it.
fn layout(rows: &[Vec<Vec<Span>>], alignments: &[Alignment], width: usize) -> Vec<Line> {
    const GAP: usize = 2;
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    if count == 0 {
        return Vec::new();
    }
    let natural = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| line_columns(cell)).max().unwrap_or(0).max(1)
    };
    let mut widths: Vec<usize> = (0..count).map(natural).collect();
    let room = width.saturating_sub(GAP * (count - 1)).max(count * 4);
    while widths.iter().sum::<usize>() > room {
        let widest = widths.iter_mut().max();
        match widest {
            Some(widest) if *widest > 4 => *widest -= 1,
            _ => break,
        }
    }
    let mut lines = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let cells: Vec<Vec<Line>> = widths
            .iter()
            .enumerate()
            .map(|(column, width)| {
                row.get(column).map(|cell| wrap_spans(cell, *width)).unwrap_or_default()
            })
            .collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(1);
        for line_number in 0..height {
            let mut line: Line = Vec::new();
            for (column, cell) in cells.iter().enumerate() {
                let part = cell.get(line_number).cloned().unwrap_or_default();
                let space = widths[column].saturating_sub(line_columns(&part));
                let before = match alignments.get(column) {
                    Some(Alignment::Right) => space,
                    Some(Alignment::Center) => space / 2,
                    _ => 0,
                };
                let gap = if column > 0 { GAP } else { 0 };
                line.push(Span::plain(" ".repeat(gap + before)));
                line.extend(part);
                line.push(Span::plain(" ".repeat(space - before)));
            }
            lines.push(line);
        }
        if number == 0 {
            let total = widths.iter().sum::<usize>() + GAP * (count - 1);
            lines.push(vec![Span::styled("─".repeat(total), DIM)]);
        }
    }
    lines
}

#[cfg(test)]
#[path = "markdown_tests.rs"]
mod tests;
