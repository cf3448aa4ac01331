use super::{block_on, runner_for, runtime, texts, with_key_help};
use crate::arguments::{EmbedArguments, GlobalArguments};
use crate::problem::Problem;
use crate::render::document;
use crate::terminal::Terminal;
use hotcell::Interface;
use hotcell::types::EmbedRequest;
use serde_json::json;

pub(crate) fn run(
    arguments: &EmbedArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let mut request = EmbedRequest::texts(texts(&arguments.texts, "text", terminal)?);
    request.dimensions = arguments.dimensions;
    request.task = arguments.task.clone();
    let runner = runner_for(global, &arguments.model, Interface::Embeddings)?;
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
