//! `hotcell audit log`: whether the log is what was written.

use super::configuration;
use crate::arguments::{AuditLogVerifyArguments, GlobalArguments};
use crate::problem::{Problem, why};
use crate::render::table::facts;
use crate::render::text::visible_line;
use crate::terminal::Terminal;
use hotcell::egress::audit::chain::{self, ChainError, Verified};
use std::path::PathBuf;

pub(crate) fn verify(
    arguments: &AuditLogVerifyArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let files = files(arguments, global)?;
    let verified =
        chain::verify(&files, arguments.noted.as_ref()).map_err(|error| match error {
            ChainError::Unreadable { file, error } => {
                Problem::usage(format!("`{}` cannot be read: {}", file.display(), why(&error)))
            }
            ChainError::Missing { .. } => Problem::finding(error.to_string())
                .with_help("compare it with a copy that nobody could write to"),
            _ => Problem::finding(error.to_string()).with_help(
                "what stands before that line is as it was written; what stands behind it hangs on \
             something else",
            ),
        })?;
    if arguments.json {
        return terminal.print_json(&verified);
    }
    terminal.print(&page(&verified, terminal))
}

/// The files of the log, oldest first.
fn files(
    arguments: &AuditLogVerifyArguments,
    global: &GlobalArguments,
) -> Result<Vec<PathBuf>, Problem> {
    match &arguments.files[..] {
        [] => {
            let configured = configuration(global)?.audit.map(|audit| audit.file);
            let log = configured.ok_or_else(|| {
                Problem::usage("no audit log is configured")
                    .with_help("name its file, or write `file = \"audit.jsonl\"` under [audit]")
            })?;
            Ok(chain::files(&log))
        }
        [log] => Ok(chain::files(log)),
        files => Ok(files.to_vec()),
    }
}

fn page(verified: &Verified, terminal: &Terminal) -> String {
    let paint = terminal.paint;
    let count = |number: u64, what: &str| {
        let plural = if number == 1 { "" } else { "s" };
        format!("{number} {what}{plural}")
    };
    let records = count(verified.records, "record");
    let files = count(verified.files.len() as u64, "file");
    let mut text = format!("{}: {records} in {files}\n\n", paint.good("as it was written"));
    let time = |time: &Option<String>| time.as_deref().map_or("none".to_owned(), visible_line);
    let mut rows = vec![("first", time(&verified.first)), ("last", time(&verified.last))];
    rows.extend(verified.continues.map(|link| ("continues", link.to_string())));
    rows.push(("link", verified.link.to_string()));
    text.push_str(&facts(&rows, 0, paint));
    for (file, line) in &verified.torn {
        let file = visible_line(&file.display().to_string());
        let note = format!("{file}:{line} was not written to its end; nothing hangs on it");
        text.push_str(&format!("\n{}\n", paint.warn(&note)));
    }
    text
}
