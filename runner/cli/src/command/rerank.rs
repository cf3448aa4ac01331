use super::{block_on, runner_for, runtime, texts, with_key_help};
use crate::arguments::{GlobalArguments, RerankArguments};
use crate::problem::Problem;
use crate::render::document;
use crate::render::text::visible_line;
use crate::terminal::Terminal;
use hotcell::Interface;
use hotcell::types::RerankRequest;
use serde_json::{Value, json};

pub(crate) fn run(
    arguments: &RerankArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let documents = texts(&arguments.documents, "document", terminal)?;
    let mut request = RerankRequest::texts(&arguments.query, &documents);
    request.top = arguments.top;
    let runner = runner_for(global, &arguments.model, Interface::Rerank)?;
    let work = async { Ok(runner.rerank(&arguments.model, request).await?) };
    let response = block_on(runtime()?, work).map_err(|problem| with_key_help(problem, &runner))?;
    // An adapter may say what it likes.
    let document = |index: u32| documents.get(index as usize);
    if arguments.json {
        let ranking: Vec<Value> = response
            .ranking
            .iter()
            .map(|it| json!({ "index": it.index, "score": it.score, "document": document(it.index) }))
            .collect();
        return terminal.print_json(&json!({
            "model": arguments.model,
            "provider-model": response.model,
            "ranking": ranking,
            "usage": response.usage.as_ref().map(document::usage_object),
        }));
    }
    let mut lines = String::new();
    for ranked in &response.ranking {
        let text = document(ranked.index).map_or("?".into(), |text| visible_line(text));
        lines.push_str(&format!("{:.4}\t{}\t{text}\n", ranked.score, ranked.index));
    }
    terminal.print(&lines)
}
