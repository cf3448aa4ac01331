//! Markdown on a terminal while it is still coming: blocks that are finished stay,
//! and the last one is drawn again as it grows.

use super::Paint;
use super::markdown::{lines, render, settled};
use super::text::{cut_line, painted};
use std::fmt::Write;

/// An answer that is being shown.
pub(crate) struct Live {
    paint: Paint,
    width: usize,
    /// How many rows of an unfinished block can be drawn again: one that has
    /// scrolled away cannot be reached.
    rows: usize,
    /// What does not stand on the screen for good yet.
    pending: String,
    /// Rows on the screen that will be drawn again.
    drawn: usize,
    /// Whether something stands there for good.
    begun: bool,
}

impl Live {
    pub(crate) fn new(width: usize, height: usize, paint: Paint) -> Self {
        let rows = height.saturating_sub(2).max(1);
        Self { paint, width, rows, pending: String::new(), drawn: 0, begun: false }
    }

    /// Takes more of the answer. Nothing is drawn for it yet.
    pub(crate) fn push(&mut self, text: &str) {
        self.pending.push_str(text);
    }

    /// What to write so that the screen shows everything so far.
    pub(crate) fn draw(&mut self) -> String {
        let done = settled(&self.pending);
        let rest = self.pending.split_off(done);
        let finished = std::mem::replace(&mut self.pending, rest);
        let mut rows = self.finished(&finished);
        let kept = rows.len();
        let mut tail = lines(&self.pending, self.width, self.paint);
        if !tail.is_empty() && self.begun {
            tail.insert(0, Vec::new());
        }
        // Of a block that is taller than the screen, its end; of code that is wider
        // than the screen, its front: a row that takes two would be missed on the
        // way back up.
        let hidden = tail.len().saturating_sub(self.rows);
        let tail = tail.drain(hidden..).map(|line| cut_line(line, self.width));
        rows.extend(tail.map(|line| painted(&line, self.paint)));
        self.replace(&rows, kept)
    }

    /// What to write so that the whole answer stands there for good.
    pub(crate) fn finish(&mut self) -> String {
        let rest = std::mem::take(&mut self.pending);
        let rows = self.finished(&rest);
        self.replace(&rows, rows.len())
    }

    /// Finished blocks as rows, below a blank one if something stands above them.
    fn finished(&mut self, markdown: &str) -> Vec<String> {
        let mut rows = render(markdown, self.width, self.paint);
        if !rows.is_empty() && std::mem::replace(&mut self.begun, true) {
            rows.insert(0, String::new());
        }
        rows
    }

    fn replace(&mut self, rows: &[String], kept: usize) -> String {
        let mut out = String::new();
        if self.drawn > 0 {
            let _ = write!(out, "\u{1b}[{}A", self.drawn);
        }
        for row in rows {
            let _ = write!(out, "\r\u{1b}[K{row}\n");
        }
        if rows.len() < self.drawn {
            out.push_str("\u{1b}[J");
        }
        self.drawn = rows.len() - kept;
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a terminal shows after all this was written to it.
    fn screen(writes: &[String]) -> Vec<String> {
        let mut rows = vec![String::new()];
        let mut at = 0;
        let all = writes.concat();
        let mut rest = all.as_str();
        while !rest.is_empty() {
            if let Some(sequence) = rest.strip_prefix("\u{1b}[") {
                let end = sequence.find(|c: char| c.is_ascii_alphabetic()).unwrap();
                let count: usize = sequence[..end].parse().unwrap_or(1);
                match &sequence[end..=end] {
                    "A" => at -= count,
                    "K" => rows[at].clear(),
                    "J" => rows.truncate(at + 1),
                    other => panic!("{other}"),
                }
                rest = &sequence[end + 1..];
                continue;
            }
            let c = rest.chars().next().unwrap();
            match c {
                '\r' => {}
                '\n' => {
                    at += 1;
                    rows.resize(rows.len().max(at + 1), String::new());
                }
                c => rows[at].push(c),
            }
            rest = &rest[c.len_utf8()..];
        }
        while rows.last().is_some_and(String::is_empty) {
            rows.pop();
        }
        rows
    }

    const TEXT: &str = "# Title\n\nSome *text* that is long enough to wrap.\n\n- one\n- two\n\n\
                        ```\nlet long = \"a line that does not fit on the screen\";\n```\n\n\
                        | a | b |\n| --- | ---: |\n| one | 1 |\n| two | 22 |\n\n> a\n> b\n\n---\n1. x\n2. y\n\nEnd.";

    #[test]
    fn the_screen_ends_up_the_same_however_the_answer_is_cut() {
        let whole = render(TEXT, 30, Paint::PLAIN);
        for size in [1, 2, 7, 50, 1000] {
            let mut live = Live::new(30, 24, Paint::PLAIN);
            let mut writes = Vec::new();
            let letters: Vec<char> = TEXT.chars().collect();
            for piece in letters.chunks(size) {
                live.push(&piece.iter().collect::<String>());
                writes.push(live.draw());
            }
            writes.push(live.finish());
            assert_eq!(screen(&writes), whole, "in pieces of {size}");
        }
    }

    #[test]
    fn an_unfinished_block_shows_and_never_takes_more_than_the_screen() {
        let mut live = Live::new(30, 6, Paint::PLAIN);
        live.push("```\n");
        for number in 0..20 {
            live.push(&format!("line {number}\n"));
            let rows = live.draw().matches('\n').count();
            assert!(rows <= 4, "{rows}");
        }
        assert!(live.draw().contains("line 19"));
        assert!(live.finish().contains("line 0\n"));
    }
}
