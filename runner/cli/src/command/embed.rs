use super::confine::confine;
use super::{block_on, runner, runtime, set_up, split, with_key_help};
use crate::arguments::{EmbedArguments, GlobalArguments};
use crate::problem::{Problem, why};
use crate::render::document;
use crate::terminal::Terminal;
use hotcell::types::EmbedRequest;
use serde_json::json;
use std::io::Read;

pub(crate) fn run(
    arguments: &EmbedArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let texts = texts(arguments, terminal)?;
    let mut request = EmbedRequest::texts(texts);
    request.dimensions = arguments.dimensions;
    request.task = arguments.task.clone();
    let runner = runner(global)?;
    let (provider, _) = split(&arguments.model)?;
    set_up(&runner, provider)?;
    confine(&runner, [provider], |needed| needed)?;
    let work = async { Ok(runner.embed(&arguments.model, request).await?) };
    let response = block_on(runtime()?, work).map_err(|problem| with_key_help(problem, &runner))?;
    if arguments.json {
        return terminal.print_json(&json!({
            "model": arguments.model,
            "provider-model": response.model,
            "vectors": response.vectors,
            "usage": response.usage.as_ref().map(document::usage_object),
        }));
    }
    let mut lines = String::new();
    for vector in &response.vectors {
        lines.push_str(&serde_json::to_string(vector).map_err(std::io::Error::from)?);
        lines.push('\n');
    }
    terminal.print(&lines)
}

fn texts(arguments: &EmbedArguments, terminal: &Terminal) -> Result<Vec<String>, Problem> {
    if !arguments.texts.is_empty() {
        return Ok(arguments.texts.clone());
    }
    let mut text = String::new();
    if !terminal.can_ask {
        std::io::stdin().lock().read_to_string(&mut text).map_err(|error| {
            Problem::usage(format!("standard input cannot be read: {}", why(&error)))
        })?;
    }
    let lines: Vec<String> =
        text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
    if lines.is_empty() {
        return Err(Problem::usage("there is no text")
            .with_help("give texts as arguments, or one a line through a pipe"));
    }
    Ok(lines)
}
