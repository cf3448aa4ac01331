use super::{block_on, runner_for, runtime, standard_input, with_key_help};
use crate::arguments::{GlobalArguments, ModerateArguments};
use crate::attachment;
use crate::problem::Problem;
use crate::render::document;
use crate::render::text::visible_line;
use crate::terminal::Terminal;
use hotcell::Interface;
use hotcell::types::{Category, Content, ModerationRequest, Part, Verdict};
use serde_json::{Value, json};

pub(crate) fn run(
    arguments: &ModerateArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let mut texts = arguments.texts.clone();
    if texts.is_empty() && arguments.files.is_empty() {
        texts.push(standard_input(terminal)?);
    }
    texts.retain(|text| !text.trim().is_empty());
    let mut request = ModerationRequest::texts(texts);
    for name in &arguments.files {
        request.inputs.push(match attachment::read(name)? {
            Part::Media(media) => Content::Media(media),
            Part::Text(text) => Content::Text(text.text),
            _ => return Err(Problem::usage(format!("`{name}` is neither a text nor an image"))),
        });
    }
    if request.inputs.is_empty() {
        return Err(Problem::usage("there is nothing to judge")
            .with_help("give texts as arguments, or one through a pipe"));
    }
    let runner = runner_for(global, &arguments.model, Interface::Moderation)?;
    let work = async { Ok(runner.moderate(&arguments.model, request).await?) };
    let response = block_on(runtime()?, work).map_err(|problem| with_key_help(problem, &runner))?;
    if arguments.json {
        let category =
            |it: &Category| json!({ "name": it.name, "flagged": it.flagged, "score": it.score });
        let verdict = |it: &Verdict| {
            let categories: Vec<Value> = it.categories.iter().map(category).collect();
            json!({ "flagged": it.flagged, "categories": categories })
        };
        return terminal.print_json(&json!({
            "model": arguments.model,
            "provider-model": response.model,
            "verdicts": response.verdicts.iter().map(verdict).collect::<Vec<Value>>(),
            "usage": response.usage.as_ref().map(document::usage_object),
        }));
    }
    let mut lines = String::new();
    for Verdict { flagged, categories, .. } in &response.verdicts {
        let names = categories.iter().filter(|it| it.flagged).map(|it| visible_line(&it.name));
        let names = names.collect::<Vec<_>>().join(", ");
        lines.push_str(&match flagged {
            true => format!("flagged\t{names}\n"),
            false => "fine\n".to_owned(),
        });
    }
    terminal.print(&lines)
}
