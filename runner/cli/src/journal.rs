//! What the library and the adapters log, for `-v`.
//!
//! Lines are kept until somebody who knows what stands on the screen takes them:
//! written at once they would run into an answer that is being drawn. A gateway draws
//! nothing, and nobody knows when it ends: what it logs is written as it comes.

use crate::render::Paint;
use crate::render::text::visible_line;
use std::fmt::{Debug, Write};
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Starts to listen: to warnings and information, to every decision of egress, or
/// to everything. Without `-v` only to what nobody may miss: a gap in the audit log, and
/// whatever keeps a gateway from its work. Lines of that are written `at_once`, in such colours.
pub(crate) fn listen(verbose: u8, at_once: Option<Paint>) {
    let level = match verbose {
        0 => LevelFilter::ERROR,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    // Nobody else listens in this process.
    let _ = tracing::subscriber::set_global_default(Journal { level, at_once });
}

/// Takes the lines that have come since the last time.
pub(crate) fn take() -> Vec<String> {
    std::mem::take(&mut *LINES.lock().unwrap_or_else(PoisonError::into_inner))
}

struct Journal {
    level: LevelFilter,
    at_once: Option<Paint>,
}

impl Subscriber for Journal {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        let is_meant = match self.level {
            LevelFilter::ERROR if self.at_once.is_some() => {
                target.starts_with("hotcell::audit") || target.starts_with("hotcell::gateway")
            }
            LevelFilter::ERROR => target.starts_with("hotcell::audit"),
            _ => target.starts_with("hotcell"),
        };
        is_meant && *metadata.level() <= self.level
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let from = event.metadata().target().trim_start_matches("hotcell::");
        let line = visible_line(&format!("{from}: {}{}", line.message, line.fields));
        match self.at_once {
            // Where standard error is closed there is nobody to tell.
            Some(paint) => {
                let line = format!("{}\n", paint.dim(&line));
                _ = std::io::stderr().lock().write_all(line.as_bytes());
            }
            None => LINES.lock().unwrap_or_else(PoisonError::into_inner).push(line),
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
