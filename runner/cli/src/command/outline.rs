//! `hotcell outline`: a transcript for those who may not have its content.

use crate::arguments::{OutlineArguments, OutlineContent};
use crate::problem::{Problem, why};
use crate::terminal::Terminal;
use hotcell::{Content, Outline, Transcript};
use std::fs::OpenOptions;
use std::io::Write as _;

pub(crate) fn run(arguments: &OutlineArguments, terminal: &Terminal) -> Result<(), Problem> {
    let file = arguments.transcript.display();
    let transcript = Transcript::read(&arguments.transcript)
        .map_err(|error| Problem::usage(format!("`{file}`: {error}")))?;
    let content = match arguments.content {
        OutlineContent::Hash => Content::Hash,
        OutlineContent::Drop => Content::Drop,
    };
    let outline = Outline::of(&transcript, content)?;
    let text = format!("{}\n", serde_json::to_string_pretty(&outline).unwrap_or_default());
    let Some(output) = &arguments.output else { return terminal.print(&text) };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(output).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        let output = output.display();
        Problem::usage(format!("`{output}` cannot be written: {}", why(&error)))
    })
}
